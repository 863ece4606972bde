import { type Estimate, estimateCost } from '../domain/cost.ts';
import { OverBudget } from '../domain/errors.ts';
import type { JobConfig } from '../domain/job-config.ts';
import type { Asked, Plan } from '../domain/ledger-entries.ts';
import { unpack } from '../domain/packed.ts';
import { summarize } from '../job/summary.ts';
import type { Ledger, Log } from '../ports.ts';

/** What an operator lets jobs cost, in US dollars. */
export interface BudgetSettings {
  jobBudgetUsd: number | undefined;
}

/**
 * Refuses a job, before anything is spent, that could cost more than it may.
 * @throws OverBudget with both figures
 */
export function checkJobBudget(
  { model }: Pick<JobConfig, 'model'>,
  estimate: Pick<Estimate, 'most_usd'>,
  { jobBudgetUsd: budget }: BudgetSettings,
): void {
  if (budget === undefined) return;
  if (estimate.most_usd === undefined) {
    throw new OverBudget(
      `model "${model}" has no known price, so the job budget of $${budget} cannot be kept: name a priced model or lift the budget`,
    );
  }
  if (estimate.most_usd > budget) {
    throw new OverBudget(
      `the job could cost up to $${estimate.most_usd.toFixed(2)}, which is over the job budget of $${budget}: raise the budget or ask for fewer layers`,
    );
  }
}

/** What some asked rows cost at most, from their prompts; undefined when the model has no price. */
export function mostUsdOf(plan: Plan, rows: readonly Asked[]): number | undefined {
  const requests = rows.map((row) => ({ prompt: unpack(row.prompt), maxTokens: row.max_tokens }));
  return estimateCost(plan.model, requests, plan.system ? unpack(plan.system) : '').most_usd;
}

/** Whether what was spent so far and what another round costs at most stay within the job's budget. */
export async function fitsJobBudget(
  { ledger, log, settings }: { ledger: Ledger; log: Log; settings: BudgetSettings },
  plan: Plan,
  rows: readonly Asked[],
): Promise<boolean> {
  const budget = settings.jobBudgetUsd;
  if (budget === undefined) return true;
  const { cost_usd: spent } = await summarize(ledger, plan);
  const most = mostUsdOf(plan, rows);
  if (spent !== undefined && most !== undefined && spent + most <= budget) return true;
  log.warn('the next round does not fit the job budget: its sections stay missing', {
    job_id: plan.job_id,
    sections: rows.length,
    spent_usd: spent,
    most_usd: most,
    budget_usd: budget,
  });
  return false;
}
