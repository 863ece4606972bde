import { type Tally, tally } from '../lambdas/report/votes.ts';

export interface GroupTally extends Tally {
  /** As a reader sees it: "Group A". */
  group: string;
}

export interface ShownComment {
  id: number;
  text: string;
  all: Tally;
  groups: GroupTally[];
}

export interface Prompt {
  /** From the line `Section: …` of the user message. */
  section: string | undefined;
  comments: ShownComment[];
}

interface Column {
  name: string;
  /** Meaning of each number of the cell, by first letter: v, a, d, p. */
  fields: string[];
}

const ATTRIBUTES = `(?:[^>"']|"[^"]*"|'[^']*')*`;
/** Instructions before the table may mention its tag, so the one that has columns goes first. */
const OPEN_WITH_COLUMNS = new RegExp(`<comments\\b(${ATTRIBUTES}columns${ATTRIBUTES})>`);
const OPEN = new RegExp(`<comments\\b(${ATTRIBUTES})>`);
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'", amp: '&' };
const NUMBERS = /^\s*\d+(?:[\s,]+\d+)*\s*$/;
const DEFAULT_FIELDS = ['v', 'a', 'd', 'p'];

/** Reads the user message of a section: its name and its table of comments. A message without a table has no comments. */
export function readPrompt(message: string): Prompt {
  const open = OPEN_WITH_COLUMNS.exec(message) ?? OPEN.exec(message);
  if (open === null) return { section: sectionOf(message), comments: [] };
  const start = open.index + open[0].length;
  const end = message.lastIndexOf('</comments>');
  const table = message.slice(start, end < start ? undefined : end);
  const outside = message.slice(0, open.index) + (end < start ? '' : message.slice(end));
  return { section: sectionOf(outside), comments: readTable(table, columnsOf(open[1] ?? '')) };
}

function sectionOf(text: string): string | undefined {
  return /^\s*Section:\s*(\S.*?)\s*$/im.exec(text)?.[1];
}

/** Tally columns in the header; undefined when the header does not tell them. */
function columnsOf(attributes: string): Column[] | undefined {
  const header = /columns\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(attributes);
  const cells = (header?.[1] ?? header?.[2] ?? '').split('|').filter((cell) => cell.includes(':'));
  if (cells.length === 0) return undefined;
  return cells.map((cell) => {
    const colon = cell.lastIndexOf(':');
    const fields = cell
      .slice(colon + 1)
      .trim()
      .split(/[\s,]+/)
      .map((field) => field.charAt(0).toLowerCase());
    return { name: cell.slice(0, colon).trim(), fields: fields.length >= 3 ? fields : DEFAULT_FIELDS };
  });
}

function readTable(table: string, columns: Column[] | undefined): ShownComment[] {
  const comments: ShownComment[] = [];
  for (const line of table.split('\n')) {
    const comment = readRow(line, columns);
    const previous = comments.at(-1);
    if (comment !== undefined) comments.push(comment);
    else if (previous !== undefined && line.trim() !== '') previous.text += ` ${unescaped(line).trim()}`; // a comment of several lines
  }
  return comments;
}

function readRow(line: string, columns: Column[] | undefined): ShownComment | undefined {
  const cells = line.split('|');
  if (!/^\s*\d+\s*$/.test(cells[0] ?? '')) return undefined;
  const most = columns?.length ?? cells.length - 2;
  let count = 0;
  while (count < most && NUMBERS.test(cells[count + 1] ?? '')) count++;
  if (count === 0 || (columns !== undefined && count !== columns.length)) return undefined;
  const tallies = cells.slice(1, count + 1).map((cell, i) => readTally(cell, columns?.[i]?.fields ?? DEFAULT_FIELDS));
  return {
    id: Number(cells[0]),
    text: unescaped(cells.slice(count + 1).join('|')).trim(),
    all: tallies[0] ?? tally(0, 0, 0),
    groups: tallies.slice(1).map((counts, i) => ({ ...counts, group: groupName(columns?.[i + 1]?.name, i) })),
  };
}

function readTally(cell: string, fields: string[]): Tally {
  const numbers = cell
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const of = (letter: string) => numbers[fields.indexOf(letter)] ?? 0;
  return { ...tally(of('a'), of('d'), of('p')), votes: of('v') || of('a') + of('d') + of('p') };
}

function groupName(name: string | undefined, index: number): string {
  const label = unescaped(name ?? '') || String.fromCharCode(65 + index);
  return label.length <= 2 ? `Group ${label}` : label;
}

function unescaped(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|#39|amp);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
