import * as z from 'zod';
import { dayOf } from '../lambdas/money/day.ts';
import { type MicroUsd, toUsd, usdOrNull } from '../lambdas/money/money.ts';
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

/** What the jobs of some days may cost and did cost, in US dollars. */
interface SpentByDay {
  /** null when none is set */
  day_budget_usd: number | null;
  /** newest first */
  days: { day: string; committed_usd: number; open_usd: number; unpriced_rounds: number }[];
}

/** Reads the totals of the last days, including today. */
async function spentByDay(
  spending: Pick<Spending, 'days'>,
  now: Date,
  count: number,
  budget: MicroUsd | undefined,
): Promise<SpentByDay> {
  const days = Array.from({ length: count }, (_, ago) => dayOf(new Date(daysBefore(now, ago))));
  const totals = await spending.days(days);
  return {
    day_budget_usd: usdOrNull(budget),
    days: totals.map(({ day, committed_micro_usd, open_micro_usd, unpriced_rounds }) => ({
      day,
      committed_usd: toUsd(committed_micro_usd),
      open_usd: toUsd(open_micro_usd),
      unpriced_rounds,
    })),
  };
}

const usd = (amount: number): string => `$${amount.toFixed(4)}`;

function spendingText({ days, day_budget_usd: budget }: SpentByDay): string {
  const rows = days.map(({ day, committed_usd, open_usd, unpriced_rounds }) => [
    day,
    usd(committed_usd),
    usd(open_usd),
    unpriced_rounds > 0 ? `${unpriced_rounds} round(s) of models without a known price are not counted` : '',
  ]);
  const cap = budget === null ? 'no day budget is set' : `the day budget is $${budget.toFixed(2)}, by UTC day`;
  return `${columns([['DAY (UTC)', 'COMMITTED', 'OF THIS NOT YET PRICED', ''], ...rows])}\n${cap}`;
}
