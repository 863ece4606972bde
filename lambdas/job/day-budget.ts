import { dayOf } from '../money/day.ts';
import { OverBudget, whyOf } from '../shared/errors.ts';
import type { JobState } from '../shared/hand-off.ts';
import type { Plan } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { Spending } from '../stores/spending.ts';
import type { BudgetSettings } from './budget.ts';

export interface DayBudgetDeps {
  spending: Spending;
  ledger: Ledger;
  settings: BudgetSettings;
  log: Log;
  now: () => Date;
}

/** A round that is about to be sent, and the version of the job row that this execution was started for. */
export interface DueRound {
  round: number;
  version: number;
  /** undefined when the price list does not know the model */
  most_usd: number | undefined;
}

/**
 * Counts a round on today's budget at what it may cost at most, before anything of it is sent. Without a budget it is
 * counted as well, so that one that is set at noon knows of the morning.
 * @returns false when a newer execution has taken the job over
 * @throws OverBudget with both figures
 */
export async function reserveToday(deps: DayBudgetDeps, plan: Plan, due: DueRound): Promise<boolean> {
  const { dayBudgetUsd: budget = 0 } = deps.settings;
  const answer = await reserve(deps, plan, due);
  if (answer.kind === 'over') throw overDayBudget(due.most_usd ?? 0, answer.others_usd, budget, answer.day);
  return answer.kind === 'reserved';
}

/** Looks whether a job that is not put yet would fit today; only `reserveToday` holds its place. @throws OverBudget */
export async function checkToday(
  { spending, settings, now }: Pick<DayBudgetDeps, 'spending' | 'settings' | 'now'>,
  most = 0,
): Promise<void> {
  const { dayBudgetUsd: budget } = settings;
  const day = dayOf(now());
  if (budget === undefined || most === 0) return;
  const [{ committed_usd } = { committed_usd: 0 }] = await spending.days([day]);
  if (committed_usd + most > budget) throw overDayBudget(most, committed_usd, budget, day);
}

function overDayBudget(most: number, others: number, budget: number, day: string): OverBudget {
  const then = most > budget ? 'ask for fewer layers' : 'redrive the job after midnight UTC';
  return new OverBudget(`the job ${tellDay(most, others, budget, day)}: raise the day budget, or ${then}`);
}

/** Counts a later round on today's budget. @returns why it is not sent; undefined when it may be */
export async function overDay(deps: DayBudgetDeps, plan: Plan, due: DueRound): Promise<string | undefined> {
  const answer = await reserve(deps, plan, due);
  if (answer.kind === 'taken') return 'a newer execution has taken the job over';
  const { dayBudgetUsd: budget = 0 } = deps.settings;
  if (answer.kind === 'reserved') return undefined;
  return `it ${tellDay(due.most_usd ?? 0, answer.others_usd, budget, answer.day)}`;
}

const reserve = ({ spending, settings, now }: DayBudgetDeps, { job_id, expires_at_epoch }: Plan, due: DueRound) =>
  spending.reserve({ job_id, ...due, now: now(), expires_at_epoch }, settings.dayBudgetUsd);

const tellDay = (most: number, others: number, budget: number, day: string): string =>
  `could cost up to $${most.toFixed(2)}, and $${others.toFixed(2)} of the day budget of $${budget} is spoken for on ${day}`;

/** Takes back what the round after the last that was begun was counted at: nothing of it was sent. Trouble with that hides no other. */
export async function releaseUnsent(
  { spending, ledger, log }: DayBudgetDeps,
  { job_id, version }: Pick<JobState, 'job_id' | 'version'>,
): Promise<void> {
  try {
    // an intent counts as begun: it may be a batch that exists
    const begun = (await ledger.batches(job_id)).map(({ round }) => round);
    await spending.release(job_id, Math.max(0, ...begun) + 1, version);
  } catch (error) {
    log.warn('what an unsent round may cost stays counted', { job_id, why: whyOf(error) });
  }
}
