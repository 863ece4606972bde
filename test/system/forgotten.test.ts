import { describe, expect, it } from 'vitest';
import { executionName } from '../../lambdas/shared/names.ts';
import { submit } from '../../lambdas/steps/submit.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { killed, onNextCall } from '../support/faults.ts';
import { useWorld } from '../support/use-world.ts';
import type { Job } from '../support/world.ts';

const world = useWorld();

const MINUTES = 60;
const HOURS = 3_600;
const executionsOf = ({ job_id }: Job) =>
  world
    .machine()
    .names()
    .filter((name) => name.startsWith(job_id));

/** A job whose batch was sent by an execution that no machine knows of. */
async function lostJob(stage = ''): Promise<Job> {
  const job = world.jobRow();
  await world.deps.jobs.putNew(job);
  const execution = executionName(job.job_id, 1, stage);
  await submit(world.deps, { job_id: job.job_id, job_type: job.job_type, version: 1, execution });
  return job;
}

describe('a PENDING row that the stream has missed', () => {
  it('is started once, by the name that the stream would have used', async () => {
    const job = world.jobRow();
    await world.deps.jobs.putNew(job);
    expect(await world.sweep()).toMatchObject({ started: 0 });
    expect(executionsOf(job)).toEqual([]);
    world.passTime(6 * MINUTES);
    expect(await world.sweep()).toMatchObject({ started: 1, resumed: 0, closed: 0, oldest_seconds: 6 * MINUTES });
    expect(world.figures).toMatchObject({ OldestJobSeconds: 6 * MINUTES, JobsResumed: 1, UnwatchedBatches: 0 });
    await world.sweep();
    // and here the stream delivers it after all
    await world.settle();
    expect(executionsOf(job)).toEqual([executionName(job.job_id, 1)]);
    expect(await world.rowOf(job)).toMatchObject({ status: 'COMPLETED' });
    expect(world.sent()).toHaveLength(1);
    expect(await world.sweep()).toMatchObject({ started: 0, resumed: 0, closed: 0, oldest_seconds: 0 });
  });

  it('of two stages on one table is worked on by one: exactly one batch is sent', async () => {
    const job = world.jobRow();
    await world.deps.jobs.putNew(job);
    world.passTime(6 * MINUTES);
    const swept = await Promise.all(['one', 'two'].map((stage) => world.sweep({ stage })));
    expect(swept.reduce((sum, { started }) => sum + started, 0)).toBeGreaterThanOrEqual(1);
    await world.settle();
    expect(await world.rowOf(job)).toMatchObject({ status: 'COMPLETED' });
    expect(world.sent()).toHaveLength(1);
  });

  it('whose name was used by an execution that never claimed it gets a new one', async () => {
    const job = world.jobRow();
    const { job_id, job_type } = job;
    const name = executionName(job_id, 1);
    world.machine().start(name, { job_id, job_type, version: 1, execution: name });
    await world.machine().idle();
    await world.deps.jobs.putNew(job);
    world.passTime(6 * MINUTES);
    expect(await world.sweep()).toMatchObject({ started: 0, resumed: 1 });
    await world.settle();
    expect(await world.rowOf(job)).toMatchObject({ status: 'COMPLETED', resumed: 1 });
    expect(world.sent()).toHaveLength(1);
  });

  it('that cannot be understood is marked FAILED, and the rows after it are swept', async () => {
    const bad = world.jobRow({ conversation_id: 'abc' });
    const good = world.jobRow();
    for (const job of [bad, good]) await world.deps.jobs.putNew(job);
    world.passTime(6 * MINUTES);
    expect(await world.sweep()).toMatchObject({ started: 1, closed: 1 });
    await world.settle();
    expect([(await world.rowOf(bad)).status, (await world.rowOf(good)).status]).toEqual(['FAILED', 'COMPLETED']);
  });
});

describe('a PROCESSING row whose execution is lost', () => {
  it('is resumed with the batch that it has paid for', async () => {
    const job = await lostJob();
    expect(await world.sweep()).toMatchObject({ resumed: 0 });
    world.passTime(10 * MINUTES);
    expect(await world.sweep()).toMatchObject({ resumed: 1, closed: 0 });
    await world.settle();
    expect(await world.rowOf(job)).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
    expect(world.sent()).toHaveLength(1);
  });

  it('is resumed by its own stage only', async () => {
    const job = await lostJob('one');
    world.passTime(10 * MINUTES);
    const before = await world.rowOf(job);
    for (const stage of ['two', '']) expect(await world.sweep({ stage })).toMatchObject({ resumed: 0, closed: 0 });
    expect(await world.rowOf(job)).toEqual(before);
    expect(await world.sweep({ stage: 'one' })).toMatchObject({ resumed: 1 });
    await world.settle();
    expect(await world.rowOf(job)).toMatchObject({ status: 'COMPLETED' });
  });

  it('says that its execution was stopped, also when the event was lost', async () => {
    const job = world.jobRow();
    onNextCall(world.deps.batches, 'status', {
      before: () => {
        world.machine().abort(executionName(job.job_id, 1));
        killed();
      },
    });
    await world.putJob(job);
    await world.settle();
    world.passTime(10 * MINUTES);
    expect(await world.sweep()).toMatchObject({ closed: 1, resumed: 0, unwatched: 1 });
    const row = await world.rowOf(job);
    expect(row).toMatchObject({ status: 'FAILED', execution_status: 'ABORTED', checker_schedule_failed: true });
    // a person stopped it: it is counted, and not started against that person's will
    world.passTime(20 * HOURS);
    expect(await world.sweep()).toMatchObject({ resumed: 0, unwatched: 1 });
    expect(world.figures.UnwatchedBatches).toBe(1);
    await world.putJob({ ...row, status: 'PENDING', worker_id: 'none', version: Number(row.version) + 1 });
    await world.settle();
    expect(await world.rowOf(job)).toMatchObject({ status: 'COMPLETED' });
    expect(world.sent()).toHaveLength(1);
  });

  it('held by an old poller is left as it is, and so are rows of others', async () => {
    const rows = [
      world.jobRow({ status: 'PROCESSING', worker_id: 'python-1' }),
      world.jobRow({ status: 'PROCESSING', worker_id: executionName('another-job', 1) }),
      world.jobRow({ status: 'PROCESSING', job_type: 'FULL_PIPELINE' }),
      world.jobRow({ status: 'PENDING', job_type: 'FULL_PIPELINE' }),
      world.jobRow({ status: 'FAILED', worker_id: 'python-1', checker_schedule_failed: true, batch_id: 'b' }),
      world.jobRow({ status: 'CANCELLED', worker_id: 'python-1' }),
      world.jobRow({ status: 'LOCKED_FOR_CHECKING' }),
    ];
    for (const row of rows) await world.deps.jobs.putNew(row);
    world.passTime(48 * HOURS);
    expect(await world.sweep()).toEqual({ started: 0, resumed: 0, closed: 0, unwatched: 0, oldest_seconds: 0 });
    for (const row of rows) expect(await world.rowOf(row)).toEqual(JSON.parse(JSON.stringify(row)));
  });
});

describe('a paid batch that nobody watches', () => {
  it('is resumed an hour after its job failed', async () => {
    const job = world.jobRow();
    onNextCall(world.deps.batches, 'status', { before: killed });
    await world.putJob(job);
    await world.settle();
    expect(await world.rowOf(job)).toMatchObject({ status: 'FAILED', checker_schedule_failed: true });
    world.passTime(50 * MINUTES);
    expect(await world.sweep()).toMatchObject({ resumed: 0, unwatched: 1 });
    world.passTime(15 * MINUTES);
    expect(await world.sweep()).toMatchObject({ resumed: 1, unwatched: 0 });
    await world.settle();
    expect(await world.rowOf(job)).toMatchObject({ status: 'COMPLETED' });
    expect(world.sent()).toHaveLength(1);
  });

  it('is resumed three times, each time later, and then only counted', async () => {
    const job = world.jobRow();
    await world.putJob(job);
    world.standIn.script.answer('retrieve', 403, { times: 100 });
    await world.settle();
    for (const [attempt, hours] of [1, 4, 16].entries()) {
      expect(await world.rowOf(job)).toMatchObject({ status: 'FAILED', checker_schedule_failed: true });
      world.passTime(hours * HOURS - 60);
      expect(await world.sweep()).toMatchObject({ resumed: 0, unwatched: 1 });
      world.passTime(120);
      expect(await world.sweep()).toMatchObject({ resumed: 1, unwatched: 0 });
      await world.settle();
      expect((await world.rowOf(job)).resumed).toBe(attempt + 1);
    }
    world.passTime(200 * HOURS);
    expect(await world.sweep()).toMatchObject({ resumed: 0, unwatched: 1 });
    world.standIn.script.clear();
    expect(world.sent()).toHaveLength(1);
    // 29 days after, its results cannot be had any more
    world.passTime(29 * 24 * HOURS);
    expect(await world.sweep()).toMatchObject({ resumed: 0, unwatched: 0 });
  });
});

describe('rows that are left open', () => {
  it('the AWAITING row of a batch whose job has ended is closed as its job was', async () => {
    const job = world.jobRow();
    await world.putJob(job);
    await world.settle();
    const awaiting = (await world.all(TABLE_NAMES.jobs)).find((row) => row.batch_job_id === job.job_id) as Job;
    const { process_exit_confirmed: _, ...open } = awaiting;
    await world.putJob({ ...open, status: 'PROCESSING', completed_at: '' });
    world.passTime(10 * MINUTES);
    expect(await world.sweep()).toMatchObject({ closed: 1, oldest_seconds: 0 });
    expect(await world.rowOf(awaiting)).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
  });
});
