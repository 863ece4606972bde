import { describe, expect, test } from 'vitest';
import { estimateCost, estimateTokens } from '../../../lambdas/money/estimate.ts';

/** Its prices of single messages in dollars for a million tokens: input 3, output 15, cache read 0.3, one-hour cache write 6. */
const SONNET = 'claude-sonnet-4-5';
const AT = new Date('2026-11-22');

describe('the estimate of a round', () => {
  const asked = (characters: number, maxTokens = 8_000) => ({ prompt: 'x'.repeat(characters), maxTokens });

  test('expects a cached prompt and 3,000 tokens; at most, neither is so', () => {
    const estimate = estimateCost(SONNET, [asked(3_500), asked(7_000, 16_000)], 'x'.repeat(3_500), AT);
    // 1,000 + 2,000 of prompts, 400 of frame each, and the fixed part twice
    expect(estimate).toMatchObject({ sections: 2, input_tokens: 5_800 });
    expect(estimate.expected_micro_usd).toBe(((3.8 * 3 + 2 * 0.3 + 6 * 15) * 1_000) / 2);
    expect(estimate.most_micro_usd).toBe(((3.8 * 3 + 2 * 6 + 24 * 15) * 1_000) / 2);
  });

  test('a script other than Latin is taken for a token a character', () => {
    expect(estimateTokens('абвгд'.repeat(100))).toBe(500);
    expect(estimateTokens('a’b–c “é”'.repeat(35))).toBe(90);
  });

  test('with an unknown model it has no price, but still its tokens', () => {
    expect(estimateCost('claude-of-nobody', [asked(35)], '', AT)).toEqual({
      sections: 1,
      input_tokens: 410,
      expected_micro_usd: undefined,
      most_micro_usd: undefined,
    });
  });

  test('each request is priced by itself: many short ones cost no long-context price', () => {
    const one = estimateCost(SONNET, [asked(7_000)], 'x'.repeat(3_500), AT);
    const many = estimateCost(SONNET, Array(200).fill(asked(7_000)), 'x'.repeat(3_500), AT);
    expect(many.input_tokens).toBeGreaterThan(200_000);
    expect(many.expected_micro_usd).toBe(200 * (one.expected_micro_usd ?? Number.NaN));
    expect(many.most_micro_usd).toBe(200 * (one.most_micro_usd ?? Number.NaN));
  });

  test('no section costs nothing', () => {
    const nothing = { sections: 0, input_tokens: 0, expected_micro_usd: 0, most_micro_usd: 0 };
    expect(estimateCost(SONNET, [], 'fixed', AT)).toEqual(nothing);
  });
});
