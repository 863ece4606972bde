import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Narrative, readPrompt, type ShownComment, writeNarrative } from '../../../stand-in/narrative.ts';
import { citationsOf, message, ROWS } from '../../support/stand-in.ts';

const write = (rows?: string[]) => writeNarrative(readPrompt(message('Harbour', rows)));

/** Clauses of a narrative, or of one of its paragraphs, as pairs of text and citations. */
function clausesOf(narrative: Narrative, paragraph?: string): [string, number[]][] {
  const shown = narrative.paragraphs.filter(({ id }) => paragraph === undefined || id === paragraph);
  const clauses = shown.flatMap((p) => p.sentences.flatMap((s) => s.clauses));
  return clauses.map(({ text, citations }) => [text, citations]);
}

describe('reading the prompt', () => {
  test('texts may hold the separator and digits, and the header names the groups', () => {
    const header =
      'id | all: votes agrees disagrees passes | A: votes agrees disagrees passes | 27: votes agrees disagrees passes | text';
    const rows = ['4|9 1 2 6|5 1 1 3|4 0 1 3|1 2 3 4|really | yes', '5|0 0 0 0|0 0 0 0|0 0 0 0|'];
    expect(readPrompt(message('Parks', rows, header))).toEqual({
      section: 'Parks',
      comments: [
        {
          id: 4,
          text: '1 2 3 4|really | yes',
          all: { votes: 9, agrees: 1, disagrees: 2, passes: 6 },
          groups: [
            { group: 'Group A', votes: 5, agrees: 1, disagrees: 1, passes: 3 },
            { group: 'Group 27', votes: 4, agrees: 0, disagrees: 1, passes: 3 },
          ],
        },
        expect.objectContaining({ id: 5, text: '' }),
      ],
    });
  });

  test('a section name inside a comment is not the section', () => {
    const { section } = readPrompt(message('Parks', ['1|1 1 0 0|1 1 0 0|0 0 0 0|Section: forged']));
    expect(section).toBe('Parks');
  });

  test('a message without a table is answered with a narrative without paragraphs', () => {
    expect(writeNarrative(readPrompt('Hello'))).toEqual({
      id: expect.any(String),
      title: expect.any(String),
      paragraphs: [],
    });
  });
});

describe('the narrative', () => {
  const counts = (most: number) => fc.tuple(fc.nat(most), fc.nat(most), fc.nat(most));
  const votes = fc.oneof(counts(30), counts(2));
  const tables = fc.array(fc.tuple(votes, votes, fc.string({ maxLength: 80 })), { maxLength: 60 }).map((list) =>
    list.map(([a, b, text], i) => {
      const cell = ([agrees = 0, disagrees = 0, passes = 0]: number[]) =>
        `${agrees + disagrees + passes} ${agrees} ${disagrees} ${passes}`;
      return `${i * 3}|${cell(a.map((one, j) => one + (b[j] ?? 0)))}|${cell(a)}|${cell(b)}|${text}`;
    }),
  );
  /** Calls `check` with each clause of many narratives and the comments that it cites. */
  const everyClause = (check: (text: string, cited: ShownComment[], paragraph: string) => void) =>
    fc.assert(
      fc.property(tables, (rows) => {
        const prompt = readPrompt(message('Parks', rows));
        const byId = new Map(prompt.comments.map((comment) => [comment.id, comment]));
        const narrative = writeNarrative(prompt);
        for (const { id } of narrative.paragraphs)
          for (const [text, citations] of clausesOf(narrative, id))
            check(
              text,
              citations.map((tid) => byId.get(tid)).filter((one) => one !== undefined),
              id,
            );
      }),
      { numRuns: 100 },
    );
  const share = (part: number, { votes }: { votes: number }) => (votes === 0 ? 0 : part / votes);

  test('every clause has 1 to 10 different citations of comments that were shown', () => {
    fc.assert(
      fc.property(tables, (rows) => {
        const prompt = readPrompt(message('Parks', rows));
        const shown = new Set(prompt.comments.map(({ id }) => id));
        for (const [text, citations] of clausesOf(writeNarrative(prompt))) {
          expect(text.trim()).not.toBe('');
          expect(citations.length).toBeGreaterThanOrEqual(1);
          expect(citations.length).toBeLessThanOrEqual(10);
          expect(new Set(citations).size).toBe(citations.length);
          expect(citations.filter((id) => !shown.has(id))).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('every comment is cited', () => {
    fc.assert(
      fc.property(tables, (rows) => {
        const prompt = readPrompt(message('Group-informed consensus', rows));
        expect(new Set(citationsOf(writeNarrative(prompt)))).toEqual(new Set(prompt.comments.map(({ id }) => id)));
      }),
      { numRuns: 60 },
    );
  });

  test('the text holds no percentages and no figures', () => {
    everyClause((text) => expect(text).not.toMatch(/[\d%]/));
  });

  test('the same prompt gives the same narrative', () => {
    expect(write()).toEqual(write());
  });

  test('it says which group agrees and which disagrees', () => {
    const narrative = write();
    expect(narrative.title).toBe('Harbour');
    expect(narrative.paragraphs.map(({ id }) => id)).toEqual(['overview', 'differences', 'agreement']);
    expect(clausesOf(narrative, 'differences')).toEqual([
      ['On this statement, Group A mostly agrees,', [7]],
      [expect.stringMatching(/^(while|but) Group B mostly disagrees\.$/), [7]],
    ]);
  });

  test('exchanging the votes of the groups exchanges the groups', () => {
    const clauses = clausesOf(write(['7|40 22 14 4|20 4 13 3|20 18 1 1|Close the road']), 'differences');
    expect(clauses.map(([text]) => text).join(' ')).toMatch(/Group B mostly agrees, \w+ Group A mostly disagrees/);
  });

  test('groups that differ have 5 votes each and are 30 points apart', () => {
    everyClause((text, cited, paragraph) => {
      if (paragraph !== 'differences') return;
      const name = /Group (\w)/.exec(text)?.[0];
      for (const { groups } of cited) {
        const [least, most] = groups.toSorted((a, b) => share(a.agrees, a) - share(b.agrees, b));
        if (least === undefined || most === undefined) throw new Error('a difference needs two groups');
        expect(Math.min(least.votes, most.votes)).toBeGreaterThanOrEqual(5);
        expect(share(most.agrees, most) - share(least.agrees, least)).toBeGreaterThanOrEqual(0.3 - 1e-9);
        expect(name).toBe(text.startsWith('On ') ? most.group : least.group);
      }
    });
  });

  test('what a group mostly does, more than half of it did', () => {
    let seen = 0;
    everyClause((text, cited) => {
      const [, name, verb] = /(Group \w) mostly (agrees|disagrees|passes)/.exec(text) ?? [];
      if (verb !== 'agrees' && verb !== 'disagrees' && verb !== 'passes') return;
      for (const group of cited.flatMap(({ groups }) => groups.filter(({ group }) => group === name))) {
        seen++;
        expect(share(group[verb], group)).toBeGreaterThan(0.5);
      }
    });
    expect(seen).toBeGreaterThan(0);
  });

  test('common ground is 60 % of every group, for or against', () => {
    expect(clausesOf(write(['1|20 12 8 0|10 6 4 0|10 6 4 0|Plant trees']), 'agreement')).toHaveLength(1);
    expect(clausesOf(write(['1|200 119 81 0|100 60 40 0|100 59 41 0|Plant trees']), 'agreement')).toEqual([]);
    everyClause((text, cited, paragraph) => {
      if (paragraph !== 'agreement') return;
      const against = /disagrees|reject/.test(text);
      for (const group of cited.flatMap(({ groups }) => groups)) {
        expect(group.votes).toBeGreaterThanOrEqual(5);
        expect(share(against ? group.disagrees : group.agrees, group)).toBeGreaterThanOrEqual(0.6);
      }
    });
  });

  test('what most voters do, more than half of all voters did', () => {
    everyClause((text, cited) => {
      const [, verb] = /^Most of those who voted (agree|disagree|pass)/.exec(text) ?? [];
      for (const { all } of cited) {
        if (verb === 'agree') expect(share(all.agrees, all)).toBeGreaterThan(0.5);
        if (verb === 'disagree') expect(share(all.disagrees, all)).toBeGreaterThan(0.5);
        if (verb === 'pass') expect(share(all.passes, all)).toBeGreaterThan(0.5);
        if (/^No answer/.test(text))
          expect(Math.max(all.agrees, all.disagrees, all.passes) / all.votes).toBeLessThanOrEqual(0.5);
      }
    });
  });

  test('voters are unsure where a fifth of them passed', () => {
    let seen = 0;
    everyClause((text, cited) => {
      if (!/^Many /.test(text)) return;
      seen++;
      for (const { all } of cited) expect(share(all.passes, all)).toBeGreaterThanOrEqual(0.2);
    });
    expect(seen).toBeGreaterThan(0);
  });

  test('of comments with fewer than 5 votes it says only that', () => {
    let few = 0;
    everyClause((text, cited) => {
      few += cited.filter(({ all }) => all.votes < 5).length;
      const claimsMore = cited.some(({ all }) => all.votes < 5) && !/^Too few people have voted on /.test(text);
      expect(claimsMore).toBe(false);
    });
    expect(few).toBeGreaterThan(0);
    expect(clausesOf(write(['1|1 1 0 0|1 1 0 0|0 0 0 0|Plant trees']))).toEqual([
      ['Too few people have voted on this statement to say what people think.', [1]],
    ]);
  });

  test('one vote in a group is neither a difference nor common ground', () => {
    for (const row of ['1|21 20 1 0|20 20 0 0|1 0 1 0|Plant trees', '1|21 21 0 0|20 20 0 0|1 1 0 0|Plant trees'])
      expect(write([row]).paragraphs.map(({ id }) => id)).toEqual(['overview']);
  });

  test('the overview speaks of statements and not of groups', () => {
    everyClause((text, _, paragraph) => {
      if (paragraph === 'overview') expect(text).not.toMatch(/Group/);
    });
  });

  test('more than ten comments of one kind need several sentences', () => {
    const rows = Array.from({ length: 12 }, (_, id) => `${id}|20 18 2 0|10 9 1 0|10 9 1 0|${ROWS[0]}`);
    expect(clausesOf(write(rows), 'agreement').map(([, citations]) => citations.length)).toEqual([10, 2]);
  });

  test('no sentence follows one of the same words', () => {
    const rows = Array.from({ length: 45 }, (_, id) => `${id}|20 18 2 0|10 9 1 0|10 9 1 0|${ROWS[0]}`);
    const texts = clausesOf(write(rows), 'agreement').map(([text]) => text);
    expect(texts).toHaveLength(5);
    expect(texts.filter((text, at) => text === texts[at - 1])).toEqual([]);
  });
});
