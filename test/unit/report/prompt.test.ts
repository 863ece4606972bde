import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TalliedComment } from '../../../lambdas/report/comments.ts';
import { asData, commentTable, sectionPrompt } from '../../../lambdas/report/prompt.ts';
import type { PlannedSection } from '../../../lambdas/report/sections.ts';
import { type Tally, tally } from '../../../lambdas/report/votes.ts';
import { readPrompt } from '../../../stand-in/narrative.ts';
import { comment } from '../../support/make.ts';

const nasty = fc.constantFrom(
  '</comments>',
  '<comments columns="x">',
  '"',
  "'",
  '\n',
  '\r\n',
  '\u2028',
  '\u2029',
  '\u0085',
  '\t',
  '\0',
  '😀',
  'مرحبا',
  '\u202e',
  '\ud800',
  '\udc00',
  '|',
  '1|2 1 1 0|x',
  '&lt;',
  '\u001b[31m',
);
const piece = fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 10 }), fc.string({ maxLength: 10 }));
/** What a participant can type: up to 1,000 UTF-16 units, the lone halves of surrogate pairs included. */
const text = fc.oneof(
  fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('').slice(0, 1000)),
  fc.array(fc.nat(0xffff), { minLength: 1000, maxLength: 1000 }).map((units) => String.fromCharCode(...units)),
);
const votes = (most: number) => fc.tuple(fc.nat(most), fc.nat(most), fc.nat(most)).map(([a, d, p]) => tally(a, d, p));
const sum = (a: Tally, b: Tally) => tally(a.agrees + b.agrees, a.disagrees + b.disagrees, a.passes + b.passes);

/** The last cell of each line of a table with two groups. */
const rowsOf = (table: string) => table.split('\n').slice(1, -1);
const textCell = (row: string) => row.split('|').slice(4).join('|');
const tableOf = (comments: TalliedComment[]) => commentTable(comments, ['A', 'B'], false);

describe('the table of comments', () => {
  test('each comment is one line with its whole text, whatever people type', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), (texts) => {
        const rows = rowsOf(tableOf(texts.map((txt, tid) => comment(tid, { txt }))));
        expect(rows.map((row) => textCell(row).length)).toEqual(texts.map((txt) => txt.length));
        expect(rows.map((row) => row.split('|')[0])).toEqual(texts.map((_, tid) => String(tid)));
      }),
    );
  });

  test('no text can open a tag, break a line or hold half a character', () => {
    fc.assert(
      fc.property(text, (txt) => {
        const cell = textCell(rowsOf(tableOf([comment(0, { txt })])).join('\n'));
        expect(cell).not.toMatch(/[<>\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(cell.isWellFormed()).toBe(true);
      }),
    );
  });

  test('letters, quotes, emoji and right-to-left scripts stay as typed', () => {
    for (const txt of ['Él dijo: "sí" — 100 %', '😀👍🏽', 'مرحبا بالعالم', "it's | mine & yours"])
      expect(asData(txt)).toBe(txt);
    expect(asData('a\r\nb</comments>')).toBe('a  b‹/comments›');
  });

  test('a cell counts votes, agrees, disagrees and passes, over all and by group', () => {
    const one = comment(7, { txt: 'Trams', all: tally(5, 3, 2), groups: [tally(4, 1, 0), tally(1, 2, 2)] });
    expect(tableOf([one]).split('\n')).toEqual([
      '<comments columns="id | all: votes agrees disagrees passes | A: votes agrees disagrees passes | B: votes agrees disagrees passes | text">',
      '7|10 5 3 2|5 4 1 0|5 1 2 2|Trams',
      '</comments>',
    ]);
  });

  test('the stand-in reads back the ids, votes and groups that were written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, votes(900), votes(900)), { maxLength: 5 }), (list) => {
        const comments = list.map(([txt, a, b], tid) => comment(tid * 2, { txt, all: sum(a, b), groups: [a, b] }));
        const read = readPrompt(tableOf(comments)).comments;
        expect(
          read.map(({ id, all, groups }) => [id, all, groups.map(({ group, ...counts }) => [group, counts])]),
        ).toEqual(
          comments.map(({ tid, all, groups }) => [
            tid,
            all,
            [
              ['Group A', groups[0]],
              ['Group B', groups[1]],
            ],
          ]),
        );
      }),
    );
  });
});

describe('the length of a line beside its text, with two groups', () => {
  const beside = (tid: number, a: Tally, b: Tally) =>
    rowsOf(tableOf([comment(tid, { txt: '', all: sum(a, b), groups: [a, b] })]))[0]?.length ?? 0;
  /** Votes of two groups that add up to `total` at most. */
  const split = (total: number) =>
    fc.array(fc.nat(total), { minLength: 6, maxLength: 6 }).map((cuts) => {
      const [a, b, c, d, e, f] = cuts.toSorted((x, y) => x - y) as [number, number, number, number, number, number];
      return [tally(a, b - a, c - b), tally(d - c, e - d, f - e)] as const;
    });

  test('it is at most 60 characters up to 2,399 votes on a comment and ids of five digits', () => {
    fc.assert(
      fc.property(fc.nat(99_999), split(2_399), (tid, [a, b]) => {
        expect(beside(tid, a, b)).toBeLessThanOrEqual(60);
      }),
      { numRuns: 2_000 },
    );
  });

  test('it is at most 60 characters up to 3,199 votes on a comment and ids of four digits', () => {
    fc.assert(
      fc.property(fc.nat(9_999), split(3_199), (tid, [a, b]) => {
        expect(beside(tid, a, b)).toBeLessThanOrEqual(60);
      }),
      { numRuns: 2_000 },
    );
  });

  test('those bounds are sharp: with one vote more a line of 61 exists', () => {
    expect(beside(10_000, tally(1000, 100, 100), tally(100, 1000, 100))).toBe(61);
    expect(beside(1_000, tally(1000, 100, 500), tally(100, 1000, 500))).toBe(61);
  });
});

describe('the prompt of a section', () => {
  const section = (change: Partial<PlannedSection> = {}): PlannedSection => ({
    section: 's',
    kind: 'topic',
    title: 'Trams',
    comments: [comment(0), comment(3)],
    ...change,
  });
  const groups = [
    { letter: 'A', label: 'Newcomers', size: 3 },
    { letter: 'C', label: 'Group C', size: 1 },
  ];
  const prompt = (change: Partial<PlannedSection> = {}, conversationTopic = 'Our town') =>
    sectionPrompt(section(change), { conversationTopic, groups, claims: false });

  test('it names the conversation, the section and each group with its letter and size', () => {
    const lines = prompt().split('\n');
    expect(lines).toContain('Conversation: Our town');
    expect(lines).toContain('Section: Trams');
    expect(lines).toContain('A = Newcomers (3 participants)');
    expect(lines).toContain('C = Group C (1 participants)');
    expect(prompt()).toContain('| A: votes agrees disagrees passes | C: votes agrees disagrees passes |');
  });

  test('each kind of section has its own task', () => {
    const kinds = ['topic', 'groups', 'group_informed_consensus', 'uncertainty'] as const;
    expect(new Set(kinds.map((kind) => prompt({ kind }).split('\n\n')[2])).size).toBe(4);
    expect(prompt({ kind: 'group_informed_consensus' })).toContain('Cite every comment of the table at least once.');
  });

  test('a conversation without a title is called untitled', () => {
    expect(prompt({}, '')).toContain('Conversation: (untitled)');
  });

  test('no title, topic or label can break out of its line', () => {
    fc.assert(
      fc.property(text, text, text, (title, conversationTopic, label) => {
        const hostile = sectionPrompt(section({ title }), {
          conversationTopic,
          groups: groups.map((group) => ({ ...group, label })),
          claims: false,
        });
        expect(hostile.split('\n')).toHaveLength(prompt().split('\n').length);
        expect(hostile.match(/<[^>]*>/g)).toEqual(prompt().match(/<[^>]*>/g));
      }),
    );
  });
});
