import * as z from 'zod';
import kept from './anthropic-prices.json' with { type: 'json' };
import type { MicroUsd } from './money.ts';

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

/** Which model ids a price is for; the list uses these five. */
type Match = { or: Match[] } | { equals: string } | { starts_with: string } | { contains: string } | { regex: string };
/** US dollars for a million tokens; with tiers, by all the input of one message. */
type Price = number | { base: number; tiers: { start: number; price: number }[] };
type PriceName = 'input_mtok' | 'output_mtok' | 'cache_read_mtok' | 'cache_write_mtok' | 'cache_write_1h_mtok';
type Prices = Partial<Record<PriceName, Price>>;

/** One model of the kept price list; the last of `prices` that has begun is in force. */
export interface ModelPrices {
  id: string;
  match: Match;
  prices: { constraint?: { type: 'start_date'; start_date: string }; prices: Prices }[];
}

// The compiler takes each entry for a type of its own; tools/keep-prices.ts writes them all in this one.
const MODELS = kept as unknown as ModelPrices[];

/** A batch costs half of what single messages cost (Message Batches API). */
const BATCH_DISCOUNT = 0.5;

/**
 * Price of one message in a batch with the one-hour cache, by the kept price list, rounded up.
 * @param at when it is sent
 * @returns undefined when the list does not know the model
 */
export function priceOf(model: string, tokens: Tokens, at: Date): MicroUsd | undefined {
  const prices = pricesOf(model, at);
  if (!prices) return undefined;
  const input = tokens.input + tokens.cache_read + tokens.cache_write;
  // dollars for a million tokens are millionths of a dollar for one; tokens without a price of their own cost what plainer ones do
  const each = (...names: PriceName[]) => names.map((name) => prices[name]).find((price) => price !== undefined) ?? 0;
  const parts: [number, Price][] = [
    [tokens.input, each('input_mtok')],
    [tokens.cache_read, each('cache_read_mtok', 'input_mtok')],
    [tokens.cache_write, each('cache_write_1h_mtok', 'cache_write_mtok', 'input_mtok')],
    [tokens.output, each('output_mtok')],
  ];
  const exact = parts.reduce((sum, [count, price]) => sum + count * inTier(price, input), 0) * BATCH_DISCOUNT;
  // the error of adding fractions, far below a millionth, must not add one
  return Math.ceil(Number(exact.toFixed(5)));
}

function pricesOf(model: string, at: Date): Prices | undefined {
  const id = model.toLowerCase().trim();
  const found = MODELS.find(({ match }) => matches(match, id));
  return found?.prices.findLast(({ constraint }) => !constraint || new Date(constraint.start_date) <= at)?.prices;
}

function matches(match: Match, id: string): boolean {
  if ('or' in match) return match.or.some((one) => matches(one, id));
  if ('equals' in match) return id === match.equals;
  if ('starts_with' in match) return id.startsWith(match.starts_with);
  if ('contains' in match) return id.includes(match.contains);
  return new RegExp(match.regex).test(id);
}

const inTier = (price: Price, input: number): number =>
  typeof price === 'number' ? price : (price.tiers.findLast(({ start }) => input > start)?.price ?? price.base);
