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

/** The part of a prompt that is the same for every request. */
export interface FixedPart {
  text: string;
  /** the share of its tokens that the cache is expected to serve; undefined where it is not marked for the cache */
  served?: number | undefined;
}

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
 * Estimates from the prompts alone. Expected: prompts of the usual number of tokens. At most: prompts of the most tokens, and a fixed
 * part that is marked for the cache is written to it by every request, as all may be processed at once.
 * @param at when the round is sent
 */
export function estimateCost(
  model: string,
  requests: readonly { prompt: string; maxTokens: number }[],
  system: FixedPart,
  at: Date,
): Estimate {
  const asked = requests.map(({ prompt, maxTokens }) => ({ most: mostTokens(prompt), maxTokens }));
  const fixed = mostTokens(system.text);
  const isCached = system.served !== undefined;
  const all = summed(model, asked, at);
  return {
    sections: asked.length,
    input_tokens: asked.reduce((sum, { most }) => sum + expectedOf(most) + likely(fixed), 0),
    expected_micro_usd: all(({ most }) => ({
      ...NO_TOKENS,
      ...expectedFixed(likely(fixed), system.served, expectedOf(most)),
      output: TYPICAL_OUTPUT_TOKENS,
    })),
    most_micro_usd: all(({ most, maxTokens }) => ({
      ...NO_TOKENS,
      input: most + FRAME_TOKENS + (isCached ? 0 : fixed),
      cache_write: isCached ? fixed : 0,
      output: maxTokens,
    })),
  };
}

/** How many of a job's sections are asked for once more, as claims of theirs fail; a first guess, to be replaced by what jobs report. */
const ASKED_AGAIN_SHARE = 0.2;
/** What the clauses of a section and the codes read back from them take. */
const READING_TOKENS = { input: 2_000, output: 600 };

/**
 * What the rounds after the first are expected to cost: sections asked for again with the model's own answer before them, and one
 * reading of each.
 * @param checked whether claims are checked; else nothing is asked for again but what is missing
 */
export function estimateLaterRounds(
  model: string,
  requests: readonly { prompt: string }[],
  system: FixedPart,
  { checked, readBack }: { checked: boolean; readBack: boolean },
  at: Date,
): MicroUsd | undefined {
  const fixed = likely(mostTokens(system.text));
  const all = summed(
    model,
    requests.map(({ prompt }) => ({ most: mostTokens(prompt) })),
    at,
  );
  const again = checked
    ? all(({ most }) => ({
        ...NO_TOKENS,
        ...expectedFixed(fixed, system.served, expectedOf(most) + TYPICAL_OUTPUT_TOKENS),
        output: TYPICAL_OUTPUT_TOKENS,
      }))
    : 0;
  const readings = readBack ? all(() => ({ ...NO_TOKENS, ...READING_TOKENS })) : 0;
  return addKnown(again === undefined ? undefined : Math.ceil(again * ASKED_AGAIN_SHARE), readings);
}

const likely = (most: number): number => Math.round(most * LIKELY_SHARE);
const expectedOf = (most: number): number => likely(most) + FRAME_TOKENS;

/** Tokens of the fixed part and of the rest of a prompt, by how each is billed. */
function expectedFixed(fixed: number, served: number | undefined, rest: number): Partial<Tokens> {
  if (served === undefined) return { input: rest + fixed };
  const read = Math.round(fixed * served);
  return { input: rest, cache_read: read, cache_write: fixed - read };
}

/** Adds up the price of every request, each by itself: some models charge more for a long message. */
const summed =
  <R>(model: string, requests: readonly R[], at: Date) =>
  (tokensOf: (request: R) => Tokens): MicroUsd | undefined =>
    requests.reduce<MicroUsd | undefined>(
      (sum, request) => addKnown(sum, priceOf(model, tokensOf(request), at)),
      priceOf(model, NO_TOKENS, at),
    );
