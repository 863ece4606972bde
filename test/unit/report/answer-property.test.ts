import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readResult, readText } from '../../../lambdas/report/answer.ts';
import { citedTids, reportSchema } from '../../../lambdas/report/shape.ts';
import { REASONS } from '../../../lambdas/shared/outcome.ts';
import { mutated, report, strange, succeeded } from '../../support/answers.ts';

const SHOWN = [0, 1, 2, 3];
const shown = (tid: number) => SHOWN.includes(tid);

/** Reads a result, and holds what must be true of any outcome. */
function outcomeOf(result: unknown) {
  const outcome = readResult(result, { tids: new Set(SHOWN), evidence: undefined });
  if (outcome.kind !== 'stored') {
    expect(Object.keys(REASONS)).toContain(outcome.reason);
    return outcome;
  }
  expect(reportSchema.parse(outcome.report)).toEqual(outcome.report);
  expect(citedTids(outcome.report).filter((tid) => !shown(tid))).toEqual([]);
  expect(citedTids(outcome.report).length).toBeGreaterThan(0);
  expect(Object.keys(outcome.report)).toEqual(['id', 'title', 'paragraphs']);
  return outcome;
}

describe('any answer of the model', () => {
  test('any JSON value as a result has an outcome', () => {
    fc.assert(fc.property(fc.oneof(strange, fc.anything()), (value) => void outcomeOf(value)));
  });

  test('any value under any type of result has an outcome', () => {
    const type = fc.constantFrom('succeeded', 'errored', 'canceled', 'expired', 'other');
    fc.assert(
      fc.property(type, strange, strange, (name, message, error) => void outcomeOf({ type: name, message, error })),
    );
  });

  test('any change to a message has an outcome', () => {
    const key = fc.constantFrom('id', 'stop_reason', 'content', 'usage');
    fc.assert(
      fc.property(
        key,
        strange,
        (name, value) => void outcomeOf(succeeded(JSON.stringify(report([0])), { [name]: value })),
      ),
    );
  });

  test('any text has an outcome', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .array(fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', '1', 'a', '\n', '`'))
        .map((characters) => characters.join('')),
    );
    fc.assert(
      fc.property(text, (value) => void outcomeOf(succeeded(value))),
      { numRuns: 500 },
    );
  });

  test('an answer with changed values is stored only when it is still good', () => {
    const kinds = new Set<string>();
    const run = (value: unknown) => kinds.add(outcomeOf(succeeded(JSON.stringify(value))).kind);
    fc.assert(
      fc.property(mutated, (value) => void run(value)),
      { numRuns: 1_000 },
    );
    expect(kinds).toEqual(new Set(['stored', 'ask_again']));
  });

  test('a damaged answer is stored only when what is left is good', () => {
    const text = JSON.stringify(report([0, 1], [2, 3], [1]));
    const place = fc.nat(text.length);
    fc.assert(
      fc.property(
        place,
        place,
        fc.string({ maxLength: 3 }),
        (from, to, put) => void outcomeOf(succeeded(text.slice(0, from) + put + text.slice(to))),
      ),
      { numRuns: 1_000 },
    );
  });

  test('every good answer is stored as it is', () => {
    const citations = fc.array(fc.array(fc.constantFrom(...SHOWN), { minLength: 1, maxLength: 10 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(citations, (lists) => {
        expect(outcomeOf(succeeded(JSON.stringify(report(...lists))))).toMatchObject({
          kind: 'stored',
          report: report(...lists),
        });
      }),
    );
  });
});

describe('answers made to break the reader', () => {
  const again = { kind: 'ask_again' };

  test.each([
    ['brackets nested 200,000 deep', `{"a":${'['.repeat(200_000)}`],
    ['closed brackets nested 100,000 deep', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['braces nested 100,000 deep', '{"a":'.repeat(100_000)],
    ['depth hidden behind closing brackets', `{${']'.repeat(50_000)}${'['.repeat(50_000)}}`],
    ['brackets before the object', `${'['.repeat(200_000)}{}`],
    ['a million characters that are not JSON', `{${'x'.repeat(1_000_000)}`],
    ['quotes and backslashes', `{"a":"${'\\"'.repeat(100_000)}`],
    ['100,000 commas', `{"a":[${','.repeat(100_000)}]}`],
    ['70,000 open objects with the key of a report', '{"paragraphs":'.repeat(70_000)],
    ['the key of a report without an object', '"paragraphs":'.repeat(70_000)],
    ['objects before a key that is in none of them', `${'{} '.repeat(300_000)}"paragraphs":`],
    ['thinking that ends again and again', '</think>'.repeat(120_000)],
    ['60,000 values in one object', `{${Array.from({ length: 60_000 }, (_, at) => `"k${at}":"{}"`).join()}}`],
    ['text in text in text', JSON.stringify(JSON.stringify(JSON.stringify('{"a":1}'.repeat(20_000))))],
  ])('%s is asked again', (_, text) => {
    expect(outcomeOf(succeeded(text))).toMatchObject(again);
  });

  test('a good report that carries something nested far too deep is stored without it', () => {
    const text = JSON.stringify({ ...report([0]), extra: 'here' });
    const deep = text.replace('"here"', '['.repeat(50_000) + ']'.repeat(50_000));
    expect(readText(deep, shown)).toEqual(readText(JSON.stringify(report([0])), shown));
  });

  test('what is nested far too deep does not keep an answer from being repaired', () => {
    const text = JSON.stringify({ ...report([0]), extra: 'here' }).replace(/}$/, ',}');
    const nested = (depth: number) => text.replace('"here"', '['.repeat(depth) + ']'.repeat(depth));
    for (const depth of [40, 200_000]) expect(readText(nested(depth), shown)).toMatchObject({ kind: 'stored' });
  });

  test('so many faults that telling them all would take all memory are one fault', () => {
    const many = (what: string) => `${what},`.repeat(240_000);
    const clause = (citations: string) =>
      `{"paragraphs":[{"sentences":[{"clauses":[{"text":"a","citations":[${citations}1]}]}]}]}`;
    for (const text of [`{"paragraphs":[${many('{}')}{}]}`, clause(many('"a"'))])
      expect(readText(text, shown)).toEqual({ kind: 'ask_again', reason: 'wrong_shape' });
    expect(outcomeOf(succeeded('', { content: Array.from({ length: 300_000 }, () => ({})) }))).toMatchObject({
      reason: 'wrong_shape',
      tokens: { input: 10 },
    });
  });

  test('a huge title is cut; a text far larger than any report is too large', () => {
    const text = (length: number) => JSON.stringify({ ...report([0]), title: 'x'.repeat(length) });
    expect(outcomeOf(succeeded(text(900_000)))).toMatchObject({ kind: 'stored', report: { title: 'x'.repeat(500) } });
    expect(outcomeOf(succeeded(text(2_000_000)))).toMatchObject({ kind: 'ask_again', reason: 'too_large' });
  });

  test('a report hidden under __proto__ is refused, and no prototype is changed', () => {
    const inner = JSON.stringify(report([0]));
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      expect(readText(`{"${key}":${inner}}`, shown)).toMatchObject(again);
      expect(readText(`{'${key}':${inner},}`, shown)).toMatchObject(again);
    }
    expect(({} as Record<string, unknown>).paragraphs).toBeUndefined();
  });

  test.each(['1e400', '-1e400', '9007199254740992', '1e20', '99999999999999999999999999', '1e-5'])(
    'a citation of %s is no citation',
    (number) => {
      expect(readText(JSON.stringify(report([0])).replace('[0]', `[0,${number}]`), () => true)).toEqual({
        kind: 'ask_again',
        reason: 'wrong_shape',
      });
    },
  );
});

describe('a good answer in an odd message', () => {
  test.each([null, { input_tokens: -1 }, { input_tokens: 1.5 }, 'many'])(
    'is stored though its usage is %j: it is paid for',
    (usage) => {
      expect(outcomeOf(succeeded(JSON.stringify(report([0])), { usage }))).toMatchObject({ kind: 'stored' });
    },
  );
});
