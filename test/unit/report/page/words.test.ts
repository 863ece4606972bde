import { describe, expect, test } from 'vitest';
import { CLAIM_KINDS, readClaim } from '../../../../lambdas/report/claims/claim.ts';
import { de } from '../../../../lambdas/report/page/words/de.ts';
import { en } from '../../../../lambdas/report/page/words/en.ts';
import { writer } from '../../../../lambdas/report/page/words/words.ts';

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

  test('one of something is not many of it', () => {
    expect(write.say(words.people, { n: 1 })).not.toBe(write.say(words.people, { n: 2 }).replace('2', '1'));
  });
});

test('a group without a name of its own is named in the language of the page', () => {
  expect(writer(de).groupName({ letter: 'A', label: 'Group A' })).toBe('Gruppe A');
  expect(writer(de).groupName({ letter: 'A', label: 'Fischer' })).toBe('Fischer');
});
