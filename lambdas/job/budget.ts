import { dayOf } from '../money/day.ts';
import { type Estimate, estimateCost, type FixedPart } from '../money/estimate.ts';
import { jobRefusal, OverBudget, type Refusal, refusalText } from '../money/limits.ts';
import { addKnown, type MicroUsd } from '../money/money.ts';
import { READ_BACK_SYSTEM_PROMPT } from '../report/system-prompt.ts';
import { whyOf } from '../shared/errors.ts';
import type { JobState } from '../shared/hand-off.ts';
import type { Plan, Request } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import { unpack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { Spending } from '../stores/spending.ts';
import type { JobConfig } from './config.ts';
import { summarize } from './summary.ts';

/** What an operator lets jobs cost. */
export interface BudgetSettings {
  jobBudget: MicroUsd | undefined;
  /** for all jobs of one UTC day */
  dayBudget: MicroUsd | undefined;
  /** models that may be used although the price list does not know them */
  unpricedModels: readonly string[];
}

export interface BudgetDeps {
  spending: Spending;
  ledger: Ledger;
  settings: BudgetSettings;
  log: Log;
  now: () => Date;
}

/** A round that is to be sent, and the version of the job row that this execution was started for. */
export interface DueRound {
  round: number;
  version: number;
  /** undefined when the price list does not know the model */
  most_micro_usd: MicroUsd | undefined;
}

/**
 * Refuses a job, before anything is spent, that could cost more than its budget, or whose price is not known.
 * @throws OverBudget
 */
export function checkJobBudget(
  config: Pick<JobConfig, 'model' | 'allow_unpriced'>,
  { most_micro_usd: most }: Pick<Estimate, 'most_micro_usd'>,
  settings: BudgetSettings,
): void {
  const { jobBudget: budget } = settings;
  const unpricedAllowed = mayBeUnpriced(config, settings);
  const refusal = jobRefusal({ model: config.model, most, spent: 0, budget, unpricedAllowed });
  if (refusal) throw new OverBudget(refusal);
}

/** Whether somebody has said that the model may be used although no budget can count what it costs. */
export const mayBeUnpriced = (
  { model, allow_unpriced }: Pick<JobConfig, 'model' | 'allow_unpriced'>,
  { unpricedModels }: Pick<BudgetSettings, 'unpricedModels'>,
): boolean => allow_unpriced || unpricedModels.includes(model);

/** What some requests cost at most; undefined when the model has no price. */
export function mostOf(
  plan: Plan,
  asked: readonly { prompt: string; max_tokens: number; asks?: Request['asks'] }[],
  at: Date,
): MicroUsd | undefined {
  const most = (reads: boolean, system: FixedPart) => {
    const requests = asked.filter(({ asks }) => (asks === 'read back') === reads);
    const all = requests.map(({ prompt, max_tokens }) => ({ prompt, maxTokens: max_tokens }));
    return estimateCost(plan.model, all, system, at).most_micro_usd;
  };
  const system = { text: plan.system ? unpack(plan.system) : '', ...(plan.cached ? { served: 0 } : {}) };
  return addKnown(most(false, system), most(true, { text: READ_BACK_SYSTEM_PROMPT }));
}

/** Checks whether a job that is not put yet would fit today's budget. Nothing is reserved. @throws OverBudget */
export async function checkToday(
  { spending, settings, now }: Pick<BudgetDeps, 'spending' | 'settings' | 'now'>,
  most: MicroUsd = 0,
): Promise<void> {
  const { dayBudget: budget } = settings;
  const day = dayOf(now());
  if (budget === undefined || most === 0) return;
  const [total] = await spending.days([day]);
  const committed = total?.committed_micro_usd ?? 0;
  if (committed + most > budget) throw new OverBudget({ kind: 'day', most, committed, budget, day });
}

/**
 * Reserves on today's budget what the first round may cost at most, before anything of it is sent. Without a budget it is
 * counted as well, so that a budget that is set at noon includes the morning.
 * @returns false when a newer execution has taken the job over
 * @throws OverBudget
 */
export async function reserveToday(deps: BudgetDeps, plan: Plan, due: DueRound): Promise<boolean> {
  const answer = await reserve(deps, plan, due);
  if (answer.kind === 'over') throw new OverBudget(answer.refusal);
  return answer.kind === 'reserved';
}

/**
 * Checks a later round against the job's budget, with what was spent so far, and reserves it on today's budget.
 * @returns why it is not sent; undefined when it may be
 */
export async function reserveLater(deps: BudgetDeps, plan: Plan, due: DueRound): Promise<string | undefined> {
  const over = await overJobBudget(deps, plan, due.most_micro_usd);
  if (over) return refusalText(over, 'it');
  const answer = await reserve(deps, plan, due);
  if (answer.kind === 'taken') return 'a newer execution has taken the job over';
  return answer.kind === 'over' ? refusalText(answer.refusal, 'it') : undefined;
}

async function overJobBudget(
  { ledger, settings: { jobBudget: budget } }: BudgetDeps,
  plan: Plan,
  most: MicroUsd | undefined,
): Promise<Refusal | undefined> {
  // what was spent takes reading every answer of the job
  const spent = most === undefined || budget === undefined ? 0 : (await summarize(ledger, plan)).cost_micro_usd;
  return jobRefusal({ model: plan.model, most, spent, budget, unpricedAllowed: plan.unpriced === true });
}

async function reserve(
  { spending, settings: { dayBudget: budget }, now }: BudgetDeps,
  { job_id, expires_at_epoch }: Plan,
  due: DueRound,
): Promise<{ kind: 'reserved' } | { kind: 'taken' } | { kind: 'over'; refusal: Refusal }> {
  const answer = await spending.reserve({ job_id, ...due, now: now(), expires_at_epoch }, budget);
  if (answer.kind !== 'over') return answer;
  const { others: committed, day } = answer;
  return {
    kind: 'over',
    refusal: { kind: 'day', most: due.most_micro_usd ?? 0, committed, budget: budget ?? 0, day },
  };
}

/** Releases what the round after the last one that was begun has reserved: nothing of it was sent. A failure of this is only logged. */
export async function releaseUnsent(
  { spending, ledger, log }: BudgetDeps,
  { job_id, version }: Pick<JobState, 'job_id' | 'version'>,
): Promise<void> {
  try {
    // an intent counts as begun: it may be a batch that exists
    const begun = (await ledger.batches(job_id)).map(({ round }) => round);
    await spending.release(job_id, Math.max(0, ...begun) + 1, version);
  } catch (error) {
    log.warn('the reservation of an unsent round could not be released', { job_id, why: whyOf(error) });
  }
}
