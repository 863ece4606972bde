import { addKnown, type MicroUsd } from './money.ts';
import { NO_TOKENS, priceOf, type Tokens } from './prices.ts';

/** Characters a token of Latin script takes, on the low side so that the estimate is not too small. */
const CHARACTERS_PER_TOKEN = 3.5;
/** What the answer's schema and the request's frame add to every request, in tokens. */
const FRAME_TOKENS = 400;
/** What a section's answer usually takes, thinking included. */
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
  expected_micro_usd: MicroUsd | undefined;
  most_micro_usd: MicroUsd | undefined;
}

/**
 * Estimates from the prompts alone. Expected: the fixed part is served by the cache. At most: it is written to the cache by
 * every request, as all may be processed at once.
 * @param at when the round is sent
 */
export function estimateCost(
  model: string,
  requests: readonly { prompt: string; maxTokens: number }[],
  system: string,
  at: Date,
): Estimate {
  const fixed = estimateTokens(system);
  const inputs = requests.map(({ prompt }) => estimateTokens(prompt) + FRAME_TOKENS);
  const all = (tokensOf: (input: number, maxTokens: number) => Tokens) =>
    // each by itself: some models charge more for a long message
    requests.reduce<MicroUsd | undefined>(
      (sum, { maxTokens }, index) => addKnown(sum, priceOf(model, tokensOf(inputs[index] ?? 0, maxTokens), at)),
      priceOf(model, NO_TOKENS, at),
    );
  return {
    sections: requests.length,
    input_tokens: inputs.reduce((sum, input) => sum + input + fixed, 0),
    expected_micro_usd: all((input) => ({ ...NO_TOKENS, input, cache_read: fixed, output: TYPICAL_OUTPUT_TOKENS })),
    most_micro_usd: all((input, room) => ({ ...NO_TOKENS, input, cache_write: fixed, output: room })),
  };
}
