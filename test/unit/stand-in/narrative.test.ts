import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPrompt } from '../../../stand-in/comments-table.ts';
import { writeNarrative } from '../../../stand-in/narrative.ts';
import { citationsOf, message, proseOf, ROWS } from '../../support/stand-in/prompts.ts';

describe('the narrative', () => {
  const counts = (most: number) => fc.tuple(fc.nat(most), fc.nat(most), fc.nat(most));
  const tallies = fc
    .oneof(counts(30), counts(2))
    .map(([a, d, p]) => ({ votes: a + d + p, agrees: a, disagrees: d, passes: p }));
  const comments = fc.array(fc.tuple(fc.array(tallies, { minLength: 2, maxLength: 2 }), fc.string({ maxLength: 80 })), {
    maxLength: 60,
  });
  const rowsOf = (list: [{ votes: number; agrees: number; disagrees: number; passes: number }[], string][]) =>
    list.map(([groups, text], i) => {
      const cell = (votes: number, agrees: number, disagrees: number, passes: number) =>
        `${votes} ${agrees} ${disagrees} ${passes}`;
      const sum = (field: 'votes' | 'agrees' | 'disagrees' | 'passes') =>
        groups.reduce((total, group) => total + group[field], 0);
      const all = cell(sum('votes'), sum('agrees'), sum('disagrees'), sum('passes'));
      return `${i * 3}|${all}|${groups.map((g) => cell(g.votes, g.agrees, g.disagrees, g.passes)).join('|')}|${text}`;
    });

  test('every clause has 1 to 10 citations, in rising order, of comments that were shown', () => {
    fc.assert(
      fc.property(comments, (list) => {
        const prompt = readPrompt(message('Parks', rowsOf(list)));
        const shown = new Set(prompt.comments.map(({ id }) => id));
        for (const paragraph of writeNarrative(prompt).paragraphs) {
          expect(paragraph.sentences.length).toBeGreaterThan(0);
          for (const { text, citations } of paragraph.sentences.flatMap(({ clauses }) => clauses)) {
            expect(text.trim()).not.toBe('');
            expect(citations.length).toBeGreaterThanOrEqual(1);
            expect(citations.length).toBeLessThanOrEqual(10);
            expect(citations.filter((id) => !shown.has(id))).toEqual([]);
            expect(citations).toEqual(citations.toSorted((a, b) => a - b));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a consensus section cites every comment', () => {
    fc.assert(
      fc.property(comments, (list) => {
        const prompt = readPrompt(message('Group-informed consensus', rowsOf(list)));
        expect(new Set(citationsOf(writeNarrative(prompt)))).toEqual(new Set(prompt.comments.map(({ id }) => id)));
      }),
      { numRuns: 60 },
    );
  });

  test('no percentages and no figures get into the text, though comments hold some', () => {
    fc.assert(
      fc.property(comments, (list) => {
        expect(proseOf(writeNarrative(readPrompt(message('Parks', rowsOf(list)))))).not.toMatch(/[\d%]/);
      }),
      { numRuns: 60 },
    );
  });

  test('it tells which group agrees and which disagrees, from 30 points on', () => {
    const narrative = writeNarrative(readPrompt(message('Harbour')));
    expect(narrative.title).toBe('Harbour');
    expect(narrative.paragraphs.map(({ id }) => id)).toEqual(['overview', 'differences', 'agreement']);
    const [difference, ...others] = narrative.paragraphs[1]?.sentences ?? [];
    expect(others).toEqual([]);
    expect(difference?.clauses.map(({ citations }) => citations)).toEqual([[7], [7]]);
    expect(difference?.clauses[0]?.text).toContain('Group A mostly agrees');
    expect(difference?.clauses[1]?.text).toContain('Group B mostly disagrees');
  });

  test('what it says of groups is true to their tallies, whatever these are', () => {
    const share = ({ votes }: { votes: number }, part: number) => (votes === 0 ? 0 : part / votes);
    fc.assert(
      fc.property(comments, (list) => {
        const prompt = readPrompt(message('Parks', rowsOf(list)));
        const shownGroups = (id: number | undefined) =>
          prompt.comments.find((comment) => comment.id === id)?.groups ?? [];
        const groupsOf = (id: number | undefined) => shownGroups(id).filter(({ votes }) => votes >= 5);
        const narrative = writeNarrative(prompt);
        const sentences = (name: string) => narrative.paragraphs.find(({ id }) => id === name)?.sentences ?? [];
        for (const { clauses } of sentences('differences').filter((sentence) => sentence.clauses.length === 2)) {
          const [low, high] = groupsOf(clauses[0]?.citations[0]).toSorted(
            (a, b) => share(a, a.agrees) - share(b, b.agrees),
          );
          if (low === undefined || high === undefined) throw new Error('a difference needs two groups');
          expect(share(high, high.agrees) - share(low, low.agrees)).toBeGreaterThanOrEqual(0.3 - 1e-9);
          expect(clauses[0]?.text).toContain(high.group);
          expect(clauses[1]?.text).toContain(low.group);
          if (high.agrees * 2 > high.votes) expect(clauses[0]?.text).toMatch(/mostly agrees/);
          if (low.disagrees * 2 > low.votes && high.disagrees * 2 <= high.votes)
            expect(clauses[1]?.text).toMatch(/mostly disagrees/);
        }
        for (const { clauses } of sentences('differences').filter((sentence) => sentence.clauses.length === 1)) {
          const shares = groupsOf(clauses[0]?.citations[0]).map((group) => share(group, group.agrees));
          expect(shares.length).toBeGreaterThan(1);
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(0.3);
        }
        for (const { text, citations } of sentences('agreement').flatMap(({ clauses }) => clauses)) {
          for (const { votes } of citations.flatMap(shownGroups)) expect(votes).toBeGreaterThanOrEqual(5);
          if (/nearest|closest/.test(text)) {
            expect(citations).toHaveLength(1);
            const shares = citations.flatMap(groupsOf).map((group) => share(group, group.agrees));
            expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.4);
            expect(Math.min(...shares)).toBeLessThan(0.6);
            continue;
          }
          const against = /turn down|rejected|disagreeing/.test(text);
          for (const group of citations.flatMap(groupsOf)) {
            expect(share(group, against ? group.disagrees : group.agrees)).toBeGreaterThanOrEqual(0.6);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test('comments with fewer than 5 votes are cited for what the section is about, and for nothing else', () => {
    let fewSeen = 0;
    fc.assert(
      fc.property(comments, fc.constantFrom('Parks', 'Group-informed consensus'), (list, section) => {
        const { comments: shown } = readPrompt(message(section, rowsOf(list)));
        const few = new Set(shown.filter(({ all }) => all.votes < 5).map(({ id }) => id));
        fewSeen += few.size;
        const [first, ...others] = writeNarrative({ section, comments: shown }).paragraphs.flatMap((p) => p.sentences);
        const claims = others.flatMap(({ clauses }) => clauses).filter(({ text }) => !/too few votes/.test(text));
        expect(claims.flatMap(({ citations }) => citations).filter((id) => few.has(id))).toEqual([]);
        expect(first === undefined).toBe(shown.length === 0);
      }),
      { numRuns: 100 },
    );
    expect(fewSeen).toBeGreaterThan(0);
  });

  test('a single vote is no majority, and one vote in a group is no difference and no common ground', () => {
    const one = writeNarrative(readPrompt(message('X', ['1|1 1 0 0|1 1 0 0|0 0 0 0|Plant trees'])));
    expect(one.paragraphs.map(({ id, sentences }) => [id, sentences.length])).toEqual([['overview', 1]]);
    const lopsided = writeNarrative(readPrompt(message('X', ['1|21 20 1 0|20 20 0 0|1 0 1 0|Plant trees'])));
    expect(lopsided.paragraphs.map(({ id }) => id)).toEqual(['overview']);
    const agreed = writeNarrative(readPrompt(message('X', ['1|21 21 0 0|20 20 0 0|1 1 0 0|Plant trees'])));
    expect(agreed.paragraphs.map(({ id }) => id)).toEqual(['overview']);
  });

  test('a consensus section says of comments with few votes only that they have few', () => {
    const rows = ['1|20 18 2 0|10 9 1 0|10 9 1 0|Plant trees', '2|2 2 0 0|1 1 0 0|1 1 0 0|Plant roses'];
    const tall = writeNarrative(readPrompt(message('Consensus', [...rows, '3|3 3 0 0|2 2 0 0|1 1 0 0|Sell boats'])));
    const cited = tall.paragraphs.flatMap(({ sentences }) => sentences).flatMap(({ clauses }) => clauses);
    const of3 = cited.filter(({ citations }) => citations.includes(3));
    expect(of3.map(({ text }) => text)).toEqual([
      'One more statement has too few votes so far to tell what people think of it.',
    ]);
  });

  test('without wide differences it names the widest one and says that it is not far', () => {
    const rows = ['1|40 20 20 0|20 12 8 0|20 8 12 0|Plant trees', '2|40 20 20 0|20 10 10 0|20 10 10 0|Sell boats'];
    const text = proseOf(writeNarrative(readPrompt(message('X', rows))), 'differences');
    expect(text).toMatch(/“Plant trees”.*though not far|most on .*“Plant trees”, and not by much/);
    const same = ['1|40 20 20 0|20 10 10 0|20 10 10 0|Plant trees'];
    expect(proseOf(writeNarrative(readPrompt(message('X', same))), 'differences')).toBe('');
  });

  test('themes are borne out: each comment cited for them holds one of the words', () => {
    const rows = [
      '1|9 9 0 0|9 9 0 0|0 0 0 0|Plant trees',
      '2|9 9 0 0|9 9 0 0|0 0 0 0|Trees fall',
      '3|9 0 9 0|9 0 9 0|0 0 0 0|Sell boats',
    ];
    const [first] = writeNarrative(readPrompt(message('X', rows))).paragraphs[0]?.sentences ?? [];
    expect(first?.clauses[0]?.text).toMatch(/trees/i);
    expect(first?.clauses[0]?.citations).toEqual([1, 2]);
  });

  test('turning the votes of the groups round turns the sentence round', () => {
    const row = '7|40 22 14 4|20 4 13 3|20 18 1 1|Close the harbour road to cars';
    const text = proseOf(writeNarrative(readPrompt(message('Harbour', [row]))), 'differences');
    expect(text).toContain('Group B mostly agrees');
    expect(text).toContain('Group A mostly disagrees');
  });

  test('common ground needs 60 % in every group', () => {
    const agreement = (row: string) => citationsOf(writeNarrative(readPrompt(message('X', [row, ROWS[3] ?? '']))));
    const text = (row: string) => proseOf(writeNarrative(readPrompt(message('X', [row, ROWS[3] ?? '']))), 'agreement');
    expect(text('1|20 12 8 0|10 6 4 0|10 6 4 0|Plant trees')).toContain('Plant trees');
    expect(text('1|200 119 81 0|100 60 40 0|100 59 41 0|Plant trees')).toMatch(
      /“Plant trees” comes nearest.*not every group|closest to agreeing.*“Plant trees”, but not every/,
    );
    expect(agreement('1|20 12 8 0|10 6 4 0|10 6 4 0|Plant trees')).toContain(1);
  });

  test('the overview speaks of statements and not of groups', () => {
    expect(proseOf(writeNarrative(readPrompt(message('Harbour'))), 'overview')).not.toMatch(/Group/);
  });

  test('sections are not worded alike', () => {
    const first = (text: string) =>
      writeNarrative(readPrompt(message(text, ['1|40 20 18 2|20 18 1 1|20 2 17 1|Plant trees']))).paragraphs[1]
        ?.sentences[0]?.clauses[0]?.text;
    expect(
      new Set(['Parks', 'Roads', 'Schools', 'Taxes', 'Sport', 'Water', 'Noise', 'Trees'].map(first)).size,
    ).toBeGreaterThan(3);
  });
});
