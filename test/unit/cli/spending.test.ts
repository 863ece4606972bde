import { expect, test } from 'vitest';
import { microUsd } from '../../../lambdas/money/money.ts';
import { jobTable } from '../../../lambdas/stores/jobs.ts';
import { spendingTable } from '../../../lambdas/stores/spending.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { outputs } from '../../support/cli/deployed.ts';
import { useDeployed } from '../../support/cli/use-deployed.ts';

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

test('spending tells what each day has committed, what of it is not priced yet, and the budget', async () => {
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

test('doctor tells how much of the day budget is spent or reserved, and warns when little is left', async () => {
  const found = async () => {
    const { out, err } = await deployed.run(['doctor', '--json']);
    const findings = JSON.parse(out || err) as { what: string; state: string; found: string; todo: string }[];
    return findings.find(({ what }) => what === 'day budget');
  };
  withDayBudget('10');
  expect(await found()).toMatchObject({
    state: 'ok',
    found: '$1.25 of $10.00 spent or reserved on 2026-11-22 (UTC), of that $1.25 at most for batches not yet priced',
  });
  withDayBudget('1.5');
  expect(await found()).toMatchObject({ state: 'warn', todo: expect.stringContaining('raise dayBudgetUsd') });
  deployed.aws.calls['CloudFormation.DescribeStacks'] = () => deployed.stackAnswer(outputs());
  expect(await found()).toBeUndefined();
});

test('submit --allow-unpriced says so in the row, and without it the row is the server’s', async () => {
  const configOf = async (args: string[]) => {
    const { job_id } = (await deployed.run(['submit', ...args, '--zid', '7', '--json'])).json() as { job_id: string };
    const row = await jobTable(deployed.db, TABLE_NAMES.jobs).get(job_id);
    return JSON.parse(String(row?.job_config)).stages[0].config;
  };
  expect(await configOf(['rplain'])).not.toHaveProperty('allow_unpriced');
  expect(await configOf(['rnew', '--model', 'narrator-9', '--allow-unpriced'])).toMatchObject({
    model: 'narrator-9',
    allow_unpriced: true,
  });
});
