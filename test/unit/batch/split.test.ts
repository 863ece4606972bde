import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestOf, splitIntoParts } from '../../../lambdas/batch/split.ts';
import { unpack } from '../../../lambdas/shared/packed.ts';
import { askedRow, plan } from '../../support/make.ts';

const rows = (count: number, prompt?: string) =>
  Array.from({ length: count }, (_, ordinal) => askedRow(ordinal, prompt));
const parts = (of: { part: number }[]) => of.map(({ part }) => part);
const bytesOf = (row: ReturnType<typeof askedRow>) => Buffer.byteLength(JSON.stringify(requestOf(plan(), row)));

describe('splitting a round into batches', () => {
  test('a batch is full at max_batch_size', () => {
    expect(parts(splitIntoParts(rows(5), 2))).toEqual([0, 0, 1, 1, 2]);
    expect(parts(splitIntoParts(rows(4), 2))).toEqual([0, 0, 1, 1]);
    expect(parts(splitIntoParts(rows(3), 1))).toEqual([0, 1, 2]);
  });

  test('a batch is also limited by bytes; a row that is too large is sent alone', () => {
    const [small, large] = ['x', 'x'.repeat(10_000)];
    const list = [small, small, large, small, small].map((prompt, ordinal) => askedRow(ordinal, prompt));
    expect(parts(splitIntoParts(list, 20, 30_000))).toEqual([0, 0, 1, 2, 2]);
    expect(parts(splitIntoParts(list.slice(2), 20, 30_000))).toEqual([0, 1, 1]);
  });

  test('nothing is lost, the order is kept, and every part is in its bounds', () => {
    const prompts = fc.array(fc.string({ maxLength: 300 }), { maxLength: 40 });
    fc.assert(
      fc.property(
        prompts,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 13_000, max: 60_000 }),
        (texts, size, bytes) => {
          const list = texts.map((text, ordinal) => askedRow(ordinal, text));
          const split = splitIntoParts(list, size, bytes);
          expect(split.map((row) => ({ ...row, part: 0 }))).toEqual(list);
          const found = parts(split);
          for (const [index, part] of found.entries())
            expect([0, index === 0 ? 0 : 1]).toContain(part - (found[index - 1] ?? 0));
          for (const part of new Set(found)) {
            const inPart = split.filter((row) => row.part === part);
            expect(inPart.length).toBeLessThanOrEqual(size);
            const sent = inPart.reduce((sum, row) => sum + bytesOf(row), 0);
            if (inPart.length > 1) expect(sent).toBeLessThanOrEqual(bytes);
          }
        },
      ),
    );
  });

  test('splitting rows again ignores the parts of before', () => {
    expect(parts(splitIntoParts(splitIntoParts(rows(4), 1), 4))).toEqual([0, 0, 0, 0]);
  });

  test('no row gives no batch', () => {
    expect(splitIntoParts([], 20)).toEqual([]);
  });
});

describe('the request of a row', () => {
  test('it is what the ledger keeps: custom id, prompt and room for the answer', () => {
    const row = { ...askedRow(2, 'The prompt — ü'), max_tokens: 16_000 };
    const request = requestOf(plan(), row);
    expect(request).toMatchObject({
      custom_id: row.custom_id,
      params: { model: plan().model, max_tokens: 16_000, messages: [{ role: 'user', content: 'The prompt — ü' }] },
    });
    expect(unpack(row.prompt)).toBe('The prompt — ü');
  });
});
