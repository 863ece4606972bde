import { describe, expect, test } from 'vitest';
import { estimateCost, mostTokens } from '../../../lambdas/money/estimate.ts';
import counted from './token-counts.json' with { type: 'json' };

/** Its prices of single messages in dollars for a million tokens: input 3, output 15, cache read 0.3, one-hour cache write 6. */
const SONNET = 'claude-sonnet-4-5';
const AT = new Date('2026-11-22');

/** A text of at most that many tokens: every sign can be one. */
const text = (tokens: number) => '+'.repeat(tokens);

describe('the estimate of a round', () => {
  const asked = (tokens: number, maxTokens = 8_000) => ({ prompt: text(tokens), maxTokens });

  test('expects two thirds of the most tokens and a cached prompt; at most, neither is so', () => {
    const estimate = estimateCost(SONNET, [asked(1_500), asked(3_000, 16_000)], { text: text(1_500), served: 1 }, AT);
    // of prompts 1,000 + 2,000 are likely, 400 of frame each, and the fixed part twice
    expect(estimate).toMatchObject({ sections: 2, input_tokens: 5_800 });
    expect(estimate.expected_micro_usd).toBe(((3.8 * 3 + 2 * 0.3 + 6 * 15) * 1_000) / 2);
    expect(estimate.most_micro_usd).toBe(((5.3 * 3 + 3 * 6 + 24 * 15) * 1_000) / 2);
  });

  test('with an unknown model it has no price, but still its tokens', () => {
    expect(estimateCost('claude-of-nobody', [asked(15)], { text: '' }, AT)).toEqual({
      sections: 1,
      input_tokens: 410,
      expected_micro_usd: undefined,
      most_micro_usd: undefined,
    });
  });

  test('each request is priced by itself: many short ones cost no long-context price', () => {
    const one = estimateCost(SONNET, [asked(2_000)], { text: text(1_000), served: 1 }, AT);
    const many = estimateCost(SONNET, Array(200).fill(asked(2_000)), { text: text(1_000), served: 1 }, AT);
    expect(many.input_tokens).toBeGreaterThan(200_000);
    expect(many.expected_micro_usd).toBe(200 * (one.expected_micro_usd ?? Number.NaN));
    expect(many.most_micro_usd).toBe(200 * (one.most_micro_usd ?? Number.NaN));
  });

  test('no section costs nothing', () => {
    const nothing = { sections: 0, input_tokens: 0, expected_micro_usd: 0, most_micro_usd: 0 };
    expect(estimateCost(SONNET, [], { text: 'fixed' }, AT)).toEqual(nothing);
  });
});

/** Texts of many kinds with the tokens that tokenizers cut them into; docs/benchmarks.md says which, and how they were counted. */
describe.each(counted)('the most tokens of a text: $kind', ({ text, claude_3, claude_4_7, o200k, cl100k }) => {
  test('are at least what the Claude tokenizers count', () => {
    expect(mostTokens(text)).toBeGreaterThanOrEqual(Math.max(claude_3, claude_4_7));
  });

  test('are at most two and a half times the highest count', () => {
    expect(mostTokens(text)).toBeLessThanOrEqual(2.5 * Math.max(claude_3, claude_4_7, o200k, cl100k));
  });
});
