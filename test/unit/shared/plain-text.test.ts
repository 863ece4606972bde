import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainText, plainTitle } from '../../../lambdas/shared/plain-text.ts';

describe('text that markup would be made of', () => {
  test.each([
    ['<script>alert(1)</script>', '‹script>alert(1)‹/script>'],
    ['<img src=x onerror=y>', '‹img src=x onerror=y>'],
    ['<!-- hidden -->', '‹!-- hidden -->'],
    ['<?xml version="1.0"?>', '‹?xml version="1.0"?>'],
    ['<svg:a xlink:href="x">', '‹svg:a xlink:href="x">'],
    ['<élan>', '‹élan>'],
    ['<<b>', '<‹b>'],
    [']]><b>', ']]›‹b>'],
    [']]]>', ']]]›'],
    [']]>]]>', ']]›]]›'],
    ['&lt;script&gt;', '＆lt;script＆gt;'],
    ['&LTscript', '＆LTscript'],
    ['&#60;b', '＆#60;b'],
    ['&#x3c;b', '＆#x3c;b'],
    ['&amp;lt;b', '＆amp;lt;b'],
    ['&lsqb;&rsqb;&sol;', '＆lsqb;＆rsqb;＆sol;'],
    ['<&sol;b', '‹＆sol;b'],
    ['<\u0000b', '< b'],
  ])('%j is stored as %j', (text, stored) => {
    expect(plainText(text)).toBe(stored);
  });

  test.each([
    'a < b, and b > a',
    'I <3 trams',
    '5 <= 6 <- 7',
    '→ a -> b => c',
    'R&D and AT&T, Q & A',
    '[[a], [b]]',
    "“quotes” and 'apostrophes'",
    'first\nsecond\tthird',
  ])('%j stays as it is', (text) => {
    expect(plainText(text)).toBe(text);
  });

  // how a page puts the clauses of a sentence together is not ours to say
  test.each([
    ['a <', 'script>'],
    ['a < ', 'script>'],
    ['a ]]', '> b'],
    ['a ]', ']> b'],
    ['a &', 'lt;b'],
  ])('%j and %j do not become markup when they are joined', (first, second) => {
    const joined = plainText(first).trim() + plainText(second).trim();
    expect(joined).not.toMatch(/<\w|\]\]>|&lt/);
  });

  test('a title that is cut does not end in half a tag', () => {
    expect(plainTitle(`${'x'.repeat(499)}<b>`)).toBe(`${'x'.repeat(499)}‹`);
  });
});

describe('any text', () => {
  const piece = fc.constantFrom('<', '>', ']', '&', '#', 'lt', ';', '/', '!', 'b', ' ', '\n', '\u0000', '3', '\ud800');
  const text = fc.oneof(
    fc.array(piece).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary' }),
  );

  test('opens no tag, ends no CDATA section, and holds no character reference', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(plainText(value)).not.toMatch(/<[a-z/!?]|\]\]>|&(#|lt|gt|[a-z]+;)/i);
      }),
      { numRuns: 2_000 },
    );
  });

  test('that is clean is not changed by cleaning it, and keeps its length', () => {
    fc.assert(
      fc.property(text, (value) => {
        const once = plainText(value);
        expect(plainText(once)).toBe(once);
        expect(once.length).toBe(value.replaceAll('\r\n', '\n').length);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(['<', '&', ']', '< ', '& ', '&a', ']>', ' ', '<&'])('%j, 500,000 times, is cleaned', (unit) => {
    expect(plainText(unit.repeat(500_000))).toHaveLength(unit.length * 500_000);
  });
});
