import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import { csvRows, exportError, fileOf } from './csv-rows.ts';

/** What the four files of an export hold, checked row by row and against one another. */
export interface ExportFiles {
  summary: ExportSummary;
  comments: ExportComment[];
  participants: ExportParticipant[];
  votes: ExportVote[];
}

/**
 * Reads the four files of a Polis export, each once.
 * @throws InvalidSetting naming file, line, column and what was expected
 */
export async function readExportFiles(dir: string): Promise<ExportFiles> {
  const files = {
    summary: await fileOf(dir, ['summary.csv']),
    comments: await fileOf(dir, ['comments.csv']),
    votes: await fileOf(dir, ['votes.csv']),
    // The open data set writes the first name, today's server the second.
    participants: await fileOf(dir, ['participants-votes.csv', 'participant-votes.csv']),
  };
  const comments = await readComments(dir, files.comments);
  return {
    summary: await readSummary(dir, files.summary),
    comments,
    participants: await readParticipants(dir, files.participants),
    votes: await readVotes(dir, files.votes, new Set(comments.map((comment) => comment['comment-id']))),
  };
}

async function readComments(dir: string, file: string): Promise<ExportComment[]> {
  const byTid = new Map<number, ExportComment>();
  for await (const { row, place } of csvRows(dir, file, commentRow)) {
    const tid = row['comment-id'];
    if (byTid.has(tid))
      throw exportError(place, 'comment-id', `expected each comment once, but ${tid} is on an earlier line too`);
    byTid.set(tid, row);
  }
  if (byTid.size === 0) throw exportError({ file, line: 2 }, 'comment-id', 'expected at least one comment');
  return [...byTid.values()].sort((a, b) => a['comment-id'] - b['comment-id']);
}

async function readParticipants(dir: string, file: string): Promise<ExportParticipant[]> {
  const byPid = new Map<number, ExportParticipant>();
  for await (const { row, place } of csvRows(dir, file, participantRow)) {
    const pid = row.participant;
    if (byPid.has(pid))
      throw exportError(place, 'participant', `expected each one once, but ${pid} is on an earlier line too`);
    byPid.set(pid, row);
  }
  return [...byPid.values()].sort((a, b) => a.participant - b.participant);
}

async function readVotes(dir: string, file: string, tids: Set<number>): Promise<ExportVote[]> {
  const votes: ExportVote[] = [];
  for await (const { row, place } of csvRows(dir, file, voteRow)) {
    const tid = row['comment-id'];
    if (!tids.has(tid))
      throw exportError(place, 'comment-id', `expected a comment of comments.csv, which has no ${tid}`);
    votes.push(row);
  }
  if (votes.length === 0) throw exportError({ file, line: 2 }, 'vote', 'expected at least one vote');
  // A stable sort: rows of the same moment keep the file's order, in which a changed vote comes later.
  return votes.sort((a, b) => a.timestamp - b.timestamp);
}

async function readSummary(dir: string, file: string): Promise<ExportSummary> {
  const text = await readFile(join(dir, file));
  const result = summary.safeParse(Object.fromEntries(keysAndValues(text, file)));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw exportError(
    { file, line: 1 },
    String(issue?.path[0] ?? '?'),
    `expected ${issue?.message ?? 'a value'}, on a line of its own`,
  );
}

function keysAndValues(text: Buffer, file: string): string[][] {
  try {
    return parse(text, { bom: true, skip_empty_lines: true, relax_column_count: true, relax_quotes: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InvalidSetting(
      `${file} line ${error.lines ?? 1}: expected a key and a value on each line (${error.code})`,
    );
  }
}

/** Timestamps below this are seconds (today's server), others ms (older exports): 1e11 ms is 1973, 1e11 s is 5138. */
const FIRST_MILLISECONDS = 1e11;

const wholeNumber = (expected: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number);
const id = (of: string) => wholeNumber(`the id of ${of}, a whole number`);
const timestamp = wholeNumber('a time since 1970, a whole number of ms or s').transform((time) =>
  time < FIRST_MILLISECONDS ? time * 1000 : time,
);
const signOf = (expected: string) => z.enum(['-1', '0', '1'], expected).transform((text) => Number(text) as -1 | 0 | 1);

/** A row of `comments.csv`; agrees and disagrees count vote rows, changed votes twice. */
export const commentRow = z.object({
  timestamp,
  'comment-id': id('a comment'),
  'author-id': id('a participant'),
  agrees: wholeNumber('a count'),
  disagrees: wholeNumber('a count'),
  moderated: signOf('-1 (rejected), 0 (unmoderated) or 1 (accepted)'),
  'comment-body': z.string(),
});

/** A row of `votes.csv`, in the export's sign. */
export const voteRow = z.object({
  timestamp,
  'comment-id': id('a comment'),
  'voter-id': id('a participant'),
  vote: signOf('1 (agree), -1 (disagree) or 0 (pass)'),
});

/** The columns of `participants-votes.csv` that are needed; its votes are those of `votes.csv` again. */
export const participantRow = z.object({
  participant: id('a participant'),
  'group-id': z
    .string()
    .regex(/^\d{0,4}$/, 'the number of an opinion group, or nothing')
    .transform((text) => (text === '' ? undefined : Number(text))),
});

/** `summary.csv`, which has a key and a value on each line; other keys are not needed. */
export const summary = z.object({
  topic: z.string('the topic of the conversation'),
  url: z.string('the address of the conversation').min(1, 'the address of the conversation'),
  'conversation-description': z.string().default(''),
});

export type ExportComment = z.infer<typeof commentRow>;
export type ExportVote = z.infer<typeof voteRow>;
export type ExportParticipant = z.infer<typeof participantRow>;
export type ExportSummary = z.infer<typeof summary>;
