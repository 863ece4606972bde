import * as z from 'zod';
import { type DaySpending, dayOf } from '../lambdas/money/day.ts';
import { daysBefore } from '../lambdas/shared/days.ts';
import { type Spending, spendingTable } from '../lambdas/stores/spending.ts';
import { command, wholeNumber } from './command.ts';
import { columns } from './print.ts';

/** Rows of the ledger expire after as many days. */
const MAX_DAYS = 180;

export const spending = command({
  name: 'spending',
  description: 'show what jobs may cost and did cost, by UTC day',
  options: [['--days <count>', 'number of days, including today', '7']],
  input: z.object({ days: wholeNumber(MAX_DAYS) }),
  async run({ cloud, io, deployment }, { days }) {
    const { LedgerTableName, DayBudgetUsd } = await deployment();
    const value = await spentByDay(spendingTable(cloud.db, LedgerTableName), io.now(), days, DayBudgetUsd);
    return { value, text: spendingText(value) };
  },
});

/** What the jobs of some days may cost and did cost. */
interface SpentByDay {
  /** null when none is set */
  day_budget_usd: number | null;
  /** newest first */
  days: DaySpending[];
}

/** Reads the totals of the last days, including today. */
async function spentByDay(
  spending: Pick<Spending, 'days'>,
  now: Date,
  count: number,
  budget: number | undefined,
): Promise<SpentByDay> {
  const days = Array.from({ length: count }, (_, ago) => dayOf(new Date(daysBefore(now, ago))));
  return { day_budget_usd: budget ?? null, days: await spending.days(days) };
}

const usd = (amount: number): string => `$${amount.toFixed(4)}`;

function spendingText({ days, day_budget_usd: budget }: SpentByDay): string {
  const rows = days.map(({ day, committed_usd, open_usd, unpriced_rounds }) => [
    day,
    usd(committed_usd),
    usd(open_usd),
    unpriced_rounds > 0 ? `${unpriced_rounds} round(s) of models without a known price are not counted` : '',
  ]);
  const cap = budget === null ? 'no day budget is set' : `the day budget is $${budget}, by UTC day`;
  return `${columns([['DAY (UTC)', 'COMMITTED', 'OF THIS NOT YET PRICED', ''], ...rows])}\n${cap}`;
}
