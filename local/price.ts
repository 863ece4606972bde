import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import * as z from 'zod';
import type { PlannedJob } from '../lambdas/job/plan.ts';
import { usdText } from '../lambdas/money/money.ts';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { jsonOrUndefined } from '../lambdas/shared/parse.ts';

const number = (value: number) => value.toLocaleString('en');

/** How many sections do not have to be bought, in one line. */
export const reusedLine = (reused: number, sections: number): string =>
  `${reused} of ${sections} sections are unchanged and reused (--no-cache buys them again)`;

/** What a job will cost, in one line. */
export function priceLine(model: string, { sections, input_tokens, ...price }: PlannedJob['estimate']): string {
  const { expected_micro_usd: expected, later_rounds_micro_usd: later, most_micro_usd: most } = price;
  const size = `${sections} sections, about ${number(input_tokens)} input tokens, model ${model}`;
  if (expected === undefined || most === undefined) {
    return `${size}: the price list does not contain this model, so the cost cannot be estimated`;
  }
  const ofLater = later ? ` (${usdText(later)} of it in later rounds)` : '';
  return `${size}: about ${usdText(expected)}${ofLater}, at most ${usdText(most)} for the first round`;
}

/**
 * Asks before money is spent; Ctrl-C and Ctrl-D mean no.
 * @returns whether the user agrees
 * @throws InvalidSetting when there is no terminal to ask on
 */
export async function confirmSpending(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new InvalidSetting(
      'this run would cost money, and there is no terminal to ask on: add --yes to agree (nothing was sent)',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const closed = once(terminal, 'close').then(() => undefined);
  // a question that is still open is rejected when the terminal closes
  const answered = terminal.question('Send it to the Anthropic API and pay for it? [y/N] ').catch(() => undefined);
  try {
    const answer = await Promise.race([answered, closed]);
    if (answer === undefined) process.stdout.write('\n');
    return /^y(es)?$/i.test((answer ?? '').trim());
  } finally {
    terminal.close();
  }
}

const resultsSchema = z.object({
  planned: z.number(),
  stored: z.number(),
  reused: z.number(),
  failed: z.array(z.object({ section: z.string(), message: z.string() })),
  rounds: z.number(),
  seconds: z.number(),
});
const detailsSchema = z.object({
  reused_saved_usd: z.number().nullable(),
  tokens: z.object({ input: z.number(), output: z.number(), cache_read: z.number(), cache_write: z.number() }),
  cost_usd: z.number().nullable(),
});
type Results = z.output<typeof resultsSchema> & z.output<typeof detailsSchema>;

/** A job row's figures; undefined when it has none yet. */
export function resultsOf(row: { [attribute: string]: unknown }): Results | undefined {
  const results = resultsSchema.safeParse(jsonOrUndefined(String(row.job_results ?? ''))).data;
  const details = detailsSchema.safeParse(jsonOrUndefined(String(row.job_details ?? ''))).data;
  return results && details && { ...results, ...details };
}

/** What a job did and cost, in one line. @param real whether it was paid */
export function resultsLine(results: Results, real: boolean): string {
  const { planned, stored, reused, reused_saved_usd, rounds, tokens, cost_usd, seconds } = results;
  const amount = (usd: number | null, paid: string, simulated: string) =>
    usd === null ? 'price unknown' : `${real ? paid : simulated} $${usd.toFixed(4)}`;
  return [
    `${stored} of ${planned} sections stored`,
    ...(reused > 0 ? [`${reused} of them reused (${amount(reused_saved_usd, 'saved', 'would have saved')})`] : []),
    rounds === 1 ? '1 round' : `${rounds} rounds`,
    `${number(tokens.input + tokens.cache_read + tokens.cache_write)} tokens in`,
    `${number(tokens.output)} out`,
    amount(cost_usd, 'cost', 'would have cost'),
    `${seconds} s`,
  ].join(', ');
}
