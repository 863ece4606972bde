/** What rounds read from the cache and wrote to it, in tokens. */
export interface CacheTokens {
  read: number;
  written: number;
}

/**
 * The share of hits above which the one-hour cache pays: a write costs twice the price of an input token, a read a tenth of it, so it
 * pays from 1 / 1.9 on.
 */
const PAYS_ABOVE = 1 / 1.9;
/** What is expected of a model of which nothing is known. */
const UNKNOWN_SHARE = 0.5;

/** The share of tokens that the cache served; undefined where nothing was read or written. */
export function hitRate(uses: readonly CacheTokens[]): number | undefined {
  const read = uses.reduce((sum, use) => sum + use.read, 0);
  const all = uses.reduce((sum, use) => sum + use.written, read);
  return all === 0 ? undefined : read / all;
}

/**
 * Whether the fixed part of the prompts is marked for the cache, by what earlier rounds of the model say. Without figures it is marked,
 * as there would never be any otherwise.
 * @returns the share that the cache is expected to serve; undefined when marking would not pay
 */
export function expectedHits(uses: readonly CacheTokens[]): number | undefined {
  const rate = hitRate(uses);
  if (rate === undefined) return UNKNOWN_SHARE;
  return rate > PAYS_ABOVE ? rate : undefined;
}
