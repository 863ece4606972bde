import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoted } from '../../../stand-in/quoting.ts';

describe('the quote of a comment', () => {
  const quote = (text: string) =>
    quoted({ id: 1, text, all: { votes: 0, agrees: 0, disagrees: 0, passes: 0 }, groups: [] });

  test.each([
    ['sauna', '“sauna”'],
    ['Doctors! We need them. All of them, and soon.', '“Doctors! We need them. All of them, and soon”'],
    ['Talk to Dr. Ames of the U.S.', '“Talk to Dr. Ames of the U.S.”'],
    ['Why not "free" trams?', '“Why not ‘free’ trams?”'],
  ])('is the whole comment when that is short: %s', (text, expected) => {
    expect(quote(text)).toBe(expected);
  });

  test.each([
    [
      'A "trust". So eleven people who know each other decide for all of us what is built where.',
      '“A ‘trust’. So eleven people who know each other decide for all of us …”',
      'it goes on after a quoted word',
    ],
    [
      'Doctors! The nearest practice that takes new patients is forty minutes away and the bus goes once a day.',
      '“Doctors! The nearest practice that takes new patients is forty minutes away …”',
      'it goes on after a first sentence of a word',
    ],
    [
      'Keep the ferry running through the whole winter. Without it nobody gets to the hospital in time.',
      '“Keep the ferry running through the whole winter …”',
      'it stops at the end of a sentence',
    ],
    [
      'They told us "the wall will hold for ever" and then it broke in the first storm of the winter.',
      '“They told us ‘the wall will hold for ever’ and then it broke …”',
      'it holds the comment’s own quotation whole',
    ],
    [
      'The harbour and the streets behind it all belong to Mr. "who never was seen by anybody here" they say.',
      '“The harbour and the streets behind it all belong …”',
      'it stops before an abbreviation and a quotation',
    ],
  ])('is 8 to 14 words and … when that is long: %s', (text, expected) => {
    expect(quote(text)).toBe(expected);
  });

  test.each([
    ['I say "no no no no no no no no no no no no no no no" to it', 'a quotation that is long'],
    ["I say 'no no no no no no no no no no no no no no no' to it", 'the same in single marks'],
    ['I say "no no no no no no no no no no no no no no no to it', 'a quotation that is never closed'],
    ['Pay 15 an hour', 'figures'],
    ['?!', 'no words'],
  ])('is left out rather than misleading: %s', (text) => {
    expect(quote(text)).toBeUndefined();
  });

  test('is never cut inside the comment’s quotation marks, after an abbreviation, or below 8 words', () => {
    const word = fc.constantFrom(
      'sea',
      'boats,',
      'wall.',
      'Dr.',
      'e.g.',
      '"sea',
      'wall"',
      '"trust"',
      '“sea',
      'wall”',
      'it’s',
    );
    const texts = fc.array(word, { minLength: 1, maxLength: 30, size: 'max' }).map((words) => words.join(' '));
    let cut = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const shown = quote(text)?.slice(1, -1);
        if (!shown?.endsWith(' …')) return;
        cut += 1;
        const words = shown.slice(0, -2).split(' ');
        expect(words.length).toBeGreaterThanOrEqual(8);
        expect(words.length).toBeLessThanOrEqual(14);
        const before = text.split(' ').slice(0, words.length);
        const straight = before.join(' ').split('"').length - 1;
        if (!/[“”]/.test(text)) expect(straight % 2).toBe(0);
        expect(before.at(-1)).not.toMatch(/^Dr\.|^e\.g\.|["”]$/);
      }),
      { numRuns: 400 },
    );
    expect(cut).toBeGreaterThan(20);
  });
});
