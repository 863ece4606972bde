import { addKnown, type MicroUsd } from './money.ts';
import { NO_TOKENS, priceOf, type Tokens } from './prices.ts';

/**
 * How many tokens a UTF-16 unit is at most, by its kind. A word is cut into pieces, every other visible character can be a
 * token, and so can a blank beside a digit; other blanks belong to a word. From U+0800 on a character is two or three bytes
 * that may each be a token, and an emoji counts twice here, as it has two units.
 */
const MOST = { letter: 0.6, other: 1, blankBesideDigit: 1, fromU0800: 2 } as const;
/** The part of the most tokens that a prompt usually has: 0.59 to 0.78 with the newest tokenizer, 0.48 to 0.65 with the one before. */
const LIKELY_SHARE = 2 / 3;
/** What the answer's schema and the request's frame add to every request, in tokens. */
const FRAME_TOKENS = 400;
/** What a section's answer usually takes, thinking included. */
const TYPICAL_OUTPUT_TOKENS = 3_000;

/** Tokens of a text, never fewer than a current model counts; docs/benchmarks.md says how this was checked. */
export function mostTokens(text: string): number {
  const counted = { letter: 0, other: 0, blankBesideDigit: 0, fromU0800: 0 };
  // one pass over the codes: four patterns took three times as long
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 97 && code <= 122) counted.letter += 1;
    else if (code >= 0x800) counted.fromU0800 += 1;
    else if (code !== 32) counted.other += 1;
    else if (isDigit(text.charCodeAt(at - 1)) || isDigit(text.charCodeAt(at + 1))) counted.blankBesideDigit += 1;
  }
  const kinds = Object.keys(MOST) as (keyof typeof MOST)[];
  return Math.ceil(kinds.reduce((sum, kind) => sum + MOST[kind] * counted[kind], 0));
}

/** @param code NaN beyond the ends of a text */
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** What one round costs before it is sent: expected and, with every answer at its `max_tokens`, at most. */
export interface Estimate {
  sections: number;
  /** expected */
  input_tokens: number;
  /** undefined when the price list does not know the model */
  expected_micro_usd: MicroUsd | undefined;
  most_micro_usd: MicroUsd | undefined;
}

/**
 * Estimates from the prompts alone. Expected: prompts of the usual number of tokens, and the fixed part is served by the
 * cache. At most: prompts of the most tokens, and the fixed part is written to the cache by every request, as all may be
 * processed at once.
 * @param at when the round is sent
 */
export function estimateCost(
  model: string,
  requests: readonly { prompt: string; maxTokens: number }[],
  system: string,
  at: Date,
): Estimate {
  const asked = requests.map(({ prompt, maxTokens }) => ({ most: mostTokens(prompt), maxTokens }));
  const fixed = mostTokens(system);
  const expectedOf = (most: number) => likely(most) + FRAME_TOKENS;
  const all = (tokensOf: (most: number, maxTokens: number) => Tokens) =>
    // each by itself: some models charge more for a long message
    asked.reduce<MicroUsd | undefined>(
      (sum, { most, maxTokens }) => addKnown(sum, priceOf(model, tokensOf(most, maxTokens), at)),
      priceOf(model, NO_TOKENS, at),
    );
  return {
    sections: asked.length,
    input_tokens: asked.reduce((sum, { most }) => sum + expectedOf(most) + likely(fixed), 0),
    expected_micro_usd: all((most) => ({
      ...NO_TOKENS,
      input: expectedOf(most),
      cache_read: likely(fixed),
      output: TYPICAL_OUTPUT_TOKENS,
    })),
    most_micro_usd: all((most, room) => ({
      ...NO_TOKENS,
      input: most + FRAME_TOKENS,
      cache_write: fixed,
      output: room,
    })),
  };
}

const likely = (most: number): number => Math.round(most * LIKELY_SHARE);
