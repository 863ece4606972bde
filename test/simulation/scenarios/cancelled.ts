import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { STATE, TABLE_NAMES } from '../../../lib/names.ts';
import type { Scenario } from '../scenario.ts';
import type { SimulatedWorld } from '../world.ts';
import { putForeignBatch, putJob } from './put.ts';

export const cancelled: Scenario = {
  name: 'cancelled',
  about: 'one job, cancelled by a bare change of its row while its batches are processed',
  ends: 'CANCELLED',
  // so that no fault delays the cancel beyond the end of the batch
  secondsPerBatch: 6 * 3600,
  async begin(world, polis, suffix) {
    await putForeignBatch(world);
    const jobId = await putJob(world, polis, `${suffix}0`);
    world.onWait((state) => state === STATE.wait && cancelRow(world, jobId));
    return [jobId];
  },
};

/** As somebody does who knows the table and not this project. */
const cancelRow = ({ db }: SimulatedWorld, job_id: string) =>
  db.send(
    new UpdateCommand({
      TableName: TABLE_NAMES.jobs,
      Key: { job_id },
      UpdateExpression: 'SET #status = :cancelled',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':cancelled': 'CANCELLED' },
    }),
  );
