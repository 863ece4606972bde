import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import { EXPORT_VOTE } from '../../lambdas/report/votes.ts';
import { countOf } from '../count-of.ts';
import { cellError, csvRows, type RowPlace } from './csv-rows.ts';
import { DOWNLOAD_AGAIN, InvalidExport } from './invalid-export.ts';
import { type ExportFile, type OpenExport, openExport } from './open-export.ts';

/** A vote in an export's usual sign: 1 agree, -1 disagree, 0 pass. */
export type ExportSign = (typeof EXPORT_VOTE)[keyof typeof EXPORT_VOTE];

/** What the files of an export hold. Each file is checked on its own, not yet against the others. */
export interface ExportFiles {
  /** what each file is called */
  names: { summary: string; comments: string; votes: string; participants: string; groups: string | undefined };
  summary: ExportSummary;
  /** in the order of their ids */
  comments: ExportComment[];
  /** in the order of their ids */
  participants: ExportParticipant[];
  /** the comments that participants-votes.csv has a column for */
  columns: Set<number>;
  /** in time order */
  votes: ExportVote[];
  /** the rows of comment-groups.csv, if it is there */
  groups: ExportCommentGroups[];
  /** what is suspicious */
  warnings: string[];
}

/**
 * Reads the files of a Polis export from a folder or a zip file, each once.
 * @throws InvalidExport naming file, line, column and what was expected
 */
export async function readExportFiles(path: string): Promise<ExportFiles> {
  const open = await openExport(path);
  const warnings: string[] = [];
  const summary = readSummary(open.summary, warnings);
  const comments = await readComments(open.comments, warnings);
  const tids = new Set(comments.map((comment) => comment.tid));
  const { participants, columns } = await readParticipants(open, tids, summary, warnings);
  const votes = await readVotes(open, tids, summary.agree);
  const groups = open.groups ? await readGroups(open.groups) : [];
  warnings.push(...withoutLineBreak([open.comments, open.votes, open.participants]));
  return {
    names: {
      summary: open.summary.name,
      comments: open.comments.name,
      votes: open.votes.name,
      participants: open.participants.name,
      groups: open.groups?.name,
    },
    summary,
    comments,
    participants,
    columns,
    votes,
    groups,
    warnings,
  };
}

/** The server ends every row of these files with a line break; summary.csv has none at its end. */
const withoutLineBreak = (files: ExportFile[]): string[] =>
  files
    .filter(({ bytes }) => bytes.at(-1) !== 10)
    .map(({ name }) => `${name} does not end with a line break: its last row may be cut off`);

async function readComments(file: ExportFile, warnings: string[]): Promise<ExportComment[]> {
  const byTid = new Map<number, ExportComment>();
  for await (const { row, place } of csvRows(file, commentRow)) {
    const {
      'comment-id': tid,
      'author-id': pid,
      'comment-body': txt,
      'is-seed': seed,
      'is-meta': meta,
      datetime: _,
      ...rest
    } = row;
    if (byTid.has(tid))
      throw cellError(place, 'comment-id', `expected each comment once, but ${tid} is on an earlier line too`);
    byTid.set(tid, { ...rest, tid, pid, txt, seed, meta, place });
  }
  if (byTid.size === 0) throw cellError({ file: file.name, line: 2 }, 'comment-id', 'expected at least one comment');
  const comments = [...byTid.values()].sort((a, b) => a.tid - b.tid);
  warnings.push(
    ...linesWith(comments, ({ txt }) => txt.trim() === '', 'has no text', 'have no text'),
    ...linesWith(
      comments,
      ({ txt }) => GARBLED.test(txt),
      'has garbled characters: the file was saved in a wrong encoding at some time',
      'have garbled characters: the file was saved in a wrong encoding at some time',
    ),
  );
  return comments;
}

/** The replacement character, and UTF-8 that was read as Latin-1 and saved again. */
const GARBLED = /\uFFFD|[ÃÂ][\u0080-\u00BF]|â€/u;

function linesWith(
  comments: ExportComment[],
  wrong: (comment: ExportComment) => boolean,
  one: string,
  many: string,
): string[] {
  const found = comments.filter(wrong).map(({ tid, place }) => ({ tid, place }));
  const first = found.sort((a, b) => a.place.line - b.place.line)[0];
  if (!first) return [];
  const { file, line } = first.place;
  return [
    `${file}: ${countOf(found.length, 'comment')} ${found.length === 1 ? one : many} (comment ${first.tid}, line ${line})`,
  ];
}

async function readParticipants(
  { participants: file, comments: { name: commentsFile } }: OpenExport,
  tids: Set<number>,
  summary: ExportSummary,
  warnings: string[],
): Promise<{ participants: ExportParticipant[]; columns: Set<number> }> {
  const byPid = new Map<number, ExportParticipant>();
  let columns: (readonly [tid: number, index: number])[] = [];
  const onHeader = (header: string[]) => {
    columns = commentColumns(header, tids, file.name, commentsFile);
    const missing = COUNT_COLUMNS.filter((name) => !header.includes(name));
    if (missing.length > 0) warnings.push(`${file.name} lacks ${missing.join(', ')}, so its rows cannot be checked`);
  };
  for await (const { row, cells, place } of csvRows(file, participantRow, onHeader)) {
    const { participant: pid, 'group-id': gid, 'n-comments': comments, ...counts } = row;
    if (byPid.has(pid))
      throw cellError(place, 'participant', `expected each one once, but ${pid} is on an earlier line too`);
    const votes = new Map<number, ExportSign>();
    for (const [tid, index] of columns) {
      const cell = cells[index]?.trim() ?? '';
      if (cell === '') continue;
      const vote = voteCell.safeParse(cell);
      if (!vote.success) throw cellError(place, String(tid), `expected ${VOTES} or nothing`);
      votes.set(tid, inUsualSign(vote.data, summary.agree));
    }
    const participant = { pid, gid, comments, votes, place };
    checkCounts(participant, counts, summary.declared ? ', or summary.csv declares the wrong one' : '');
    byPid.set(pid, participant);
  }
  if (byPid.size === 0)
    throw cellError({ file: file.name, line: 2 }, 'participant', 'expected at least one participant');
  const participants = [...byPid.values()].sort((a, b) => a.pid - b.pid);
  return { participants, columns: new Set(columns.map(([tid]) => tid)) };
}

/** The columns that are named after a comment. @throws InvalidExport when comments.csv has no such comment */
function commentColumns(
  header: string[],
  tids: Set<number>,
  file: string,
  commentsFile: string,
): (readonly [tid: number, index: number])[] {
  return header.flatMap((name, index) => {
    if (!/^\d+$/.test(name)) return [];
    const tid = Number(name);
    if (tids.has(tid)) return [[tid, index] as const];
    throw cellError({ file, line: 1 }, name, `is a comment that is missing in ${commentsFile}. ${DOWNLOAD_AGAIN}`);
  });
}

/** Checks the counts of a row against its own cells. @throws InvalidExport naming both figures */
function checkCounts(
  { votes, place }: ExportParticipant,
  counts: { 'n-votes'?: number | undefined; 'n-agree'?: number | undefined; 'n-disagree'?: number | undefined },
  declaration: string,
): void {
  const cast = [...votes.values()];
  const own = {
    votes: cast.length,
    agree: cast.filter((vote) => vote === EXPORT_VOTE.agree).length,
    disagree: cast.filter((vote) => vote === EXPORT_VOTE.disagree).length,
  };
  const swapped =
    own.agree !== own.disagree && counts['n-agree'] === own.disagree && counts['n-disagree'] === own.agree;
  if (swapped && own.votes === counts['n-votes']) {
    throw cellError(
      place,
      'n-agree',
      `says ${counts['n-agree']} agrees and ${counts['n-disagree']} disagrees, but the cells of the row say the opposite: ${own.agree} and ${own.disagree}. The sign of the votes is reversed in one of them${declaration}`,
    );
  }
  for (const [column, said, found, noun] of [
    ['n-votes', counts['n-votes'], own.votes, 'vote'],
    ['n-agree', counts['n-agree'], own.agree, 'agree'],
    ['n-disagree', counts['n-disagree'], own.disagree, 'disagree'],
  ] as const) {
    if (said === undefined || said === found) continue;
    throw cellError(
      place,
      column,
      `says ${said}, but the cells of the row hold ${countOf(found, noun)}: the row is damaged`,
    );
  }
}

async function readVotes(
  { votes: file, comments: { name: commentsFile } }: OpenExport,
  tids: Set<number>,
  agree: 1 | -1,
): Promise<ExportVote[]> {
  const votes: ExportVote[] = [];
  for await (const { row, place } of csvRows(file, voteRow)) {
    const { 'comment-id': tid, 'voter-id': pid, vote, timestamp } = row;
    if (!tids.has(tid))
      throw cellError(place, 'comment-id', `expected a comment of ${commentsFile}, which has no ${tid}`);
    votes.push({ tid, pid, vote: inUsualSign(vote, agree), timestamp });
  }
  if (votes.length === 0) throw cellError({ file: file.name, line: 2 }, 'vote', 'expected at least one vote');
  // A stable sort: rows of the same moment keep the file's order, in which a changed vote comes later.
  return votes.sort((a, b) => a.timestamp - b.timestamp);
}

async function readGroups(file: ExportFile): Promise<ExportCommentGroups[]> {
  const rows: ExportCommentGroups[] = [];
  for await (const { row } of csvRows(file, groupsRow)) {
    rows.push({ tid: row['comment-id'], agrees: row['total-agrees'], disagrees: row['total-disagrees'] });
  }
  return rows;
}

/** Turns a vote of the files into the usual sign. */
const inUsualSign = (vote: ExportSign, agree: 1 | -1): ExportSign =>
  agree === EXPORT_VOTE.agree || vote === EXPORT_VOTE.pass
    ? vote
    : vote === EXPORT_VOTE.agree
      ? EXPORT_VOTE.disagree
      : EXPORT_VOTE.agree;

function readSummary(file: ExportFile, warnings: string[]): ExportSummary {
  const pairs = keysAndValues(file);
  const result = summary.safeParse(Object.fromEntries(pairs));
  if (!result.success) {
    const issue = result.error.issues[0];
    const key = String(issue?.path[0] ?? '?');
    const line = pairs.findIndex(([name]) => name === key) + 1;
    throw cellError(
      { file: file.name, line: line || 1 },
      key,
      `expected ${issue?.message ?? 'a value'}, on a line of its own`,
    );
  }
  const missing = ['voters', 'comments', 'groups', 'conversation-description'].filter(
    (key) => result.data[key as keyof typeof result.data] === undefined,
  );
  if (missing.length > 0) warnings.push(`${file.name} lacks ${missing.join(', ')}: it may be cut off`);
  if (result.data.topic.trim() === '') warnings.push(`${file.name} has no topic, so the report has no title`);
  const { 'vote-convention': agree, 'conversation-description': description = '', ...rest } = result.data;
  return { ...rest, description, agree: agree ?? EXPORT_VOTE.agree, declared: agree !== undefined };
}

function keysAndValues({ bytes, name }: ExportFile): string[][] {
  try {
    return parse(bytes, { bom: true, skip_empty_lines: true, relax_column_count: true, relax_quotes: true });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = Number(cause.lines ?? 1);
    throw new InvalidExport({ file: name, line }, `expected a key and a value on each line (${cause.code})`, { cause });
  }
}

/** Timestamps below this are seconds (today's server), others ms (older exports): 1e11 ms is 1973, 1e11 s is 5138. */
const FIRST_MILLISECONDS = 1e11;
/** PostgreSQL's largest integer, the type of ids and counts in Polis. */
const MAX_INTEGER = 2_147_483_647;

const wholeNumber = (expected: string) =>
  z
    .string()
    .trim()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number);
const integer = (expected: string) =>
  wholeNumber(expected).pipe(z.number().max(MAX_INTEGER, `${expected}, at most ${MAX_INTEGER}`));
const id = (of: string) => integer(`the id of ${of}, a whole number`);
const count = integer('a count');
const timestamp = wholeNumber('a time since 1970, a whole number of ms or s').transform((time) =>
  time < FIRST_MILLISECONDS ? time * 1000 : time,
);
const signOf = (expected: string) =>
  z
    .string()
    .trim()
    .pipe(z.enum(['-1', '0', '1'], expected))
    .transform((text) => Number(text) as -1 | 0 | 1);
const VOTES = '1 (agree), -1 (disagree) or 0 (pass)';
const voteCell = signOf(VOTES);

const YES = ['true', 't', '1'];
const NO = ['false', 'f', '0', ''];
const flag = z
  .string()
  .trim()
  .toLowerCase()
  .refine((text) => YES.includes(text) || NO.includes(text), 'true or false')
  .transform((text) => YES.includes(text))
  .optional();

/** As PostgreSQL counts characters. */
const atMost = (most: number, what: string) =>
  z.string(what).superRefine((text, context) => {
    const length = text.length > most ? [...text].length : text.length;
    if (length <= most) return;
    const message = `at most ${countOf(most, 'character')}, as in Polis, but it has ${length.toLocaleString('en')}`;
    context.addIssue({ code: 'custom', message });
  });

/** A row of `comments.csv`; agrees and disagrees count vote rows, changed votes twice. */
const commentRow = z.object({
  timestamp,
  // not needed, but it shows that the columns are in their places
  datetime: z
    .string()
    .regex(/\b(19|20)\d\d\b/, 'a date and time')
    .optional(),
  'comment-id': id('a comment'),
  'author-id': id('a participant'),
  agrees: count,
  disagrees: count,
  moderated: signOf('-1 (rejected), 0 (unmoderated) or 1 (accepted)'),
  'is-seed': flag,
  'is-meta': flag,
  'comment-body': atMost(1000, 'a text'),
});

/** A row of `votes.csv`. */
const voteRow = z.object({
  timestamp,
  'comment-id': id('a comment'),
  'voter-id': id('a participant'),
  vote: voteCell,
});

const COUNT_COLUMNS = ['n-comments', 'n-votes', 'n-agree', 'n-disagree'];

/** A row of `participants-votes.csv`, without the columns of the comments. */
const participantRow = z.object({
  participant: id('a participant'),
  'group-id': z
    .string()
    .trim()
    .regex(/^\d{0,4}$/, 'the number of an opinion group, or nothing')
    .transform((text) => (text === '' ? undefined : Number(text))),
  'n-comments': count.optional(),
  'n-votes': count.optional(),
  'n-agree': count.optional(),
  'n-disagree': count.optional(),
});

/** A row of `comment-groups.csv`: votes of people in groups, as the math worker counted them some time before. */
const groupsRow = z.object({
  'comment-id': id('a comment'),
  'total-agrees': count,
  'total-disagrees': count,
});

/** `agree=+1;disagree=-1;pass=0;format=polis-export/1`, its parts in any order: the sign of agree in all files. */
const voteConvention = z.string().transform((text, context) => {
  const parts = new Map(text.split(';').map((part) => part.split('=').map((side) => side.trim()) as [string, string]));
  const [agree, disagree, pass] = ['agree', 'disagree', 'pass'].map((key) => Number(parts.get(key) || Number.NaN));
  const fits = (disagree === undefined || Number.isNaN(disagree) || disagree === -Number(agree)) && !pass;
  if ((agree === 1 || agree === -1) && fits) return agree;
  context.addIssue({ code: 'custom', message: 'agree=+1;disagree=-1;pass=0 or agree=-1;disagree=+1;pass=0' });
  return z.NEVER;
});

/** `summary.csv`, which has a key and a value on each line; other keys are not needed. */
const summary = z.object({
  topic: atMost(1000, 'the topic of the conversation'),
  url: z.string('the address of the conversation').min(1, 'the address of the conversation'),
  voters: count.optional(),
  commenters: count.optional(),
  comments: count.optional(),
  groups: count.optional(),
  'conversation-description': atMost(50_000, 'the description of the conversation').optional(),
  'vote-convention': voteConvention.optional(),
});

export interface ExportComment {
  tid: number;
  pid: number;
  txt: string;
  /** ms since the epoch */
  timestamp: number;
  agrees: number;
  disagrees: number;
  moderated: -1 | 0 | 1;
  /** undefined when the export does not say */
  seed: boolean | undefined;
  /** undefined when the export does not say */
  meta: boolean | undefined;
  place: RowPlace;
}

export interface ExportVote {
  tid: number;
  pid: number;
  vote: ExportSign;
  /** ms since the epoch */
  timestamp: number;
}

export interface ExportParticipant {
  pid: number;
  /** the opinion group, if the participant is in one */
  gid: number | undefined;
  /** how many comments are theirs; undefined when the export does not say */
  comments: number | undefined;
  /** the current vote on each comment */
  votes: Map<number, ExportSign>;
  place: RowPlace;
}

export interface ExportCommentGroups {
  tid: number;
  agrees: number;
  disagrees: number;
}

export interface ExportSummary {
  topic: string;
  url: string;
  description: string;
  voters?: number | undefined;
  commenters?: number | undefined;
  comments?: number | undefined;
  groups?: number | undefined;
  /** the sign of agree in the files, before they were turned into the usual sign */
  agree: 1 | -1;
  /** whether summary.csv says so itself */
  declared: boolean;
}
