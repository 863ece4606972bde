import kept from './anthropic-prices.json' with { type: 'json' };
import type { Tokens } from './tokens.ts';

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

/**
 * Price of one message in US dollars with the one-hour cache, not in a batch, by the kept price list.
 * @returns undefined when the list does not know the model
 */
export function messagePrice(model: string, tokens: Tokens, at: Date): number | undefined {
  const prices = pricesOf(model, at);
  if (!prices) return undefined;
  const input = tokens.input + tokens.cache_read + tokens.cache_write;
  // tokens without a price of their own cost what plainer ones do
  const millionth = (...names: PriceName[]) =>
    names.map((name) => prices[name]).find((price) => price !== undefined) ?? 0;
  const parts: [number, Price][] = [
    [tokens.input, millionth('input_mtok')],
    [tokens.cache_read, millionth('cache_read_mtok', 'input_mtok')],
    [tokens.cache_write, millionth('cache_write_1h_mtok', 'cache_write_mtok', 'input_mtok')],
    [tokens.output, millionth('output_mtok')],
  ];
  return parts.reduce((sum, [count, price]) => sum + (count * inTier(price, input)) / 1_000_000, 0);
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
