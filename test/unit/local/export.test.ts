import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readExport } from '../../../local/export/read-export.ts';
import {
  changedExport,
  EXPORT_FILES,
  EXPORT as FIXTURE,
  flipVotes,
  refusal,
  removeFolders,
} from '../../support/export.ts';

afterEach(removeFolders);

type Change = (text: string) => string | undefined;
const exportWith = (file: string, change: Change) => changedExport({ [file]: change });
const errorOf = async (file: string, change: Change) => refusal(await exportWith(file, change));

/** Rewrites one cell of a file without quoted commas before it; `line` counts from 1. */
const cell = (line: number, column: number, value: string) => (text: string) =>
  text
    .split('\n')
    .map((row, index) => {
      if (index !== line - 1) return row;
      const cells = row.split(',');
      cells[column] = value;
      return cells.join(',');
    })
    .join('\n');

describe('the sign of votes', () => {
  it('turns an export agree (+1) into PostgreSQL agree (-1), and a disagree into +1', async () => {
    const { votes } = await readExport(FIXTURE);
    const vote = (pid: number, tid: number) => votes.findLast((row) => row.pid === pid && row.tid === tid)?.vote;
    expect(vote(2, 4)).toBe(-1);
    expect(vote(33, 4)).toBe(1);
    expect(vote(17, 5)).toBe(0);
  });

  it('leaves comment 0, on which everybody agreed, with agrees and no disagree in both groups', async () => {
    const { math } = await readExport(FIXTURE);
    expect(math.data['group-votes'][0]?.votes[0]).toEqual({ A: 4, D: 0, S: 4 });
    expect(math.data['group-votes'][1]?.votes[0]).toEqual({ A: 4, D: 0, S: 4 });
    expect(math.data['group-aware-consensus'][0]).toBeCloseTo((5 / 6) ** 2, 12);
  });

  it('is refused when votes.csv has it the other way round than the counts of comments.csv', async () => {
    const error = await errorOf('votes.csv', flipVotes);
    expect(error).toMatch(
      /^votes\.csv, column "vote": .*votes\.csv says disagree where comments\.csv and participants-votes\.csv say agree/,
    );
  });
});

describe('votes', () => {
  it('are in time order and keep a changed vote as a later row, of which the last one counts', async () => {
    const { votes, math } = await readExport(FIXTURE);
    expect(votes.map(({ created }) => created)).toEqual(votes.map(({ created }) => created).sort((a, b) => a - b));
    expect(votes.filter(({ pid, tid }) => pid === 17 && tid === 1).map(({ vote }) => vote)).toEqual([1, -1]);
    expect(math.data['group-votes'][1]?.votes[1]).toEqual({ A: 1, D: 2, S: 4 });
    expect(math.last_vote_timestamp).toBe(1_700_000_109_000);
  });

  it('count once for each participant and comment, and participants may have gaps in their numbers', async () => {
    const { participants, conversation } = await readExport(FIXTURE);
    expect(participants.map(({ pid }) => pid)).toEqual([2, 5, 9, 14, 17, 21, 22, 28, 30, 33, 40]);
    expect(participants.find(({ pid }) => pid === 17)?.vote_count).toBe(12);
    expect(participants.find(({ pid }) => pid === 30)?.vote_count).toBe(0);
    // the author of comment 11 voted on nothing
    expect(conversation.participant_count).toBe(10);
  });
});

describe('comments and groups', () => {
  it('keep moderation, author, time in ms and line breaks in the text', async () => {
    const { comments, math } = await readExport(FIXTURE);
    expect(comments.map(({ tid }) => tid)).toEqual([...Array(13).keys()]);
    expect(comments[11]).toMatchObject({ tid: 11, pid: 30, mod: -1, created: 1_699_999_911_000 });
    expect(comments[6]?.txt).toBe('Parking beside the library, which is "free" today,\nshould cost money.');
    expect(math.data['mod-out']).toEqual([11]);
    expect(math.data['mod-in']).toEqual([0, 1, 2, 4, 5, 6, 8, 9, 10, 12]);
  });

  it('take people with an empty group-id for people in no group', async () => {
    const { math } = await readExport(FIXTURE);
    expect(math.math_env).toBe('prod');
    expect(math.data['in-conv']).toEqual([2, 5, 9, 14, 17, 21, 22, 28, 40]);
    expect(math.data['group-votes'][0]?.['n-members']).toBe(5);
  });
});

describe('forms in which exports come', () => {
  it.each(EXPORT_FILES)('%s may begin with a byte order mark and end its lines as other systems do', async (file) => {
    const plain = await readExport(FIXTURE);
    for (const end of ['\r\n', '\r']) {
      const other = await exportWith(file, (text) => `\uFEFF${text.replaceAll('\n', end)}`);
      expect(await readExport(other)).toEqual(plain);
    }
  });

  it('times in seconds, as the server writes them today, are turned into ms', async () => {
    const dir = await exportWith('votes.csv', (text) => text.replace(/^(\d{10})\d{3},/gm, '$1,'));
    expect((await readExport(dir)).votes).toEqual((await readExport(FIXTURE)).votes);
  });

  it('the server’s file name participant-votes.csv is taken too', async () => {
    const dir = await exportWith('participants-votes.csv', () => undefined);
    await cp(join(FIXTURE, 'participants-votes.csv'), join(dir, 'participant-votes.csv'));
    expect(await readExport(dir)).toEqual(await readExport(FIXTURE));
  });
});

describe('an export that cannot be used', () => {
  it('says that there is nothing, or a file of another kind', async () => {
    const nowhere = join(FIXTURE, 'nowhere');
    expect(await refusal(nowhere)).toContain(`${nowhere} does not exist: a Polis export is a folder or a zip file`);
    const file = join(FIXTURE, 'votes.csv');
    expect(await refusal(file)).toContain(`${file} is not a zip file that can be read`);
  });

  it('takes a folder that is called like a file for a missing file', async () => {
    const dir = await exportWith('votes.csv', () => undefined);
    await mkdir(join(dir, 'votes.csv'));
    expect(await refusal(dir)).toContain(`votes.csv is missing in ${dir}`);
  });

  it.each(EXPORT_FILES)('names %s when it is missing', async (file) => {
    expect(await errorOf(file, () => undefined)).toContain(`${file} is missing`);
  });

  it.each([
    ['comments.csv', 'author-id'],
    ['comments.csv', 'comment-body'],
    ['votes.csv', 'voter-id'],
    ['participants-votes.csv', 'group-id'],
  ])('names a column that %s lacks: %s', async (file, column) => {
    const error = await errorOf(file, (text) => text.replace(column, 'other'));
    expect(error).toContain(`${file} line 1, column "${column}": is missing`);
  });

  it.each([
    ['votes.csv', 3, 4, '2', 'column "vote": expected 1 (agree), -1 (disagree) or 0 (pass)'],
    ['votes.csv', 5, 3, 'anna', 'column "voter-id": expected the id of a participant'],
    ['votes.csv', 4, 0, 'today', 'column "timestamp": expected a time'],
    ['votes.csv', 2, 2, '99', 'column "comment-id": expected a comment of comments.csv, which has no 99'],
    ['comments.csv', 4, 6, 'yes', 'column "moderated": expected -1 (rejected)'],
    ['comments.csv', 12, 4, '', 'column "agrees": expected a count'],
    ['comments.csv', 3, 2, '12', 'column "comment-id": expected each comment once, but 12'],
    ['participants-votes.csv', 3, 1, 'B', 'column "group-id": expected the number of an opinion group'],
    ['participants-votes.csv', 3, 0, '2', 'column "participant": expected each one once, but 2'],
  ])('names %s, line %i and what was expected of cell %i = "%s"', async (file, line, column, value, expected) => {
    const error = await errorOf(file, cell(line, column, value));
    expect(error).toContain(`${file} line ${line}, ${expected}`);
  });

  it('names the line when a row has too few cells', async () => {
    const error = await errorOf('votes.csv', (text) => text.replace(/^(.*\n.*\n.*),[^,\n]*\n/, '$1\n'));
    expect(error).toMatch(/^votes\.csv line 3: expected as many cells as the first line has, but it has 4$/);
  });

  it('names the key that summary.csv lacks', async () => {
    const error = await errorOf('summary.csv', (text) => text.replace(/^url,.*\n/m, ''));
    expect(error).toContain('summary.csv line 1, column "url": expected the address of the conversation');
  });

  it.each(['comments.csv', 'votes.csv'])('says so when %s holds nothing but its first line', async (file) => {
    expect(await errorOf(file, (text) => `${text.split('\n')[0]}\n`)).toContain('expected at least one');
  });

  it('never repeats the text of a comment in its error', async () => {
    const error = await errorOf('comments.csv', (text) => text.replace('should stay open', '"shifted", secret words'));
    expect(error).not.toMatch(/secret|library/);
  });
});

describe('names made for an export', () => {
  it('are stable, and differ for another address', async () => {
    const first = await readExport(FIXTURE);
    const other = await readExport(
      await exportWith('summary.csv', (text) => text.replace('library-hours', 'elsewhere')),
    );
    expect(String(first.conversation.zid)).toMatch(/^\d{5,7}$/);
    expect(first.report.report_id).toMatch(/^r[0-9a-z]{20}$/);
    expect(await readExport(FIXTURE)).toEqual(first);
    expect(other.conversation.zid).not.toBe(first.conversation.zid);
    expect(other.report.report_id).not.toBe(first.report.report_id);
  });

  it('do not show the conversation number in the public report id', async () => {
    const { conversation, report } = await readExport(FIXTURE);
    expect(report.report_id).not.toContain(String(conversation.zid));
  });
});

describe('what is said about derived parts', () => {
  it('names topics, their language, the analysis of votes and the tallies in plain lines', async () => {
    const { derivation } = await readExport(FIXTURE);
    for (const part of [/[Tt]opics/, /English/, /principal component/, /agrees, disagrees and passes/, /report id/]) {
      expect(derivation.filter((line) => part.test(line))).not.toEqual([]);
    }
  });
});
