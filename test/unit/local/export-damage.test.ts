import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { InvalidExport } from '../../../local/export/invalid-export.ts';
import { readExport } from '../../../local/export/read-export.ts';
import {
  type Changes,
  changedExport,
  EXPORT,
  EXPORT_FILES,
  flipCells,
  flipCounts,
  flipVotes,
  refusal,
  removeFolders,
  rows,
} from '../../support/export.ts';

afterEach(removeFolders);

const warningsOf = async (changes: Changes) => (await readExport(await changedExport(changes))).warnings;
const refusalOf = async (changes: Changes) => refusal(await changedExport(changes));
const withoutRows = (from: number, to: number) => rows((all) => all.filter((_, index) => index < from || index >= to));
/** Rewrites the cell of a row (the header is row 0) in a column. */
const cell = (row: number, column: string, value: string) =>
  rows((all) =>
    all.map((cells, index) =>
      index === row ? cells.map((old, at) => (all[0]?.[at] === column ? value : old)) : cells,
    ),
  );

it('a whole export is read without a warning', async () => {
  expect((await readExport(EXPORT)).warnings).toEqual([]);
});

describe('the sign of the votes', () => {
  it.each<[string, Changes, RegExp]>([
    [
      'votes.csv',
      { 'votes.csv': flipVotes },
      /votes\.csv says disagree where comments\.csv and participants-votes\.csv say/,
    ],
    [
      'participants-votes.csv',
      { 'participants-votes.csv': flipCells('with counts') },
      /participants-votes\.csv says disagree where comments\.csv and votes\.csv say/,
    ],
    [
      'comments.csv',
      { 'comments.csv': flipCounts },
      /comments\.csv says disagree where votes\.csv and participants-votes\.csv say/,
    ],
    [
      'votes.csv and comments.csv',
      { 'votes.csv': flipVotes, 'comments.csv': flipCounts },
      /participants-votes\.csv says disagree where comments\.csv and votes\.csv say/,
    ],
    [
      'votes.csv and participants-votes.csv',
      { 'votes.csv': flipVotes, 'participants-votes.csv': flipCells('with counts') },
      /comments\.csv says disagree where votes\.csv and participants-votes\.csv say/,
    ],
    [
      'comments.csv and participants-votes.csv',
      { 'comments.csv': flipCounts, 'participants-votes.csv': flipCells('with counts') },
      /votes\.csv says disagree where comments\.csv and participants-votes\.csv say/,
    ],
  ])('reversed in %s is refused, and the file that is alone is named', async (_, changes, message) => {
    expect(await refusalOf(changes)).toMatch(message);
  });

  it('reversed in the cells of participants-votes.csv contradicts its own counts', async () => {
    const message = await refusalOf({ 'participants-votes.csv': flipCells('without counts') });
    expect(message).toMatch(
      /^participants-votes\.csv line 3, column "n-agree": says 6 agrees and 4 disagrees, .* the opposite/,
    );
  });

  /** Six people agree with their own comment; everybody else disagrees with all. */
  const ownComments = (agree: string, disagree: string): Changes => {
    const pids = [2, 5, 9, 14, 17, 21];
    const vote = (pid: number, tid: number) => (pids[tid] === pid ? agree : disagree);
    const counts = agree === '1' ? '1,5' : '5,1';
    return {
      'comments.csv': () =>
        `timestamp,comment-id,author-id,agrees,disagrees,moderated,comment-body\n${pids
          .map((pid, tid) => `1700000000,${tid},${pid},${counts},1,The library needs books`)
          .join('\n')}\n`,
      'votes.csv': () =>
        `timestamp,comment-id,voter-id,vote\n${pids
          .flatMap((_, tid) => pids.map((pid) => `1700000000,${tid},${pid},${vote(pid, tid)}`))
          .join('\n')}\n`,
      'participants-votes.csv': () =>
        `participant,group-id,n-comments,n-votes,n-agree,n-disagree,0,1,2,3,4,5\n${pids
          .map((pid, at) => `${pid},${at % 2},1,6,${counts},${pids.map((_, tid) => vote(pid, tid)).join(',')}`)
          .join('\n')}\n`,
      'summary.csv': () =>
        'topic,Library\nurl,https://example.org/l\nvoters,6\ncomments,6\ngroups,2\nconversation-description,',
    };
  };

  it('reversed in all files is refused, because authors agree with their own comments', async () => {
    expect(await warningsOf(ownComments('1', '-1'))).toEqual([]);
    expect(await refusalOf(ownComments('-1', '1'))).toMatch(
      /^votes\.csv, column "vote": .*reversed in all files: 6 authors disagree with comments of their own, and 0 agree/,
    );
  });
});

describe('missing votes', () => {
  it('of a few people are a warning with file, line and figures', async () => {
    const warnings = await warningsOf({ 'votes.csv': withoutRows(1, 2) });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^comments\.csv line 15 counts 9 agrees and 0 disagrees of comment 0, but votes\.csv holds 8 and 0.*1 of 91 votes/,
      ),
      expect.stringMatching(
        /^participants-votes\.csv line 3 holds a vote that is missing in votes\.csv: of participant 5 on comment 0 \(1 of 107/,
      ),
    ]);
  });

  it.each([
    ['two thirds', 37, 110],
    ['a tenth', 100, 110],
    ['the first rows', 1, 12],
  ])('are damage: %s of votes.csv', async (_, from, to) => {
    expect(await refusalOf({ 'votes.csv': withoutRows(from, to) })).toMatch(
      /^comments\.csv line \d+: counts .* but votes\.csv holds .*incomplete or damaged\. Download all files/,
    );
  });

  it('of people who passed are damage too, though comments.csv does not count them', async () => {
    const withoutPasses = rows((all) => all.filter((cells) => cells.at(-1) !== '0'));
    expect(await refusalOf({ 'votes.csv': withoutPasses })).toMatch(
      /^participants-votes\.csv line \d+: holds a vote that is missing in votes\.csv/,
    );
  });

  it('in participants-votes.csv are damage', async () => {
    const message = await refusalOf({ 'participants-votes.csv': withoutRows(9, 12) });
    expect(message).toMatch(/^participants-votes\.csv: lacks a vote that is in votes\.csv: of participant 40/);
  });

  it('of an export that counts a changed vote once are none', async () => {
    // participant 17 changed a vote on comment 1, which comments.csv counts as an agree and a disagree
    expect(await warningsOf({ 'comments.csv': (text) => text.replace(',1,2,5,3,1,', ',1,2,5,2,1,') })).toEqual([]);
  });
});

describe('contradictions', () => {
  it.each<[string, Changes, RegExp]>([
    [
      'a row and its number of votes',
      { 'participants-votes.csv': cell(2, 'n-votes', '11') },
      /line 3, column "n-votes": says 11, .* 12 votes/,
    ],
    [
      'a row and its agrees',
      { 'participants-votes.csv': cell(2, 'n-agree', '5') },
      /line 3, column "n-agree": says 5, .* 6 agrees/,
    ],
    [
      'a row and its disagrees',
      { 'participants-votes.csv': cell(2, 'n-disagree', '9') },
      /line 3, column "n-disagree": says 9, .* 4 disag/,
    ],
    [
      'a column and the comments',
      { 'comments.csv': (text) => text.replace(/^.*,8,17,7,0,1,.*\n/m, '') },
      /line 1, column "8": is a comment that is missing in comments\.csv/,
    ],
    [
      'votes and columns',
      {
        'participants-votes.csv': rows((all) =>
          all.map((cells, row) => (row === 0 ? cells.map((name) => (name === '12' ? 'x' : name)) : cells)),
        ),
      },
      /line 2, column "n-votes"/,
    ],
    [
      'voters and the summary',
      { 'summary.csv': (text) => text.replace('voters,10', 'voters,100') },
      /^summary\.csv, column "voters": says 100 voters, but votes\.csv holds 10/,
    ],
    [
      'comments and the summary',
      { 'summary.csv': (text) => text.replace('comments,13', 'comments,31') },
      /^summary\.csv, column "comments": says 31 comments, but comments\.csv holds 13/,
    ],
    [
      'authors and the summary',
      { 'summary.csv': (text) => text.replace('commenters,7', 'commenters,70') },
      /column "commenters": says 70 commenters/,
    ],
    [
      'authors and participants',
      { 'participants-votes.csv': cell(1, 'n-comments', '9') },
      /column "n-comments": says that participant 2 wrote 9 comments, but comments\.csv holds 3/,
    ],
    [
      'swapped votes',
      {
        'votes.csv': rows((all) =>
          all.map((cells, row) =>
            row > 40 && row < 50 ? [...cells.slice(0, -1), cells.at(-1) === '1' ? '-1' : '1'] : cells,
          ),
        ),
      },
      /incomplete or damaged/,
    ],
  ])('between %s are refused', async (_, changes, message) => {
    expect(await refusalOf(changes)).toMatch(message);
  });

  it.each<[string, Changes, RegExp]>([
    [
      'groups and the summary',
      { 'summary.csv': (text) => text.replace('groups,2', 'groups,3') },
      /^summary\.csv says 3 groups, but participants-votes\.csv holds 2$/,
    ],
    [
      'one count of a comment',
      { 'comments.csv': (text) => text.replace(',0,2,9,0,1,', ',0,2,10,0,1,') },
      /counts 10 agrees and 0 disagrees of comment 0/,
    ],
    [
      'a number of comments',
      { 'participants-votes.csv': cell(1, 'n-comments', '2') },
      /says that participant 2 wrote 2 comments/,
    ],
    [
      'an earlier vote',
      { 'votes.csv': (text) => text.replace('1700000109000', '1700000001000') },
      /holds an earlier vote than the last one in votes\.csv: of participant 17 on comment 1/,
    ],
    [
      'a comment that nobody voted on',
      { 'comments.csv': (text) => `${text}1700000000,x 2023,15,2,0,0,0,Late.\n` },
      /lacks 2 comments of those up to 15, the first is 13/,
    ],
    [
      'a missing column',
      { 'participants-votes.csv': rows((all) => all.map((cells) => cells.filter((_, at) => at !== 3))) },
      /lacks n-votes, so its rows cannot be checked/,
    ],
    [
      'a summary cut off',
      { 'summary.csv': (text) => text.slice(0, text.indexOf('groups')) },
      /lacks groups, conversation-description: it may be cut off/,
    ],
    [
      'an empty comment',
      { 'comments.csv': (text) => text.replace(',asdf', ',') },
      /1 comment has no text \(comment 11, line 3\)/,
    ],
  ])('of %s are a warning', async (_, changes, message) => {
    const warnings = await warningsOf(changes);
    expect(warnings.filter((line) => message.test(line))).toHaveLength(1);
  });

  it('between repeated rows and the rest are a warning', async () => {
    const doubled = (text: string) => `${text}${text.slice(text.indexOf('\n') + 1)}`;
    const warnings = await warningsOf({ 'votes.csv': doubled });
    expect(warnings).toContainEqual('votes.csv repeats 109 rows of 218');
  });

  it('of the sign in comment-groups.csv are refused', async () => {
    const withGroups = async (agrees: number, disagrees: number) => {
      const folder = await changedExport({});
      const header = 'comment-id,comment,total-votes,total-agrees,total-disagrees,total-passes';
      await writeFile(join(folder, 'comment-groups.csv'), `${header}\n0,x,9,${agrees},${disagrees},0\n`);
      return folder;
    };
    expect((await readExport(await withGroups(8, 0))).warnings).toEqual([]);
    expect(await refusal(await withGroups(0, 8))).toMatch(
      /^comment-groups\.csv, .* comment-groups\.csv says disagree where/,
    );
  });
});

describe('values', () => {
  const text = (value: string): Changes => ({ 'comments.csv': (csv) => csv.replace(',asdf', `,${value}`) });

  it('of more characters than Polis allows are refused with their number', async () => {
    expect(await refusalOf(text('x'.repeat(1001)))).toMatch(
      /^comments\.csv line 3, column "comment-body": expected at most 1,000 characters, as in Polis, but it has 1,001$/,
    );
    expect(await warningsOf(text('😀'.repeat(1000)))).toEqual([]);
    const topic = (length: number): Changes => ({
      'summary.csv': (csv) => csv.replace(/^topic,.*$/m, `topic,${'x'.repeat(length)}`),
    });
    expect(await refusalOf(topic(1001))).toMatch(/^summary\.csv line 1, column "topic": expected at most 1,000/);
    const { report } = await readExport(await changedExport(topic(1000)));
    expect(report.report_name).toHaveLength(999);
  });

  it.each(['99999999999', '2147483648', '9'.repeat(40), '1e5', '-5', '3.5', ' ', 'NaN'])(
    'that are no ids or counts of Polis are refused: "%s"',
    async (value) => {
      for (const [file, column] of [
        ['comments.csv', 'author-id'],
        ['comments.csv', 'agrees'],
        ['votes.csv', 'voter-id'],
        ['participants-votes.csv', 'participant'],
        ['participants-votes.csv', 'n-agree'],
      ] as const) {
        expect(await refusalOf({ [file]: cell(1, column, value) })).toContain(
          `${file} line 2, column "${column}": expected`,
        );
      }
      expect(await refusalOf({ 'summary.csv': (csv) => csv.replace('voters,10', `voters,${value}`) })).toMatch(
        /^summary\.csv line 4, column "voters": expected a count/,
      );
    },
  );
});

describe('a file that is cut off', () => {
  it.each(EXPORT_FILES)('%s, wherever that is, is refused or a warning, and never anything else', async (file) => {
    const whole = await readFile(join(EXPORT, file), 'utf8');
    const header = whole.indexOf('\n') + 1;
    for (let length = 0; length < whole.length - 1; length += Math.ceil(whole.length / 60)) {
      const folder = await changedExport({ [file]: (csv: string) => csv.slice(0, length) });
      const found = await readExport(folder).then(
        ({ warnings }) => (warnings.length > 0 ? 'warned' : `nothing at ${length} of ${whole.length}`),
        () => 'refused',
      );
      if (length < header) expect(found).toBe('refused');
      else expect(['warned', 'refused']).toContain(found);
      if (found === 'refused') await refusal(folder);
    }
  });

  it('in a row says so, with the line', async () => {
    expect(await refusalOf({ 'votes.csv': (text) => text.slice(0, -10) })).toMatch(
      /^votes\.csv line 110: expected as many cells as the first line has, but it has \d: the file is cut off$/,
    );
  });

  it('in quotation marks says so, with the line where they begin', async () => {
    expect(await refusalOf({ 'comments.csv': (text) => text.slice(0, text.indexOf('should cost')) })).toMatch(
      /^comments\.csv line 8: a quotation mark is not closed/,
    );
  });

  it('before its last line break is a warning, except for summary.csv, which has none', async () => {
    const cut = (text: string) => text.slice(0, -1);
    expect(await warningsOf({ 'votes.csv': cut })).toEqual([
      'votes.csv does not end with a line break: its last row may be cut off',
    ]);
    expect(await warningsOf({ 'summary.csv': cut })).toEqual([]);
  });

  it.each(EXPORT_FILES)('at its beginning is refused: an empty %s', async (file) => {
    expect(await refusalOf({ [file]: () => '' })).toBe(`${file}: is empty. Download it again`);
    expect(await refusalOf({ [file]: () => '\n \r\n' })).toBe(`${file}: is empty. Download it again`);
  });
});

describe('what no report can be made of', () => {
  it('is an export with fewer than two opinion groups', async () => {
    const oneGroup = rows((all) =>
      all.map((cells, row) => (row === 0 ? cells : [cells[0] ?? '', '0', ...cells.slice(2)])),
    );
    const message = await refusalOf({ 'participants-votes.csv': oneGroup });
    expect(message).toMatch(
      /^participants-votes\.csv, column "group-id": expected people in two opinion groups or more, but it names 1/,
    );
    expect(message).not.toMatch(/redrive/);
  });

  it('is an export of which all comments were rejected, unless all comments are asked for', async () => {
    const rejected: Changes = { 'comments.csv': (text) => text.replace(/^((?:[^,\n]*,){6})(0|1),/gm, '$1-1,') };
    const folder = await changedExport(rejected);
    expect(await refusal(folder)).toMatch(/no comment to report on: of 13, moderators rejected 13.*--all-comments/);
    expect((await readExport(folder, { allComments: true })).report.mod_level).toBe(-2);
  });

  it('is an export whose comments hold no words', async () => {
    const wordless = (text: string) =>
      text
        .replace(/"Parking[\s\S]*?money\."/, '?')
        .replace(/^((?:[^,\n]*,){7}).+$/gm, (line, before) => (line.startsWith('timestamp') ? line : `${before}?!`));
    expect(await refusalOf({ 'comments.csv': wordless })).toMatch(/^comments\.csv, column "comment-body": .* no words/);
  });
});

describe('moderation', () => {
  it('leaves rejected comments out by default, as the report page does', async () => {
    const { report, math, clusterAssignments, derivation } = await readExport(EXPORT);
    expect(report.mod_level).toBe(-1);
    expect(math.data['mod-out']).toEqual([11]);
    expect(clusterAssignments[11]?.layer0_cluster_id).toBe(-1);
    expect(derivation.join('\n')).toMatch(/rejected are left out/);
  });

  it('includes them when all comments are asked for', async () => {
    const text: Changes = { 'comments.csv': (csv) => csv.replace(',asdf', ',Late buses and late staff') };
    const folder = await changedExport(text);
    const { report, math, clusterAssignments, derivation, comments } = await readExport(folder, { allComments: true });
    expect(report.mod_level).toBe(-2);
    expect(math.data['mod-out']).toEqual([]);
    expect(clusterAssignments[11]?.layer0_cluster_id).toBeGreaterThanOrEqual(0);
    expect(derivation.join('\n')).toMatch(/rejected are included/);
    expect(comments[11]?.mod).toBe(-1);
  });
});

it('the error of a damaged export holds the file, the line and the column', async () => {
  const folder = await changedExport({ 'votes.csv': cell(1, 'vote', '5') });
  const error = await readExport(folder).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InvalidExport);
  expect(error).toMatchObject({ file: 'votes.csv', line: 2, column: 'vote' });
});
