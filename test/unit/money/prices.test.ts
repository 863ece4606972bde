import { calcPrice } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import kept from '../../../lambdas/money/anthropic-prices.json' with { type: 'json' };
import { messagePrice } from '../../../lambdas/money/prices.ts';
import { NO_TOKENS, type Tokens } from '../../../lambdas/money/tokens.ts';
import { pricesToKeep } from '../../../tools/keep-prices.ts';

/** The price that the package itself works out. */
function packagePrice(model: string, tokens: Tokens, timestamp: Date): number | undefined {
  const usage = {
    input_tokens: tokens.input + tokens.cache_read + tokens.cache_write,
    output_tokens: tokens.output,
    cache_read_tokens: tokens.cache_read,
    cache_write_tokens: tokens.cache_write,
    cache_write_1h_tokens: tokens.cache_write,
  };
  return calcPrice(usage, model, { providerId: 'anthropic', timestamp })?.total_price;
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
        const expected = packagePrice(id, used, at);
        const price = messagePrice(id, used, at);
        if (expected === undefined) expect(price).toBeUndefined();
        else expect(price).toBeCloseTo(expected, 9);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(listed)('knows %s, in capitals too', (id) => {
    const at = new Date('2026-11-22');
    const million = { ...NO_TOKENS, input: 100_000, output: 100_000 };
    expect(messagePrice(id.toUpperCase(), million, at)).toBeCloseTo(packagePrice(id, million, at) ?? Number.NaN, 9);
  });

  test('charges more for a message longer than a model’s ordinary context', () => {
    const at = new Date('2026-11-22');
    const short = messagePrice('claude-sonnet-4-5', { ...NO_TOKENS, input: 200_000 }, at) ?? Number.NaN;
    expect(short).toBeCloseTo(0.6, 9);
    expect(messagePrice('claude-sonnet-4-5', { ...NO_TOKENS, input: 200_001 }, at)).toBeCloseTo(2 * short, 4);
  });
});
