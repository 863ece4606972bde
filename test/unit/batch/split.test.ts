import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchRequestOf, splitIntoParts } from '../../../lambdas/batch/split.ts';
import { customId } from '../../../lambdas/shared/names.ts';
import { JOB, plan, promptRow, promptsOf } from '../../support/make.ts';

const asked = (ordinal: number, prompt = 'x') => ({ ordinal, max_tokens: 8_000, characters: prompt.length });
const rows = (count: number) => Array.from({ length: count }, (_, ordinal) => asked(ordinal));
const parts = (of: { part: number }[]) => of.map(({ part }) => part);
const request = (ordinal: number, max_tokens = 8_000) => ({ ordinal, part: 0, max_tokens });

describe('splitting a round into batches', () => {
  test('a batch is full at max_batch_size', () => {
    expect(parts(splitIntoParts(rows(5), 2))).toEqual([0, 0, 1, 1, 2]);
    expect(parts(splitIntoParts(rows(4), 2))).toEqual([0, 0, 1, 1]);
    expect(parts(splitIntoParts(rows(3), 1))).toEqual([0, 1, 2]);
  });

  test('a batch is also limited by bytes; a request that is too large is sent alone', () => {
    const [small, large] = ['x', 'x'.repeat(10_000)];
    const list = [small, small, large, small, small].map((prompt, ordinal) => asked(ordinal, prompt));
    expect(parts(splitIntoParts(list, 20, 60_000))).toEqual([0, 0, 1, 2, 2]);
    expect(parts(splitIntoParts(list.slice(2), 20, 60_000))).toEqual([0, 1, 1]);
  });

  test('nothing is lost, the order is kept, and every part is in its bounds', () => {
    const prompts = fc.array(fc.string({ maxLength: 300 }), { maxLength: 40 });
    fc.assert(
      fc.property(
        prompts,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 25_000, max: 120_000 }),
        (texts, size, bytes) => {
          const list = texts.map((text, ordinal) => asked(ordinal, text));
          const split = splitIntoParts(list, size, bytes);
          expect(split.map(({ ordinal }) => ordinal)).toEqual(list.map(({ ordinal }) => ordinal));
          const found = parts(split);
          for (const [index, part] of found.entries())
            expect([0, index === 0 ? 0 : 1]).toContain(part - (found[index - 1] ?? 0));
          for (const part of new Set(found)) {
            const inPart = split.filter((row) => row.part === part);
            expect(inPart.length).toBeLessThanOrEqual(size);
            const sent = inPart.reduce((sum, row) => {
              const whole = batchRequestOf(plan(), 1, row, promptsOf(promptRow(row.ordinal, texts[row.ordinal])));
              return sum + Buffer.byteLength(JSON.stringify(whole));
            }, 0);
            if (inPart.length > 1) expect(sent).toBeLessThanOrEqual(bytes);
          }
        },
      ),
    );
  });

  test('no request gives no batch', () => {
    expect(splitIntoParts([], 20)).toEqual([]);
  });
});

test('a request is what the ledger keeps: custom id, prompt and room for the answer', () => {
  expect(batchRequestOf(plan(), 3, request(2, 16_000), promptsOf(promptRow(2, 'The prompt — ü')))).toMatchObject({
    custom_id: customId(JOB, 3, 2),
    params: { model: plan().model, max_tokens: 16_000, messages: [{ role: 'user', content: 'The prompt — ü' }] },
  });
});
