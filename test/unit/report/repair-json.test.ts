import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { repairJson } from '../../../lambdas/report/repair-json.ts';

const spoil = fc.constantFrom<(json: string) => string>(
  (json) => json.replace(/([}\]])$/, ',$1'),
  (json) => json.replace(/[}\]]+$/, ''),
  (json) => json.replaceAll(',', ' , '),
  (json) => json,
);

describe('repairing JSON', () => {
  test('any JSON object is read, also without its last brackets', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), spoil, (value, change) => {
        const text = JSON.stringify(value);
        // a bracket at the end of a text is no bracket
        const whole = change(text);
        expect(repairJson(whole)).toEqual(JSON.parse(whole === text.replaceAll(',', ' , ') ? whole : text));
      }),
    );
  });

  test.each([
    ['single quotes', `{'a': 'b', 'c': ['d']}`, { a: 'b', c: ['d'] }],
    ['an apostrophe in single quotes', `{'a': 'it's', 'b': 'don\\'t'}`, { a: "it's", b: "don't" }],
    ['double quotes in single ones', `{'a': 'a "b" c'}`, { a: 'a "b" c' }],
    ['quotes inside a text', '{"a": "a "good" word"}', { a: 'a "good" word' }],
    ['line breaks and other control characters', '{"a": "b\nc\u0001"}', { a: 'b\nc\u0001' }],
    ['escapes that JSON does not have', '{"a": "\\d \\u12 \\u0041"}', { a: '\\d \\u12 A' }],
    ['commas too many', '{"a": [1, 2,], "b": 3,}', { a: [1, 2], b: 3 }],
    ['brackets not closed', '{"a": [{"b": 1', { a: [{ b: 1 }] }],
  ])('%s are repaired', (_, text, value) => {
    expect(repairJson(text)).toEqual(value);
  });

  test.each([
    ['a text that is cut off', '{"a": "b'],
    ['brackets of another kind', '{"a": [1}'],
    ['a bracket too many', '{"a": 1}}'],
    ['words between', '{"a": one "b"}'],
    ['a comma that begins a list', '{"a": [,1]}'],
  ])('%s is not', (_, text) => {
    expect(repairJson(text)).toBeUndefined();
  });

  test('any text is read or refused, and never throws', () => {
    const sign = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      ',',
      ':',
      '\\',
      '\\u',
      '1',
      'a',
      ' ',
      '\n',
      '\u0000',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(sign), (signs) => {
        const value = repairJson(signs.join(''));
        expect(value === undefined || JSON.stringify(value) !== undefined).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(["'a", '"a', '"a\n', '"', '" ', "'\\", '{', '[', '},{', ',', '"a" '])(
    'the work grows with the length of %j repeated, not with its square',
    (piece) => {
      // a quadratic reader would need hours for a million characters
      repairJson(`{${piece.repeat(1_000_000 / piece.length)}}`);
    },
  );
});
