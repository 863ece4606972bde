import { type Estimate, estimateCost } from '../money/cost.ts';
import { OverBudget } from '../shared/errors.ts';
import type { Asked, Plan } from '../shared/ledger-rows.ts';
import { unpack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { JobConfig } from './config.ts';
import { summarize } from './summary.ts';

/** What an operator lets jobs cost, in US dollars. */
export interface BudgetSettings {
  jobBudgetUsd: number | undefined;
  /** for all jobs of one UTC day */
  dayBudgetUsd: number | undefined;
  /** models that may be used although the price list does not know them */
  unpricedModels: readonly string[];
}

/**
 * Refuses a job, before anything is spent, that could cost more than it may, or whose price cannot be told.
 * @throws OverBudget with both figures
 */
export function checkJobBudget(
  config: Pick<JobConfig, 'model' | 'allow_unpriced'>,
  estimate: Pick<Estimate, 'most_usd'>,
  settings: BudgetSettings,
): void {
  const { jobBudgetUsd: budget } = settings;
  if (estimate.most_usd === undefined) {
    if (mayBeUnpriced(config, settings)) return;
    throw new OverBudget(
      `the price list does not know the model "${config.model}", so what the job costs cannot be told and no budget can count it: name a priced model, or allow this one with the setting unpricedModels or "allow_unpriced": true in job_config`,
    );
  }
  if (budget !== undefined && estimate.most_usd > budget) {
    throw new OverBudget(
      `the job could cost up to $${estimate.most_usd.toFixed(2)}, which is over the job budget of $${budget}: raise the budget or ask for fewer layers`,
    );
  }
}

/** Whether somebody has said that the model may be used although no budget can count what it costs. */
export const mayBeUnpriced = (
  { model, allow_unpriced }: Pick<JobConfig, 'model' | 'allow_unpriced'>,
  { unpricedModels }: Pick<BudgetSettings, 'unpricedModels'>,
): boolean => allow_unpriced || unpricedModels.includes(model);

/** What some asked rows cost at most, from their prompts; undefined when the model has no price. */
export function mostUsdOf(plan: Plan, rows: readonly Asked[]): number | undefined {
  const requests = rows.map((row) => ({ prompt: unpack(row.prompt), maxTokens: row.max_tokens }));
  return estimateCost(plan.model, requests, plan.system ? unpack(plan.system) : '').most_usd;
}

/**
 * Why a later round is not sent: what was spent so far and what it costs at most are over the job's budget, or cannot be told.
 * @param most of the round; undefined for a model without a price, which is used only if that was allowed when the job was planned
 * @returns undefined when it may be sent
 */
export async function overJobBudget(
  { ledger, settings: { jobBudgetUsd: budget } }: { ledger: Ledger; settings: BudgetSettings },
  plan: Plan,
  most: number | undefined,
): Promise<string | undefined> {
  if (most === undefined) return plan.unpriced ? undefined : `the price list does not know the model "${plan.model}"`;
  if (budget === undefined) return undefined;
  const { cost_usd: spent } = await summarize(ledger, plan);
  if (spent !== undefined && spent + most <= budget) return undefined;
  const soFar = spent === undefined ? 'an unknown sum' : `$${spent.toFixed(2)}`;
  return `${soFar} was spent and it could cost up to $${most.toFixed(2)}, which is over the job budget of $${budget}`;
}
