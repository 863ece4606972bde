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
  takenOut: { paragraph: string; why: string }[];
  /** address of the coarse topic that it stands in */
  inside?: string;
  paragraphs: PageParagraph[];
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
  /** participants; absent when they are not known */
  size?: number;
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
  /** of the whole conversation */
  counts: { participants?: number; votes?: number; comments?: number };
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
 * What the page's data is without all that stands in the page itself: titles, texts, citations and votes. Each of them is in the file
 * once, where people read it, and the browser puts them back from there: what a reader sees is what is proven.
 */
export type ThinData = Omit<PageData, 'comments' | 'sections'> & {
  comments: Omit<PageComment, 'text' | 'votes'>[];
  sections: (Omit<PageSection, 'title' | 'paragraphs'> & {
    /** `titled` is 1 for a paragraph with a title; each sentence is a list of claims, null for a clause without one */
    paragraphs: { titled: 0 | 1; sentences: (Claim | null)[][] }[];
  })[];
};

export const thinData = (data: PageData): ThinData => ({
  ...data,
  comments: data.comments.map(({ text: _, votes: __, ...comment }) => comment),
  sections: data.sections.map(({ title: _, paragraphs, ...section }) => ({
    ...section,
    paragraphs: paragraphs.map(({ title, sentences }) => ({
      titled: title === '' ? 0 : 1,
      sentences: sentences.map((clauses) => clauses.map(({ claim }) => claim ?? null)),
    })),
  })),
});

/** The class that marks how a clause stands: its first letter. */
export const STANDINGS = ['proven', 'content', 'thin', 'unchecked', 'failed'] as const satisfies Standing[];
export const standingClass = (standing: Standing): string => standing.charAt(0);

/** Reads from the page what stands in it, by address. */
export interface PageReader {
  text: (id: string) => string;
  /** of a clause: what it cites and how it stands */
  clause: (id: string) => Pick<PageClause, 'citations' | 'standing'>;
  /** of a comment, by group; undefined where the page shows none */
  votes: (tid: number, groups: number) => Counts[] | undefined;
}

/** The reverse of `thinData`. The keys come in the same order, because the fingerprint is that of the JSON text. */
export function wholeData(thin: ThinData, read: PageReader): PageData {
  return {
    ...thin,
    comments: thin.comments.map(({ tid, hidden, cited }): PageComment => {
      const votes = read.votes(tid, thin.groups.length);
      const text = hidden ? '' : read.text(commentTextId(tid));
      return { tid, text, ...(hidden ? { hidden } : {}), ...(votes ? { votes } : {}), cited };
    }),
    sections: thin.sections.map(({ id, section, kind, paragraphs, ...rest }) => ({
      id,
      section,
      kind,
      title: read.text(headingId(id)),
      ...rest,
      paragraphs: paragraphs.map(({ titled, sentences }, at) => ({
        title: titled ? read.text(headingId(paragraphId(id, at))) : '',
        sentences: wholeSentences(sentences, paragraphId(id, at), read),
      })),
    })),
  };
}

function wholeSentences(sentences: (Claim | null)[][], paragraph: string, read: PageReader): PageClause[][] {
  let place = 0;
  return sentences.map((claims) =>
    claims.map((claim) => {
      place += 1;
      const id = `${paragraph}c${place}`;
      const { citations, standing } = read.clause(id);
      return { text: read.text(id), citations, ...(claim ? { claim } : {}), standing };
    }),
  );
}

/** Every clause with its address, in reading order. */
export function clausesOf({ sections }: PageData): { id: string; section: PageSection; clause: PageClause }[] {
  return sections.flatMap((section) =>
    section.paragraphs.flatMap(({ sentences }, at) =>
      sentences.flat().map((clause, place) => ({ id: clauseId(section.id, at, place), section, clause })),
    ),
  );
}
