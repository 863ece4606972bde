import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { executionName } from '../../../lambdas/shared/names.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { LEASE_SECONDS, RENEW_SECONDS } from '../../../local/worker/lease.ts';
import { HANGS } from '../../support/hangs.ts';
import { useWorld } from '../../support/use-world.ts';
import { kill, messagesOf, workersOn } from '../../support/worker/in-process.ts';
import type { Job } from '../../support/world.ts';

const world = useWorld();
let workers: ReturnType<typeof workersOn>;
beforeEach(async () => {
  // workers go on with what is left
  await world.emptyTables();
  workers = workersOn(world);
});
afterEach(() => workers.close());

const nameOf = ({ job_id }: Job) => executionName(job_id, 1, 'worker');
const statusOf = async (job: Job) => (await world.rowOf(job)).status;

/** A job that waits for its batch, run by this worker. */
async function jobAtWait(pause: () => Promise<void> = () => new Promise(() => undefined)) {
  const worker = await workers.start({ simulated: { machine: { retryScale: 0, pause } } });
  const job = world.jobRow();
  await world.putJob(job);
  await worker.look();
  await vi.waitFor(() => expect(world.sent()).toHaveLength(1), HANGS);
  await worker.executions.rest();
  return { worker, job };
}

describe('workers on one table', () => {
  it('run each job once, whoever sees it first', async () => {
    const [one, other] = [await workers.start(), await workers.start()];
    const job = world.jobRow();
    await world.putJob(job);
    await Promise.all([one.look(), other.look(), one.look()]);
    expect([...one.executions.names(), ...other.executions.names()]).toEqual([nameOf(job)]);
    await Promise.all([one.executions.idle(), other.executions.idle()]);
    expect(await statusOf(job)).toBe('COMPLETED');
    expect(world.sent()).toHaveLength(1);
  });

  it('leave what a living worker runs, and take over what a dead one has left when its lease has ended', async () => {
    const { worker, job } = await jobAtWait();
    const other = await workers.start();
    await other.look();
    await kill(worker);
    await workers.passLease(LEASE_SECONDS - 1, other);
    await other.look();
    expect(other.executions.names()).toEqual([]);
    await workers.passLease(1, other);
    await other.look();
    expect(messagesOf(other)).toContain('execution taken over from a worker that is gone');
    await other.executions.idle();
    expect(await statusOf(job)).toBe('COMPLETED');
    // the batch that the dead one had sent is the only one
    expect(world.sent()).toHaveLength(1);
  });

  it('go on at once with what a worker has left that was told to stop', async () => {
    const { worker, job } = await jobAtWait();
    await worker.stop();
    const other = await workers.start();
    await other.executions.idle();
    expect(await statusOf(job)).toBe('COMPLETED');
    expect(world.sent()).toHaveLength(1);
  });

  it('keep a lease by renewing it, however long a job takes', async () => {
    const { worker } = await jobAtWait();
    const other = await workers.start();
    for (let seconds = 0; seconds < 4 * LEASE_SECONDS; seconds += RENEW_SECONDS) {
      await workers.passLease(RENEW_SECONDS, worker, other);
      await other.look();
    }
    expect(other.executions.names()).toEqual([]);
    expect(worker.executions.names()).toHaveLength(1);
  });

  it('do not touch the rows of another stage, such as those of a deployment', async () => {
    const job = world.jobRow({ status: 'PROCESSING', worker_id: executionName('any', 1), version: 2 });
    const row = { ...job, worker_id: executionName(job.job_id, 1) };
    await world.putJob(row);
    const worker = await workers.start();
    world.passTime(3_600);
    await worker.look();
    await worker.sweep();
    expect(await world.rowOf(job)).toEqual(row);
  });
});

describe('a worker whose lease has ended', () => {
  it('stops, and starts anew under another lease', async () => {
    const { worker, job } = await jobAtWait();
    const id = worker.id;
    // as if its machine had been suspended
    await workers.passLease(LEASE_SECONDS);
    expect(worker.holdsLease).toBe(false);
    await worker.renew();
    expect(worker.id).not.toBe(id);
    expect(worker.holdsLease).toBe(true);
    expect(messagesOf(worker)).toContainEqual(expect.stringMatching(/lease .* has ended/));
    expect(worker.executions.names()).toEqual([nameOf(job)]);
    expect(world.sent()).toHaveLength(1);
  });

  it('calls nobody any more, and marks no row as failed', async () => {
    const waiting = Promise.withResolvers<void>();
    const { worker, job } = await jobAtWait(() => waiting.promise);
    const calls = world.standIn.calls.length;
    await workers.passLease(LEASE_SECONDS);
    waiting.resolve();
    await worker.executions.idle();
    await worker.executions.rest();
    expect(world.standIn.calls).toHaveLength(calls);
    expect(await statusOf(job)).toBe('PROCESSING');
    expect(await worker.executions.status(nameOf(job))).toBe('RUNNING');
  });

  it('cannot renew it when another has taken it away', async () => {
    const { worker } = await jobAtWait();
    const other = await workers.start();
    const { id } = worker;
    await world.db.send(
      new DeleteCommand({ TableName: TABLE_NAMES.ledger, Key: { job_id: `worker:${id}`, entry: 'lease' } }),
    );
    await other.look();
    expect(messagesOf(other)).toContain('execution taken over from a worker that is gone');
    await worker.renew();
    expect(worker.id).not.toBe(id);
    expect(worker.executions.names()).toEqual([]);
  });
});

describe('an execution', () => {
  it('that fails marks its row, and its name is not used again', async () => {
    const worker = await workers.start();
    const job = world.jobRow({ job_config: '{"max_batch_size": -1}' });
    await world.putJob(job);
    await worker.look();
    await worker.executions.idle();
    expect(await world.rowOf(job)).toMatchObject({ status: 'FAILED', process_exit_confirmed: true });
    await worker.executions.tend();
    expect(await worker.executions.status(nameOf(job))).toBe('FAILED');
    expect(await worker.executions.start(nameOf(job), {})).toBe('already_started');
  });

  it('that takes longer than the state machine may is timed out, and its row says so', async () => {
    const { worker, job } = await jobAtWait();
    world.passTime(77 * 3_600);
    await worker.executions.tend();
    expect(worker.executions.names()).toEqual([]);
    expect(await worker.executions.status(nameOf(job))).toBe('TIMED_OUT');
    expect(await world.rowOf(job)).toMatchObject({ status: 'FAILED', execution_status: 'TIMED_OUT' });
  });
});
