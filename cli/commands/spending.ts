import { type DaySpending, dayOf } from '../../lambdas/money/day.ts';
import { daysBefore } from '../../lambdas/shared/days.ts';
import type { Spending } from '../../lambdas/stores/spending.ts';
import { columns } from '../print.ts';

/** What the jobs of some days may cost and did cost. */
export interface SpentByDay {
  /** null when none is set */
  day_budget_usd: number | null;
  /** newest first */
  days: DaySpending[];
}

/** Reads the totals of the last days, today included. */
export async function spentByDay(
  { spending, now }: { spending: Pick<Spending, 'days'>; now: () => Date },
  count: number,
  budget: number | undefined,
): Promise<SpentByDay> {
  const days = Array.from({ length: count }, (_, ago) => dayOf(new Date(daysBefore(now(), ago))));
  return { day_budget_usd: budget ?? null, days: await spending.days(days) };
}

const usd = (amount: number): string => `$${amount.toFixed(4)}`;

/** A line for each day. */
export function spendingText({ days, day_budget_usd: budget }: SpentByDay): string {
  const rows = days.map(({ day, committed_usd, open_usd, unpriced_rounds }) => [
    day,
    usd(committed_usd),
    usd(open_usd),
    unpriced_rounds > 0 ? `${unpriced_rounds} round(s) of models without a price are not counted` : '',
  ]);
  const cap = budget === null ? 'no day budget is set' : `the day budget is $${budget}, by UTC day`;
  return `${columns([['DAY (UTC)', 'COMMITTED', 'OF IT NOT YET PRICED', ''], ...rows])}\n${cap}`;
}
