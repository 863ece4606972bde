import { describe, expect, test } from 'vitest';
import { CLAIM_KINDS, readClaim } from '../../../../lambdas/report/claims/claim.ts';
import { prove } from '../../../../lambdas/report/claims/prove.ts';
import { de } from '../../../../lambdas/report/page/words/de.ts';
import { en } from '../../../../lambdas/report/page/words/en.ts';
import { writer } from '../../../../lambdas/report/page/words/words.ts';

/** Tallies of all participants, then of each group. @param counts agrees, disagrees and passes of each group */
const tallies = (...counts: [number, number, number][]) => {
  const of = ([agrees, disagrees, passes]: readonly number[]) => {
    const [a = 0, d = 0, p = 0] = [agrees, disagrees, passes];
    return { votes: a + d + p, agrees: a, disagrees: d, passes: p };
  };
  return [of([0, 1, 2].map((at) => counts.reduce((sum, count) => sum + (count[at] ?? 0), 0))), ...counts.map(of)];
};

/** Every text of a language by its path. */
const texts = (words: object, path = ''): [string, string][] =>
  Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : texts(value, `${path}${key}.`),
  );
const places = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

test('the languages fill in the same values at the same places', () => {
  const other = new Map(texts(de));
  const different = texts(en).filter(([path, text]) => {
    const there = places(other.get(path) ?? '');
    // a text that says which of two sides it is about may leave a number out
    return JSON.stringify(there) !== JSON.stringify(places(text));
  });
  expect(different).toEqual([]);
  expect(texts(de).filter(([path, text]) => text === '' || new Map(texts(en)).get(path) === text)).toEqual([]);
});

describe.each([
  ['English', en],
  ['German', de],
])('in %s', (_, words) => {
  const write = writer(words);
  const groups = [
    { letter: 'A', label: 'Group A', size: 3 },
    { letter: 'B', label: 'Fishers', size: 3 },
  ];

  test('every kind of claim has its words, with nothing left to fill in', () => {
    const scopes = [{}, { groups: ['A', 'B'] }];
    for (const kind of CLAIM_KINDS)
      for (const stance of ['agree', 'disagree'])
        for (const scope of scopes) {
          const claim = readClaim({ kind, stance, than: ['B'], ...scope });
          if (!claim) continue;
          expect(write.claim(claim, groups), JSON.stringify(claim)).toMatch(/^[^{}]{12,}$/);
          if ('groups' in claim && claim.groups) expect(write.claim(claim, groups)).toContain('Fishers');
        }
  });

  test('every figure has its words, with nothing left to fill in', () => {
    const votes = new Map([
      [1, tallies([11, 1, 0], [9, 0, 0])],
      [2, tallies([1, 11, 8], [30, 30, 3])],
      [3, tallies([0, 0, 12], [12, 0, 0])],
    ]);
    const evidence = { groups, votes };
    const said = CLAIM_KINDS.flatMap((kind) =>
      ['agree', 'disagree'].flatMap((stance) => {
        const claim = readClaim({ kind, stance, groups: ['A'], than: ['B'] });
        return claim ? prove(claim, [1, 2, 3], evidence).figures.map((figure) => write.figure(figure, groups)) : [];
      }),
    );
    expect(said.length).toBeGreaterThan(30);
    for (const text of said) expect(text).toMatch(/^[^{}]{12,}$/);
    expect(said.filter((text) => /NaN|undefined/.test(text))).toEqual([]);
  });

  test('one of something is not many of it', () => {
    expect(write.say(words.people, { n: 1 })).not.toBe(write.say(words.people, { n: 2 }).replace('2', '1'));
  });
});

test('a figure is in the language of the page, its numbers too', () => {
  const groups = [{ letter: 'A', label: 'Group A', size: 12 }];
  const evidence = { groups, votes: new Map([[7, tallies([11, 1, 0])]]) };
  const [figure] = prove(readClaim({ kind: 'majority', stance: 'agree', groups: ['A'] }), [7], evidence).figures;
  expect(figure && writer(en).figure(figure, groups)).toBe(
    'Comment 7, Group A: 11 of 12 agree (91.7%); the lower bound of the interval, 69.9%, is above 50%',
  );
  expect(figure && writer(de).figure(figure, groups).replaceAll('\u00a0', ' ')).toBe(
    'Kommentar 7, Gruppe A: 11 von 12 stimmen zu (91,7 %); die untere Grenze des Intervalls, 69,9 %, liegt über 50 %',
  );
});

test('a group without a name of its own is named in the language of the page', () => {
  expect(writer(de).groupName({ letter: 'A', label: 'Group A' })).toBe('Gruppe A');
  expect(writer(de).groupName({ letter: 'A', label: 'Fischer' })).toBe('Fischer');
});
