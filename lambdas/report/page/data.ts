import type { Claim } from '../claims/kinds.ts';
import type { CommentLeftOut } from '../comments.ts';
import type { SectionKind } from '../sections.ts';

/** Agrees, disagrees, passes: counts of participants. */
export type Counts = [number, number, number];

/** What the votes say of a clause. `unchecked`: its section was never checked; `failed`: the votes do not prove its claim. */
export type Standing = 'proven' | 'content' | 'thin' | 'unchecked' | 'failed';

export interface PageClause {
  text: string;
  citations: number[];
  claim?: Claim;
  standing: Standing;
}

export interface PageParagraph {
  title: string;
  sentences: PageClause[][];
}

export interface PageSection {
  /** address in the page: s1, s2 … in reading order */
  id: string;
  /** as it is stored */
  section: string;
  kind: SectionKind;
  title: string;
  state: 'written' | 'left_out' | 'missing';
  why?: string;
  checked: boolean;
  /** language of its text, where it is known to the word lists */
  language?: string;
  paragraphs: PageParagraph[];
  takenOut: { paragraph: string; why: string }[];
  /** address of the coarse topic that it stands in */
  inside?: string;
}

export interface PageComment {
  tid: number;
  /** empty when it is not shown */
  text: string;
  /** why the text is not shown; `unknown`: it could not be read */
  hidden?: CommentLeftOut | 'unknown';
  /** of all participants, then of each group; absent when they are not known */
  votes?: Counts[];
  /** how many clauses cite it */
  cited: number;
}

export interface PageGroup {
  letter: string;
  label: string;
  /** participants */
  size: number;
}

/** All that a report says and rests on. The page holds it, offers it for download, and proves its claims from it. */
export interface PageData {
  format: 1;
  report_id: string;
  title: string;
  /** ISO 8601 */
  date: string;
  url?: string;
  model: string;
  prompt_version?: string;
  simulated: boolean;
  groups: PageGroup[];
  /** in ascending order of tid */
  comments: PageComment[];
  sections: PageSection[];
}

/** Addresses of texts in the page. */
export const commentId = (tid: number): string => `c${tid}`;
export const commentTextId = (tid: number): string => `t${tid}`;
export const headingId = (section: string): string => `${section}h`;
export const paragraphId = (section: string, at: number): string => `${section}p${at + 1}`;
export const clauseId = (section: string, paragraph: number, at: number): string =>
  `${paragraphId(section, paragraph)}c${at + 1}`;

/**
 * The data with every longer text replaced. A text stands once in the file, where people read it: the data beside it is kept
 * without texts, and the browser puts them back from the page.
 * @param text gives the text for the address of its element, and the text that the data has now
 */
export function mapTexts(data: PageData, text: (id: string, now: string) => string): PageData {
  return {
    ...data,
    comments: data.comments.map((comment) =>
      comment.hidden ? comment : { ...comment, text: text(commentTextId(comment.tid), comment.text) },
    ),
    sections: data.sections.map((section) => ({
      ...section,
      title: text(headingId(section.id), section.title),
      paragraphs: section.paragraphs.map((paragraph, at) => paragraphTexts(section.id, paragraph, at, text)),
    })),
  };
}

function paragraphTexts(
  section: string,
  { title, sentences }: PageParagraph,
  at: number,
  text: (id: string, now: string) => string,
): PageParagraph {
  let clauses = 0;
  return {
    title: title === '' ? '' : text(headingId(paragraphId(section, at)), title),
    sentences: sentences.map((sentence) =>
      sentence.map((clause) => {
        clauses += 1;
        return { ...clause, text: text(clauseId(section, at, clauses - 1), clause.text) };
      }),
    ),
  };
}

/** Every clause with its address, in reading order. */
export function clausesOf({ sections }: PageData): { id: string; section: PageSection; clause: PageClause }[] {
  return sections.flatMap((section) =>
    section.paragraphs.flatMap(({ sentences }, at) =>
      sentences.flat().map((clause, place) => ({ id: clauseId(section.id, at, place), section, clause })),
    ),
  );
}
