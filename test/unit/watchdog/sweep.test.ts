import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { executionName, isExecutionName } from '../../../lambdas/shared/names.ts';
import { sweep } from '../../../lambdas/watchdog/sweep.ts';
import { batchEntry, JOB } from '../../support/make.ts';
import { ago, NAME, NOTHING, pending, processing, unwatched, wired } from '../../support/sweep-world.ts';

describe('a PENDING row', () => {
  test('that has waited for five minutes is started by its own name', async () => {
    const { run, started } = wired([pending()]);
    expect(await run()).toEqual({ ...NOTHING, started: 1, oldest_seconds: 600, jobs: { started: [JOB] } });
    expect(started).toEqual([NAME]);
  });

  test.each([
    ['was put in a moment ago', { created_at: ago(4), updated_at: ago(4) }],
    ['was put back a moment ago', { updated_at: ago(4) }],
  ])('that %s is left to the stream', async (_why, change) => {
    const { run, started } = wired([pending(change)]);
    expect(await run()).toMatchObject(NOTHING);
    expect(started).toEqual([]);
  });

  test.each(['RUNNING', 'PENDING_REDRIVE'] as const)('whose execution is %s is left to it', async (status) => {
    const { run, started, changes } = wired([pending()], { status });
    expect(await run()).toMatchObject(NOTHING);
    expect([started, changes]).toEqual([[], []]);
  });

  test.each(['SUCCEEDED', 'FAILED', 'TIMED_OUT'] as const)('whose execution is %s gets a new name', async (status) => {
    const { run, row } = wired([pending()], { status });
    expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    expect(row(JOB)).toMatchObject({ status: 'PENDING', version: 2, resumed: 1, updated_at: ago(0) });
  });

  test('whose execution a person stopped is closed, as its event would have done', async () => {
    const { run, row } = wired([pending()], { status: 'ABORTED' });
    expect(await run()).toMatchObject({ ...NOTHING, closed: 1, oldest_seconds: 0 });
    expect(row(JOB)).toMatchObject({ status: 'FAILED', execution_status: 'ABORTED' });
  });

  test('that was put back five times is closed, and says so', async () => {
    const { run, row } = wired([pending({ resumed: 5 })], { status: 'SUCCEEDED' });
    expect(await run()).toMatchObject({ ...NOTHING, closed: 1 });
    expect(row(JOB)).toMatchObject({ status: 'FAILED', process_exit_confirmed: true });
    expect(row(JOB).error_message).toMatch(/^ExecutionLost: .*requeued 5 times.*narratives redrive/);
  });
});

describe('a PROCESSING row', () => {
  test.each(['RUNNING', 'PENDING_REDRIVE'] as const)('whose execution is %s is fine', async (status) => {
    const { run, changes } = wired([processing()], { status });
    expect(await run()).toEqual({ ...NOTHING, oldest_seconds: 3_000 });
    expect(changes).toEqual([]);
  });

  test.each(['FAILED', 'TIMED_OUT', 'ABORTED'] as const)('whose execution is %s is closed', async (status) => {
    const { run, row } = wired([processing()], { status, batches: [batchEntry({ batch_id: 'b' })] });
    expect(await run()).toMatchObject({ ...NOTHING, closed: 1 });
    expect(row(JOB)).toMatchObject({ status: 'FAILED', execution_status: status, checker_schedule_failed: true });
  });

  test.each(['SUCCEEDED', 'unknown'] as const)('whose execution is gone (%s) is resumed', async (status) => {
    const { run, row } = wired([processing()], { status });
    expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    expect(row(JOB)).toMatchObject({ status: 'PENDING', worker_id: 'none', version: 5, resumed: 1 });
  });

  test('that was resumed five times is closed, with its batch named', async () => {
    const { run, row } = wired([processing({ resumed: 5 })], { batches: [batchEntry({ batch_id: 'b' })] });
    expect(await run()).toMatchObject({ ...NOTHING, closed: 1 });
    expect(row(JOB).error_message).toMatch(/^ExecutionLost: .*left unwatched: b;/);
  });

  test('that was claimed a moment ago is given time', async () => {
    const { run, changes } = wired([processing({ started_at: ago(2) })]);
    expect(await run()).toMatchObject(NOTHING);
    expect(changes).toEqual([]);
  });

  test.each([
    ['an old poller', 'python-1', ''],
    ['another job', executionName('other', 1), ''],
    ['another stage', executionName(JOB, 1, 'dev'), ''],
    ['the deployment without a stage', NAME, 'dev'],
  ])('of %s is never touched, nor counted', async (_whose, worker_id, stage) => {
    const { run, changes } = wired([processing({ worker_id })], { stage });
    expect(await run()).toEqual({ ...NOTHING, oldest_seconds: 0 });
    expect(changes).toEqual([]);
  });

  test('that has moved on since the index was written is left alone', async () => {
    const { run, deps, changes } = wired([processing()]);
    await deps.jobs.change(JOB, { status: 'PROCESSING', version: 4 }, { status: 'COMPLETED' });
    expect(await run()).toMatchObject(NOTHING);
    expect(changes).toHaveLength(1);
  });
});

describe('the AWAITING row that tells of a batch of one of our jobs', () => {
  const watch = processing({ job_id: 'watch', job_type: 'AWAITING_NARRATIVE_BATCH', batch_job_id: JOB });

  test.each([
    ['FAILED', 'FAILED'],
    ['COMPLETED', 'COMPLETED'],
  ])('is closed after its job has ended as %s', async (status, closed) => {
    const { run, row } = wired([watch, unwatched({ status, checker_schedule_failed: undefined })]);
    expect(await run()).toMatchObject({ ...NOTHING, closed: 1 });
    expect(row('watch')).toMatchObject({ status: closed, process_exit_confirmed: true });
  });

  test('is left while its job waits to be resumed', async () => {
    const waiting = pending({ process_exit_confirmed: true, updated_at: ago(1) });
    const { run, changes } = wired([watch, waiting]);
    expect(await run()).toMatchObject(NOTHING);
    expect(changes).toEqual([]);
  });
});

describe('a sweep', () => {
  const two = [pending({ job_id: 'one' }), pending({ job_id: 'two' })];

  test('goes on past a row that makes trouble, and says which it was', async () => {
    const { run, deps, started, lines } = wired(two);
    const { get } = deps.jobs;
    deps.jobs.get = (jobId) => (jobId === 'one' ? Promise.reject(new StoreUnavailable('down')) : get(jobId));
    expect(await run()).toMatchObject({ started: 1 });
    expect(started).toEqual([executionName('two', 1)]);
    expect(lines.find(({ level }) => level === 'error')?.fields).toMatchObject({
      job_id: 'one',
      error_name: 'StoreUnavailable',
    });
  });

  test('stops in time, and then publishes no half counts', async () => {
    let looks = 0;
    const { run, started, figures } = wired(two, { remainingMs: () => (looks++ === 0 ? 60_000 : 10_000) });
    expect(await run()).toMatchObject({ started: 1 });
    expect(started).toHaveLength(1);
    expect(figures).toEqual({ JobsResumed: 1 });
  });

  test('over an empty table says 0, so that alarms go out', async () => {
    const { run, figures } = wired([]);
    expect(await run()).toEqual({ ...NOTHING, oldest_seconds: 0 });
    expect(figures).toEqual({ JobsResumed: 0, OldestJobSeconds: 0, UnwatchedBatches: 0 });
  });

  test('tells what it did, by job, in its answer and in the log', async () => {
    const { run, lines } = wired(two);
    expect((await run()).jobs).toEqual({ started: ['one', 'two'] });
    const told = lines.find(({ message }) => message === 'swept')?.fields;
    expect(told).toMatchObject({
      started: 2,
      finished: true,
      jobs: { started: ['one', 'two'] },
    });
  });

  test('whose index cannot be read fails', async () => {
    const { deps } = wired([]);
    const withStatus = () => {
      throw new StoreUnavailable('down');
    };
    await expect(sweep({ ...deps, finder: { withStatus } })).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

describe('whose a worker_id is', () => {
  const stage = fc.constantFrom('', 'dev', 'v2', 'a-v3', 'prod-1');
  const jobId = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 120 }),
    fc.constantFrom(JOB, 'a-v1', 'a'),
  );
  const version = fc.nat(1_000_000);

  test('the name of an execution is its own job’s and stage’s, and nobody else’s', () => {
    fc.assert(
      fc.property(jobId, version, stage, jobId, stage, (job, v, at, otherJob, otherStage) => {
        const name = executionName(job, v, at);
        expect(isExecutionName(name, job, at)).toBe(true);
        if (otherJob === job && otherStage !== at) expect(isExecutionName(name, otherJob, otherStage)).toBe(false);
      }),
    );
  });

  test.each(['none', '', 'python-1', 'job', 'job-v', 'job-v1x', 'job-v01', 'job-v1-dev', 'job-v-1', 'xjob-v1'])(
    '%j is no execution of job',
    (workerId) => {
      expect(isExecutionName(workerId, 'job')).toBe(false);
    },
  );
});
