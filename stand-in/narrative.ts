import { type Tally, tally } from '../lambdas/report/votes.ts';
import { type Draft, type DraftClause, draftOf } from './draft.ts';
import { hash32 } from './random.ts';
import { type NamedGroup, type Position, textOf } from './texts.ts';

/** What the user message of one section shows. */
export interface Prompt {
  /** From the line `Section: …`. */
  section: string | undefined;
  /** in the order of the tallies */
  groups: NamedGroup[];
  comments: ShownComment[];
}
export interface ShownComment {
  id: number;
  text: string;
  all: Tally;
  groups: GroupTally[];
}
interface GroupTally extends Tally {
  /** as a reader sees it: "Group A", or its own label */
  group: string;
}

/**
 * Reads the user message of a section: its name, its groups, and its table of comments, a line each, with or without codes of
 * claims in the cells. A message without a table has no comments.
 */
export function readPrompt(message: string): Prompt {
  const [before = '', columns, table = ''] = message.split(/<comments columns="([^"]*)">\n|\n<\/comments>/);
  const section = /^Section: *(\S.*?) *$/m.exec(before)?.[1];
  if (columns === undefined) return { section, groups: [], comments: [] };
  const letters = columns
    .split(' | ')
    .slice(2, -1)
    .map((name) => name.replace(/:.*/, ''));
  const labels = new Map([...before.matchAll(GROUP_LINE)].map(([, letter, label]) => [letter, label]));
  const groups = letters.map((letter) => ({ letter, label: labels.get(letter) || `Group ${letter}` }));
  return { section, groups, comments: table.split('\n').flatMap((line) => readLine(line, groups)) };
}

/** `A = Group A (106 participants)`; a label can be anything. */
const GROUP_LINE = /^(\w+) = *(.*?) *\(\d+ participants?\)$/gm;

function readLine(line: string, named: readonly NamedGroup[]): ShownComment[] {
  const cells = line.split('|');
  const [all, ...tallies] = cells.slice(1, named.length + 2).map((cell) => {
    const [, agrees = 0, disagrees = 0, passes = 0] = cell.split(' ').map(Number);
    return tally(agrees, disagrees, passes);
  });
  if (all === undefined || tallies.length < named.length) return [];
  const groups = named.map(({ label }, at) => ({ group: label, ...(tallies[at] ?? tally(0, 0, 0)) }));
  return [{ id: Number(cells[0]), text: cells.slice(named.length + 2).join('|'), all, groups }];
}

export interface Narrative {
  id: string;
  title: string;
  paragraphs: { id: string; title: string; sentences: Sentence[] }[];
}
interface Sentence {
  clauses: Clause[];
}
interface Clause {
  text: string;
  citations: number[];
  /** the code of what it claims, such as `M+ A`; absent where a lie leaves it out */
  claim?: string;
}

/** A narrative of one section that is true to the votes in its prompt. The same prompt gives the same narrative. */
export const writeNarrative = (prompt: Prompt): Narrative => narrativeOf(draftOf(prompt), prompt);

/** Puts a draft into words. */
export function narrativeOf(draft: Draft, { section, groups }: Pick<Prompt, 'section' | 'groups'>): Narrative {
  const title = section ?? 'What people said';
  const seed = hash32(title) % 1000;
  const variantOf = ({ says }: DraftClause, nth: number, at: number): number =>
    says.kind === 'content' ? nth : seed + at;
  const paragraphs = draft.map(({ id, title: heading, sentences }) => ({
    id,
    title: heading,
    sentences: sentences.map(({ clauses, nth }, at) => ({
      clauses: clauses.map((clause, place): Clause => {
        const position: Position = clauses.length === 1 ? 'only' : place === 0 ? 'first' : 'second';
        const same = place > 0 && String(clauses[0]?.citations) === String(clause.citations);
        const these = theseStatements(clause.citations.length, same, nth);
        const text = textOf(clause.says, groups, { position, these, variant: variantOf(clause, nth, at) });
        return { text, citations: clause.citations, ...(clause.code === undefined ? {} : { claim: clause.code }) };
      }),
    })),
  }));
  return { id: slug(title), title, paragraphs };
}

/** @param same whether the clause before cites the same @param nth how many sentences before say the same of others */
function theseStatements(count: number, same: boolean, nth: number): string {
  if (same) return count === 1 ? 'it' : 'them';
  // two sentences in a row are never the same
  const other = nth === 0 ? '' : nth % 2 === 1 ? 'other ' : 'further ';
  return count === 1 ? `this ${other}statement` : `these ${other}statements`;
}

function slug(title: string): string {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu);
  return words?.join('_').slice(0, 80) ?? 'section';
}
