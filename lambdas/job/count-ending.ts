import * as z from 'zod';
import { microUsd, toUsd } from '../money/money.ts';
import { NO_TOKENS } from '../money/prices.ts';
import { tokensSchema } from '../shared/ledger-rows.ts';
import type { Metrics } from '../shared/metrics.ts';
import { jsonOrUndefined } from '../shared/parse.ts';
import type { Ending } from './close.ts';
import type { JobSummary } from './summary.ts';

const count = z.number().nonnegative().catch(0);
/** Of `job_results` as an earlier ending of the same job wrote it: what has been counted. */
const countedSchema = z.object({
  stored: count,
  reused: count,
  rounds: count,
  tokens: tokensSchema.catch(NO_TOKENS),
  cost_usd: count,
});

/**
 * What closing a job calls once its row is written. A job that ends again after it was put back to PENDING counts what was
 * added since: the row's own `job_results`, read for the very write that replaced it, says what was counted before.
 * @param summary undefined when the ledger has none
 * @param error the error's name, of a job that failed
 */
export function countEnding(
  metrics: Metrics,
  ending: Ending['status'],
  summary: JobSummary | undefined,
  error = 'unknown',
): NonNullable<Ending['written']> {
  return (row) => {
    if (row.status === 'CANCELLED') metrics.add('JobsCancelled', 1);
    else if (ending === 'COMPLETED') metrics.add('JobsCompleted', 1);
    else metrics.add('JobsFailed', 1, { error: /^[\w.]{1,100}$/.test(error) ? error : 'other' });
    if (!summary) return;
    const results = jsonOrUndefined(String(row.job_results ?? ''));
    const before = countedSchema.parse(typeof results === 'object' && results ? results : {});
    const grown = (name: Parameters<Metrics['add']>[0], now: number, counted: number) => {
      if (now > counted) metrics.add(name, now - counted);
    };
    grown('SectionsStored', summary.stored, before.stored);
    grown('SectionsReused', summary.reused, before.reused);
    grown('Rounds', summary.rounds, before.rounds);
    grown('InputTokens', summary.tokens.input, before.tokens.input);
    grown('OutputTokens', summary.tokens.output, before.tokens.output);
    grown('CacheReadTokens', summary.tokens.cache_read, before.tokens.cache_read);
    grown('CacheWriteTokens', summary.tokens.cache_write, before.tokens.cache_write);
    const spent = (summary.cost_micro_usd ?? 0) - microUsd(before.cost_usd);
    grown('CostUsd', toUsd(spent), 0);
    for (const [reason, sections] of byReason(summary)) metrics.add('SectionsFailed', sections, { reason });
  };
}

/** How many sections failed, by reason. */
export function byReason({ failed }: Pick<JobSummary, 'failed'>): Map<string, number> {
  const reasons = new Map<string, number>();
  for (const { reason } of failed) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return reasons;
}
