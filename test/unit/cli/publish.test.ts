import { afterAll, beforeAll, expect, test } from 'vitest';
import { customId } from '../../../lambdas/shared/names.ts';
import { writeAll } from '../../../lambdas/stores/dynamodb.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { oneLine, useDeployed } from '../../support/cli/deployed.ts';
import { killed, onNextCall } from '../../support/faults.ts';
import { allRows } from '../../support/readers.ts';
import { startWorld, type World } from '../../support/world.ts';

const deployed = useDeployed();
let world: World;
let failed: string;
/** A job that failed when all but one of its answers were in. */
beforeAll(async () => {
  world = await startWorld();
  const row = world.reusingRow();
  world.standIn.script.result(customId(row.job_id, 1, 3), { kind: 'refusal' });
  onNextCall(world.deps.reports, 'writeTogether', { before: killed });
  failed = (await world.runRow(row)).job_id;
  for (const table of [TABLE_NAMES.jobs, TABLE_NAMES.ledger, TABLE_NAMES.reports])
    await writeAll(
      deployed.db,
      table,
      (await allRows(world.db, table)).map((Item) => ({ PutRequest: { Item } })),
    );
});
afterAll(() => world.close());

test('publish publishes what a failed job has, with a sentence in the gap, and may be run again', async () => {
  expect(await deployed.jobRow(failed)).toMatchObject({ status: 'FAILED' });
  const said = await deployed.run(['publish', failed]);
  expect(said).toMatchObject({ code: 0, err: '' });
  expect(said.out).toMatch(/^report \w+ is published with 14 of 15 sections; what is missing says so in the report\n$/);
  const rows = await allRows(deployed.db, TABLE_NAMES.reports);
  expect(rows).toHaveLength(15);
  expect(rows.filter(({ errors }) => errors !== undefined)).toMatchObject([
    { errors: expect.stringMatching(/^refusal: /), report_data: expect.stringMatching(/could not be written/) },
  ]);
  expect((await deployed.jobRow(failed))?.logs).toMatch(/published by a person, from the command line/);
  const again = await deployed.run(['publish', failed, '--json']);
  expect(again.json()).toEqual({ job_id: failed, report_id: world.data.report.report_id, stored: 14, planned: 15 });
  expect(await allRows(deployed.db, TABLE_NAMES.reports)).toEqual(expect.arrayContaining(rows));
});

test.each([
  [{ status: 'COMPLETED' }, /^WrongStatus: .*published already/],
  [{ status: 'PROCESSING' }, /^WrongStatus: .*is PROCESSING: wait until it has ended/],
  [{ status: 'FAILED' }, /^WrongStatus: .*has no plan in the ledger/],
])('publish refuses a job that is %j', async (change, line) => {
  const job = await deployed.putJob(change);
  expect(await deployed.run(['publish', job])).toMatchObject({ code: 1, out: '', err: oneLine(line) });
});

test('publish refuses a job that does not exist', async () => {
  expect((await deployed.run(['publish', 'nobody'])).err).toEqual(oneLine(/^UnknownJob: there is no job nobody/));
});
