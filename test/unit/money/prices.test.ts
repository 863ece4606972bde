import { calcPrice } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import kept from '../../../lambdas/money/anthropic-prices.json' with { type: 'json' };
import { addTokens, NO_TOKENS, priceOf, type Tokens, usageSchema } from '../../../lambdas/money/prices.ts';
import { pricesToKeep } from '../../../tools/keep-prices.ts';

/** Prices of single messages in dollars for a million tokens, by Anthropic's price list. */
const SONNET = { model: 'claude-sonnet-4-5', input: 3, output: 15, cache_read: 0.3, cache_write_1h: 6 };
const AT = new Date('2026-11-22');

/** The price in a batch that the package itself works out, in millionths of a dollar, rounded up. */
function packagePrice(model: string, tokens: Tokens, timestamp: Date): number | undefined {
  const usage = {
    input_tokens: tokens.input + tokens.cache_read + tokens.cache_write,
    output_tokens: tokens.output,
    cache_read_tokens: tokens.cache_read,
    cache_write_tokens: tokens.cache_write,
    cache_write_1h_tokens: tokens.cache_write,
  };
  const found = calcPrice(usage, model, { providerId: 'anthropic', timestamp });
  return found ? Math.ceil(Number((found.total_price * 500_000).toFixed(5))) : undefined;
}

const count = fc.oneof(fc.constant(0), fc.nat(150_000), fc.nat(1_000_000));
const tokens = fc.record({ input: count, output: count, cache_write: count, cache_read: count });
const day = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true });
const listed = kept.map(({ id }) => id);
const model = fc
  .tuple(fc.constantFrom(...listed, 'claude-of-nobody', 'claude-', ''), fc.constantFrom('', '-latest', '-20260301'))
  .map(([id, ending]) => id + ending);

describe('the kept price list', () => {
  test('is Anthropic’s part of the installed package; if not, run node tools/keep-prices.ts', () => {
    expect(kept).toEqual(pricesToKeep());
  });

  test('gives the price that the whole package gives, whatever the model, the tokens and the day', () => {
    fc.assert(
      fc.property(model, tokens, day, (id, used, at) => {
        expect(priceOf(id, used, at)).toBe(packagePrice(id, used, at));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(listed)('knows %s, in capitals too', (id) => {
    const used = { ...NO_TOKENS, input: 100_000, output: 100_000 };
    expect(priceOf(id.toUpperCase(), used, AT)).toBe(packagePrice(id, used, AT) ?? Number.NaN);
  });

  test('charges more for a message longer than a model’s ordinary context', () => {
    expect(priceOf(SONNET.model, { ...NO_TOKENS, input: 200_000 }, AT)).toBe(300_000);
    expect(priceOf(SONNET.model, { ...NO_TOKENS, input: 200_001 }, AT)).toBe(600_003);
  });
});

describe('the price of tokens in a batch', () => {
  const price = (tokens: Partial<typeof NO_TOKENS>) => priceOf(SONNET.model, { ...NO_TOKENS, ...tokens }, AT);

  test('input and output cost half of what single messages cost', () => {
    expect(price({ input: 1_000 })).toBe((SONNET.input * 1_000) / 2);
    expect(price({ output: 1_000 })).toBe((SONNET.output * 1_000) / 2);
  });

  test('a write to the one-hour cache costs twice the input, halved by the batch', () => {
    expect(price({ cache_write: 1_000 })).toBe((SONNET.cache_write_1h * 1_000) / 2);
  });

  test('a read of the cache costs a tenth of the input, halved by the batch', () => {
    expect(price({ cache_read: 1_000 })).toBe((SONNET.cache_read * 1_000) / 2);
  });

  test('the parts add up', () => {
    const parts = price({ input: 1_000, output: 2_000, cache_read: 3_000, cache_write: 4_000 });
    expect(parts).toBe(((3 + 2 * 15 + 3 * 0.3 + 4 * 6) * 1_000) / 2);
  });

  test('nothing costs nothing, and an unknown model has no price', () => {
    expect(price({})).toBe(0);
    expect(priceOf('claude-of-nobody', NO_TOKENS, AT)).toBeUndefined();
    expect(priceOf('', NO_TOKENS, AT)).toBeUndefined();
  });

  test.each(['claude-sonnet-5-5', 'claude-opus-5-5', 'claude-sonnet-5', 'claude-opus-5'])('%s has a price', (model) => {
    expect(priceOf(model, { ...NO_TOKENS, input: 1_000, output: 1_000 }, AT)).toBeGreaterThan(0);
  });

  test('is rounded up to a whole millionth of a dollar, once a message', () => {
    expect(price({ cache_read: 1 })).toBe(1);
    expect(price({ cache_read: 100 })).toBe(15);
    expect(price({ cache_read: 101, input: 1 })).toBe(17);
  });
});

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
