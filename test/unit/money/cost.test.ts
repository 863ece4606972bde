import { describe, expect, test } from 'vitest';
import { costUsd, estimateCost, estimateTokens } from '../../../lambdas/money/cost.ts';
import { NO_TOKENS } from '../../../lambdas/money/tokens.ts';

/** Prices of single messages in dollars for a million tokens, by Anthropic's price list. */
const SONNET = { model: 'claude-sonnet-4-5', input: 3, output: 15, cache_read: 0.3, cache_write_1h: 6 };
const THOUSAND = 1_000 / 1_000_000;

describe('the price of tokens in a batch', () => {
  const price = (tokens: Partial<typeof NO_TOKENS>) => costUsd(SONNET.model, { ...NO_TOKENS, ...tokens });

  test('input and output cost half of what single messages cost', () => {
    expect(price({ input: 1_000 })).toBeCloseTo((SONNET.input * THOUSAND) / 2, 12);
    expect(price({ output: 1_000 })).toBeCloseTo((SONNET.output * THOUSAND) / 2, 12);
  });

  test('a write to the one-hour cache costs twice the input, halved by the batch', () => {
    expect(price({ cache_write: 1_000 })).toBeCloseTo((SONNET.cache_write_1h * THOUSAND) / 2, 12);
  });

  test('a read of the cache costs a tenth of the input, halved by the batch', () => {
    expect(price({ cache_read: 1_000 })).toBeCloseTo((SONNET.cache_read * THOUSAND) / 2, 12);
  });

  test('the parts add up', () => {
    const parts = price({ input: 1_000, output: 2_000, cache_read: 3_000, cache_write: 4_000 }) ?? 0;
    expect(parts).toBeCloseTo(((3 + 2 * 15 + 3 * 0.3 + 4 * 6) * THOUSAND) / 2, 12);
  });

  test('nothing costs nothing, and an unknown model has no price', () => {
    expect(price({})).toBe(0);
    expect(costUsd('claude-of-nobody', NO_TOKENS)).toBeUndefined();
    expect(costUsd('', NO_TOKENS)).toBeUndefined();
  });

  test.each(['claude-sonnet-5-5', 'claude-opus-5-5', 'claude-sonnet-5', 'claude-opus-5'])('%s has a price', (model) => {
    expect(costUsd(model, { ...NO_TOKENS, input: 1_000, output: 1_000 })).toBeGreaterThan(0);
  });
});

describe('the estimate of a round', () => {
  const asked = (characters: number, maxTokens = 8_000) => ({ prompt: 'x'.repeat(characters), maxTokens });

  test('expected: the fixed part from the cache and 3,000 tokens an answer; at most: it is written each time and every answer full', () => {
    const estimate = estimateCost(SONNET.model, [asked(3_500), asked(7_000, 16_000)], 'x'.repeat(3_500));
    // 1,000 + 2,000 of prompts, 400 of frame each, and the fixed part twice
    expect(estimate).toMatchObject({ sections: 2, input_tokens: 5_800 });
    expect(estimate.expected_usd).toBeCloseTo(((3.8 * 3 + 2 * 0.3 + 6 * 15) * THOUSAND) / 2, 10);
    expect(estimate.most_usd).toBeCloseTo(((3.8 * 3 + 2 * 6 + 24 * 15) * THOUSAND) / 2, 10);
  });

  test('a script other than Latin is taken for a token a character', () => {
    expect(estimateTokens('абвгд'.repeat(100))).toBe(500);
    expect(estimateTokens('a’b–c “é”'.repeat(35))).toBe(90);
  });

  test('with an unknown model it has no price, but still its tokens', () => {
    expect(estimateCost('claude-of-nobody', [asked(35)], '')).toEqual({
      sections: 1,
      input_tokens: 410,
      expected_usd: undefined,
      most_usd: undefined,
    });
  });

  test('each request is priced by itself: many short ones cost no long-context price', () => {
    const one = estimateCost(SONNET.model, [asked(7_000)], 'x'.repeat(3_500));
    const many = estimateCost(SONNET.model, Array(200).fill(asked(7_000)), 'x'.repeat(3_500));
    expect(many.input_tokens).toBeGreaterThan(200_000);
    expect(many.expected_usd).toBeCloseTo(200 * (one.expected_usd ?? Number.NaN), 9);
    expect(many.most_usd).toBeCloseTo(200 * (one.most_usd ?? Number.NaN), 9);
  });

  test('no section costs nothing', () => {
    const nothing = { sections: 0, input_tokens: 0, expected_usd: 0, most_usd: 0 };
    expect(estimateCost(SONNET.model, [], 'fixed')).toEqual(nothing);
  });
});
