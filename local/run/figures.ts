import * as z from 'zod';
import { jsonOrUndefined } from '../../lambdas/shared/parse.ts';

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
