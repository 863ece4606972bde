import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { TABLE_NAMES } from '../../lib/names.ts';
import { lost, onNextCall } from '../support/faults.ts';
import { useWorld } from '../support/use-world.ts';
import { firstName, type Job } from '../support/world.ts';

const world = useWorld();
beforeEach(() => world.emptyTables());
const ALL = 15;

/** Deletes what the job table has of a job, as somebody does who makes the table anew. */
async function deleteRows(job: Job): Promise<void> {
  for (const { job_id } of [job, ...(await world.awaitingRows(job))])
    await world.db.send(new DeleteCommand({ TableName: TABLE_NAMES.jobs, Key: { job_id } }));
}

/** Its execution comes to its end, and nothing brings the row back. */
async function expectEnded(job: Job): Promise<void> {
  expect(world.machine().status(firstName(job))?.status).toBe('SUCCEEDED');
  expect(await world.rowOf(job)).toEqual({});
  expect(world.deadLetters).toEqual([]);
}

describe('a job whose row is deleted', () => {
  it('sends nothing when that happens before it is claimed', async () => {
    const job = world.reusingRow();
    const claims = onNextCall(world.deps.jobs, 'get', { before: () => deleteRows(job) });
    await world.putJob(job);
    await world.settle();
    claims();
    await expectEnded(job);
    expect(world.sent()).toEqual([]);
  });

  it('has its batch collected, and the next job of the report uses the answers', async () => {
    const job = world.reusingRow();
    onNextCall(world.deps.batches, 'status', { before: () => deleteRows(job) });
    await world.putJob(job);
    await world.settle();
    await expectEnded(job);
    const next = await world.runReusing();
    expect(next.row).toMatchObject({ status: 'COMPLETED' });
    expect(next.results).toMatchObject({ reused: ALL });
    expect(world.sent()).toHaveLength(1);
    expect(await world.spent()).toMatchObject({ open_micro_usd: 0 });
  });

  it('has a submission without an answer found, and its batch collected', async () => {
    const job = world.reusingRow();
    onNextCall(world.deps.batches, 'send', {
      after: async () => {
        await deleteRows(job);
        lost();
      },
    });
    await world.putJob(job);
    await world.settle();
    await expectEnded(job);
    expect((await world.runReusing()).results).toMatchObject({ reused: ALL });
    expect(world.sent()).toHaveLength(1);
  });
});
