import { expect, test } from 'vitest';
import { microUsd } from '../../../lambdas/money/money.ts';
import { spendingTable } from '../../../lambdas/stores/spending.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { outputs, useDeployed } from '../../support/cli/deployed.ts';

const deployed = useDeployed();
const EXPIRES = 4_000_000_000;
const spending = () => spendingTable(deployed.db, TABLE_NAMES.ledger);
/** Counts a round that began at noon of a day. */
const reserve = (job_id: string, day: string, most_micro_usd: number | undefined) =>
  spending().reserve(
    { job_id, round: 1, version: 1, most_micro_usd, now: new Date(`${day}T12:00:00Z`), expires_at_epoch: EXPIRES },
    undefined,
  );
const withDayBudget = (budget: string) => {
  const { calls } = deployed.aws;
  calls['CloudFormation.DescribeStacks'] = () => deployed.stackAnswer({ ...outputs(), DayBudgetUsd: budget });
};

test('spending shows what each day has committed, what is not priced yet, and the budget', async () => {
  await reserve('yesterday', '2026-11-21', microUsd(2));
  await spending().settle(
    { job_id: 'yesterday', round: 1, now: new Date('2026-11-22T01:00:00Z'), expires_at_epoch: EXPIRES },
    microUsd(0.75),
  );
  await reserve('today', '2026-11-22', microUsd(1.25));
  await reserve('unpriced', '2026-11-22', undefined);
  const said = await deployed.run(['spending', '--days', '3']);
  expect(said.code).toBe(0);
  const lines = said.out.split('\n').map((line) => line.replaceAll(/ +/g, ' ').trim());
  expect(lines).toEqual([
    'DAY (UTC) COMMITTED OF THIS NOT YET PRICED',
    '2026-11-22 $1.2500 $1.2500 1 round(s) of models without a known price are not counted',
    '2026-11-21 $0.7500 $0.0000',
    '2026-11-20 $0.0000 $0.0000',
    'no day budget is set',
    '',
  ]);
});

test('spending as JSON holds the same, with the budget of the deployment', async () => {
  withDayBudget('12.50');
  const said = await deployed.run(['spending', '--days', '1', '--json']);
  expect(said.json()).toEqual({
    day_budget_usd: 12.5,
    days: [{ day: '2026-11-22', committed_usd: 1.25, open_usd: 1.25, unpriced_rounds: 1 }],
  });
  expect((await deployed.run(['spending'])).out).toContain('the day budget is $12.50, by UTC day');
});

test('spending of half a year is read in two calls', async () => {
  const said = await deployed.run(['spending', '--days', '180', '--json']);
  const { days } = said.json() as { days: { day: string; committed_usd: number }[] };
  expect(days).toHaveLength(180);
  expect(days[1]).toMatchObject({ day: '2026-11-21', committed_usd: 0.75 });
  expect(new Set(days.map(({ day }) => day)).size).toBe(180);
});
