import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { TABLE_NAMES } from '../../../lib/contract.ts';
import { allRows } from '../decoys.ts';
import type { Scenario } from '../scenario.ts';
import type { SimulatedWorld } from '../world.ts';
import { putJob } from './put.ts';

const GONE = 2;

export const reused: Scenario = {
  name: 'reused',
  about: 'a second job of a report: four of six sections are there already, two are bought',
  ends: 'COMPLETED',
  async begin(world, polis, suffix) {
    const first = await world.undisturbed(async () => {
      const jobId = await putJob(world, polis, `${suffix}0`);
      await world.settle();
      return jobId;
    });
    await deleteSections(world, first);
    return [await putJob(world, polis, `${suffix}1`, { no_cache: false })];
  },
};

/** Takes the first sections of a job out of the table, so that they have to be bought again. */
async function deleteSections({ db }: SimulatedWorld, jobId: string): Promise<void> {
  const rows = (await allRows(db, TABLE_NAMES.reports)).filter(({ job_id }) => job_id === jobId);
  const names = rows.map(({ rid_section_model }) => String(rid_section_model)).sort();
  for (const { rid_section_model, timestamp } of rows) {
    if (names.indexOf(String(rid_section_model)) >= GONE) continue;
    await db.send(new DeleteCommand({ TableName: TABLE_NAMES.reports, Key: { rid_section_model, timestamp } }));
  }
}
