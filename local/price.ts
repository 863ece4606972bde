import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import * as z from 'zod';
import type { Estimate } from '../lambdas/money/estimate.ts';
import { usdText } from '../lambdas/money/money.ts';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { jsonOrUndefined } from '../lambdas/shared/parse.ts';

/** What need not be bought, in one line. */
export const reusedLine = (reused: number, sections: number): string =>
  `${reused} of ${sections} sections are unchanged and reused (--no-cache buys them anew)`;

/** What a job will cost, in one line. */
export function priceLine(
  model: string,
  { sections, input_tokens, expected_micro_usd: expected, most_micro_usd: most }: Estimate,
): string {
  const size = `${sections} sections, about ${input_tokens.toLocaleString('en')} input tokens, model ${model}`;
  if (expected === undefined || most === undefined) {
    return `${size}: the price list does not know this model, so its price is not known`;
  }
  return `${size}: about ${usdText(expected)}, at most ${usdText(most)} for the first round`;
}

/**
 * Asks before money is spent; Ctrl-C and Ctrl-D mean no.
 * @returns whether to go on
 * @throws InvalidSetting when nobody is there to answer
 */
export async function mayISpend(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new InvalidSetting(
      'this run would spend money and nobody can be asked: add --yes to go on unasked (nothing was sent)',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const left = once(terminal, 'close').then(() => undefined);
  // a question that is left open is rejected when the terminal closes
  const answered = terminal.question('Send it to the Anthropic API and pay for it? [y/N] ').catch(() => undefined);
  try {
    const answer = await Promise.race([answered, left]);
    if (answer === undefined) process.stdout.write('\n');
    return /^y(es)?$/i.test((answer ?? '').trim());
  } finally {
    terminal.close();
  }
}

const resultsSchema = z.object({
  planned: z.number(),
  stored: z.number(),
  reused: z.number().default(0),
  reused_saved_usd: z.number().nullable().default(null),
  failed: z.array(z.object({ section: z.string(), message: z.string() })),
  rounds: z.number(),
  tokens: z.object({ input: z.number(), output: z.number(), cache_read: z.number(), cache_write: z.number() }),
  cost_usd: z.number().nullable(),
  seconds: z.number(),
});

export type Results = z.output<typeof resultsSchema>;

/** A job row's `job_results`; undefined while it holds none. */
export const resultsOf = (row: { [attribute: string]: unknown }): Results | undefined =>
  resultsSchema.safeParse(jsonOrUndefined(String(row.job_results ?? ''))).data;

const number = (value: number) => value.toLocaleString('en');

/** What a job did and cost, in one line. @param real whether it was paid */
export function figures(results: Results, real: boolean): string {
  const { planned, stored, reused, rounds, tokens, cost_usd, seconds } = results;
  const input = tokens.input + tokens.cache_read + tokens.cache_write;
  const price = cost_usd === null ? 'price unknown' : `$${cost_usd.toFixed(4)}`;
  return [
    `${stored} of ${planned} sections stored`,
    ...(reused > 0 ? [tellReused(results, real)] : []),
    rounds === 1 ? '1 round' : `${rounds} rounds`,
    `${number(input)} tokens in`,
    `${number(tokens.output)} out`,
    real || cost_usd === null ? price : `${price} had it been real`,
    `${seconds} s`,
  ].join(', ');
}

function tellReused({ reused, reused_saved_usd: saved }: Results, real: boolean): string {
  const price = saved === null ? 'price unknown' : `saved $${saved.toFixed(4)}`;
  return `${reused} of them reused (${price}${real || saved === null ? '' : ', had it been real'})`;
}
