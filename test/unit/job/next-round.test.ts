import { expect, test } from 'vitest';
import { writeNextRound } from '../../../lambdas/job/next-round.ts';
import { spendingTable } from '../../../lambdas/stores/spending.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { plan, promptRow, section } from '../../support/make.ts';
import { clientOf } from '../../support/memory/dynamodb.ts';
import { unitWorld } from '../../support/unit-world.ts';

const SETTINGS = { jobBudget: undefined, dayBudget: undefined, unpricedModels: [] };

/** The next round of a job with two open sections, of which these have a prompt. */
async function nextRound(prompted: number[]) {
  const { deps, db } = unitWorld();
  const job = plan({ sections: 2 });
  await deps.ledger.writePlan(
    job,
    [section(0), section(1)],
    prompted.map((ordinal) => promptRow(ordinal)),
    [],
  );
  const budget = { ...deps, spending: spendingTable(clientOf(db), TABLE_NAMES.ledger), settings: SETTINGS };
  return writeNextRound(budget, job, { round: 2, version: 1, first_round: 1 });
}

test('a section whose prompt was erased is not asked for again', async () => {
  const next = await nextRound([1]);
  expect(next.kind === 'written' && next.requests.map(({ ordinal }) => ordinal)).toEqual([1]);
  expect(await nextRound([])).toEqual({ kind: 'nothing left' });
});
