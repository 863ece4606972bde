import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { allRows } from '../../support/readers.ts';
import type { Row } from '../invariants/left.ts';
import type { Scenario } from '../scenario.ts';
import type { SimulatedWorld } from '../world.ts';
import { putJob } from './put.ts';

const GONE = 2;

export const reused: Scenario = {
  name: 'reused',
  about: 'a second job of a report: four of six sections are there already, two are bought',
  ends: 'COMPLETED',
  reuses: 4,
  async begin(world, polis, suffix) {
    // what an earlier run on these tables bought would be used again as well
    await deleteSections(world, ({ report_id }) => report_id === polis.data.report.report_id);
    const first = await world.undisturbed(async () => {
      const jobId = await putJob(world, polis, `${suffix}0`);
      await world.settle();
      return jobId;
    });
    await deleteSections(world, ({ job_id }) => job_id === first, GONE);
    return [await putJob(world, polis, `${suffix}1`, { no_cache: false })];
  },
};

/** Takes sections out of the table, so that they have to be bought again. */
async function deleteSections({ db }: SimulatedWorld, of: (row: Row) => boolean, most?: number): Promise<void> {
  const rows = (await allRows(db, TABLE_NAMES.reports)).filter(of);
  rows.sort((a, b) => (String(a.rid_section_model) < String(b.rid_section_model) ? -1 : 1));
  for (const { rid_section_model, timestamp } of rows.slice(0, most))
    await db.send(new DeleteCommand({ TableName: TABLE_NAMES.reports, Key: { rid_section_model, timestamp } }));
}
