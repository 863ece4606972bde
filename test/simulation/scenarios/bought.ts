import { STATE } from '../../../lib/names.ts';
import type { Scenario } from '../scenario.ts';
import { OTHER_REPORT } from '../site.ts';
import type { SimulatedWorld } from '../world.ts';
import { putForeignBatch, putJob } from './put.ts';

export const one: Scenario = {
  name: 'one',
  about: 'one job: two batches of one size beside a foreign one, and a second round for one section',
  ends: 'COMPLETED',
  async begin(world, polis, suffix) {
    await putForeignBatch(world);
    world.standIn.script.result(({ custom_id }) => custom_id.endsWith('_1_0'), { kind: 'max_tokens' });
    return [await putJob(world, polis, `${suffix}0`)];
  },
};

export const two: Scenario = {
  name: 'two',
  about: 'two jobs of the same second, all of their batches of one size, and a sweep while they are at work',
  ends: 'COMPLETED',
  async begin(world, polis, suffix) {
    const other = { report_id: OTHER_REPORT };
    world.onWait((state) => state === STATE.wait && sweepLate(world));
    return [await putJob(world, polis, `${suffix}0`), await putJob(world, polis, `${suffix}1`, other)];
  },
};

export const forgotten: Scenario = {
  name: 'forgotten',
  about: 'one job whose stream record is lost, so that the sweep has to find it',
  ends: 'COMPLETED',
  async begin(world, polis, suffix) {
    world.loseRecords();
    return [await putJob(world, polis, `${suffix}0`)];
  },
};

/** So late that the rows have not been written to for a while. */
async function sweepLate(world: SimulatedWorld): Promise<void> {
  world.pass(600);
  await world.sweep();
}
