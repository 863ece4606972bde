import { describe, expect, test } from 'vitest';
import { addTokens, NO_TOKENS, usageSchema } from '../../../lambdas/money/tokens.ts';

describe('tokens', () => {
  test('usage is read by its names, and what is left out or null is 0', () => {
    const usage = {
      input_tokens: 1,
      output_tokens: 2,
      cache_creation_input_tokens: 3,
      cache_read_input_tokens: 4,
      service_tier: 'batch',
    };
    expect(usageSchema.parse(usage)).toEqual({ input: 1, output: 2, cache_write: 3, cache_read: 4 });
    expect(usageSchema.parse({ output_tokens: null })).toEqual(NO_TOKENS);
  });

  test('each kind is added to its own', () => {
    const one = { input: 1, output: 2, cache_write: 3, cache_read: 4 };
    expect(addTokens(one, { input: 10, output: 20, cache_write: 30, cache_read: 40 })).toEqual({
      input: 11,
      output: 22,
      cache_write: 33,
      cache_read: 44,
    });
    expect(addTokens(NO_TOKENS, one)).toEqual(one);
  });
});
