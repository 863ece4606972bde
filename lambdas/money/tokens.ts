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
