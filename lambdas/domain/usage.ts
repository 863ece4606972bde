import { calcPrice } from '@pydantic/genai-prices';
import * as z from 'zod';

/** Tokens of one or many messages, as `usage` counts them: `input` excludes what the cache served or stored. */
export interface Tokens {
  input: number;
  output: number;
  cache_write: number;
  cache_read: number;
}

export const NO_TOKENS: Tokens = { input: 0, output: 0, cache_write: 0, cache_read: 0 };

const count = z
  .number()
  .int()
  .nonnegative()
  .nullish()
  .transform((value) => value ?? 0);

/** `usage` of a message. */
export const usageSchema = z
  .object({
    input_tokens: count,
    output_tokens: count,
    cache_creation_input_tokens: count,
    cache_read_input_tokens: count,
  })
  .transform(
    (usage): Tokens => ({
      input: usage.input_tokens,
      output: usage.output_tokens,
      cache_write: usage.cache_creation_input_tokens,
      cache_read: usage.cache_read_input_tokens,
    }),
  );

export const addTokens = (a: Tokens, b: Tokens): Tokens => ({
  input: a.input + b.input,
  output: a.output + b.output,
  cache_write: a.cache_write + b.cache_write,
  cache_read: a.cache_read + b.cache_read,
});

/** A batch costs half of what single messages cost (Message Batches API). */
const BATCH_DISCOUNT = 0.5;

/**
 * Price of tokens in US dollars, by the kept price list, in a batch and with the one-hour cache.
 * @returns undefined when the list does not know the model
 */
export function costUsd(model: string, tokens: Tokens): number | undefined {
  const usage = {
    input_tokens: tokens.input + tokens.cache_read + tokens.cache_write,
    output_tokens: tokens.output,
    cache_read_tokens: tokens.cache_read,
    cache_write_tokens: tokens.cache_write,
    cache_write_1h_tokens: tokens.cache_write,
  };
  const price = calcPrice(usage, model, { providerId: 'anthropic' })?.total_price;
  return price === undefined ? undefined : price * BATCH_DISCOUNT;
}

/** Characters a token of Latin script takes, on the low side so that the estimate is not too small. */
const CHARACTERS_PER_TOKEN = 3.5;
/** What the answer's schema and the request's frame add to every request, in tokens. */
const FRAME_TOKENS = 400;
/** What a section's answer takes as a rule, thinking included. */
const TYPICAL_OUTPUT_TOKENS = 3_000;

/** Tokens of a text, on the high side: other scripts than Latin take about one a character. */
export function estimateTokens(text: string): number {
  const others = text.match(/[\u0250-\u1fff\u2070-\uffff]/g)?.length ?? 0;
  return Math.ceil((text.length - others) / CHARACTERS_PER_TOKEN) + others;
}

/** What one round costs before it is sent: expected and, with every answer at its `max_tokens`, at most. */
export interface Estimate {
  sections: number;
  input_tokens: number;
  /** undefined when the price list does not know the model */
  expected_usd: number | undefined;
  most_usd: number | undefined;
}

/**
 * Estimates from the prompts alone. Expected: the fixed part is served by the cache. At most: it is written to the cache by
 * every request, as all may be processed at once.
 */
export function estimateCost(
  model: string,
  requests: readonly { prompt: string; maxTokens: number }[],
  system: string,
): Estimate {
  const sections = requests.length;
  const fixed = sections * estimateTokens(system);
  const input = requests.reduce((sum, { prompt }) => sum + estimateTokens(prompt) + FRAME_TOKENS, 0);
  const room = requests.reduce((sum, { maxTokens }) => sum + maxTokens, 0);
  const expected = { ...NO_TOKENS, input, cache_read: fixed, output: TYPICAL_OUTPUT_TOKENS * sections };
  const most = { ...NO_TOKENS, input, cache_write: fixed, output: room };
  return {
    sections,
    input_tokens: input + fixed,
    expected_usd: costUsd(model, expected),
    most_usd: costUsd(model, most),
  };
}
