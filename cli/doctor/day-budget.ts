import { dayOf } from '../../lambdas/money/day.ts';
import type { Spending } from '../../lambdas/stores/spending.ts';
import { type Finding, ok, warn } from './finding.ts';

/** With less than this part of the budget left, a job may not fit any more. */
const NEARLY = 0.8;

/** How much of today's budget is spoken for. */
export async function checkDayBudget(spending: Pick<Spending, 'days'>, budget: number, now: Date): Promise<Finding> {
  const [today] = await spending.days([dayOf(now)]);
  const { day, committed_usd = 0, open_usd = 0 } = today ?? {};
  const found = `$${committed_usd.toFixed(2)} of $${budget} spoken for on ${day} (UTC), of that $${open_usd.toFixed(2)} at most for batches not yet priced`;
  if (committed_usd < budget * NEARLY) return ok('day budget', found);
  return warn('day budget', found, 'jobs that do not fit are refused until midnight UTC: wait, or raise dayBudgetUsd');
}
