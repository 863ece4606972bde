import { describe, expect, test } from 'vitest';
import type { BatchEntry } from '../../../lambdas/shared/ledger-rows.ts';
import { executionName } from '../../../lambdas/shared/names.ts';
import type { ExecutionStatus } from '../../../lambdas/stores/executions.ts';
import { MAX_RESUMED } from '../../../lambdas/watchdog/sweep.ts';
import { batchEntry, JOB } from '../../support/make.ts';
import { ago, NAME, NOTHING, pending, processing, wired } from '../../support/sweep-world.ts';

/** A cancelled job that an execution worked on; its row is of version 4. */
const open = (change: Record<string, unknown> = {}) => processing({ status: 'CANCELLED', ...change });
/** One whose execution was stopped after that: it has ended as withdrawn. */
const stopped = (change: Record<string, unknown> = {}) =>
  open({
    status: 'FAILED',
    withdrawn_reason: 'cancelled by a test',
    process_exit_confirmed: true,
    checker_schedule_failed: true,
    execution_status: 'ABORTED',
    ...change,
  });
const batches = [batchEntry({ state: 'submitted', batch_id: 'b' })];
const NEXT = executionName(JOB, 5);

describe('a CANCELLED row with a paid batch that nobody watches', () => {
  test.each<[string, Record<string, unknown>, ExecutionStatus, BatchEntry[]]>([
    ['whose execution was stopped', open(), 'ABORTED', batches],
    ['whose execution has left it', open(), 'SUCCEEDED', batches],
    ['whose execution is gone', open(), 'unknown', batches],
    ['that was closed when its execution was stopped', stopped(), 'ABORTED', batches],
    ['that had failed before', stopped({ execution_status: undefined }), 'FAILED', batches],
    ['whose submission was never confirmed', open(), 'ABORTED', [batchEntry()]],
  ])('%s is resumed by a new execution', async (_what, row, status, left) => {
    const { run, row: rowOf, started, inputs } = wired([row], { status, batches: left });
    expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    expect(started).toEqual([NEXT]);
    expect(inputs).toEqual([{ job_id: JOB, job_type: 'CREATE_NARRATIVE_BATCH', execution: NEXT, version: 5 }]);
    expect(rowOf(JOB)).toMatchObject({ status: 'CANCELLED', worker_id: NEXT, version: 5, resumed: 1 });
    for (const gone of ['process_exit_confirmed', 'checker_schedule_failed', 'execution_status'])
      expect(rowOf(JOB)[gone]).toBeUndefined();
    expect(String(rowOf(JOB).logs)).toContain(NEXT);
  });

  test('put back before and cancelled while it waited is resumed as well', async () => {
    const { run, row, started } = wired([pending({ status: 'CANCELLED', version: 4 })], { batches });
    expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    expect(started).toEqual([NEXT]);
    expect(row(JOB)).toMatchObject({ status: 'CANCELLED', worker_id: NEXT });
  });

  test('is started by the same name when the sweep was killed in between', async () => {
    const first = wired([open()], { status: 'ABORTED', batches });
    first.deps.executions.start = () => Promise.reject(new Error('the process was killed'));
    expect(await first.run()).toMatchObject(NOTHING);
    const taken = first.row(JOB);
    expect(taken).toMatchObject({ worker_id: NEXT, version: 5 });
    const later = { ...taken, updated_at: ago(10) };
    const { run, row, started } = wired([later], { status: 'unknown', batches });
    expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    expect(started).toEqual([NEXT]);
    expect(row(JOB)).toEqual(later);
  });

  test.each([
    [0, 4, 6],
    [1, 4, 6],
    [2, 59, 61],
    [3, 239, 241],
    [4, 959, 961],
  ])('that was resumed %i times is resumed after %i minutes', async (resumed, early, due) => {
    const old = { created_at: ago(2_000), started_at: ago(2_000), resumed };
    const given = { status: 'ABORTED', batches } as const;
    const waits = wired([stopped({ ...old, updated_at: ago(early) })], given);
    expect(await waits.run()).toMatchObject({ ...NOTHING, unwatched: 1 });
    expect(waits.changes).toEqual([]);
    const { run, row } = wired([stopped({ ...old, updated_at: ago(due) })], given);
    expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    expect(row(JOB).resumed).toBe(resumed + 1);
  });

  test('and that was resumed too often is closed with what is known', async () => {
    const given = { status: 'ABORTED', batches } as const;
    const { run, row, started, figures } = wired([open({ resumed: MAX_RESUMED })], given);
    expect(await run()).toMatchObject({ ...NOTHING, closed: 1 });
    expect(row(JOB)).toMatchObject({
      status: 'FAILED',
      withdrawn_reason: 'cancelled',
      execution_status: 'ABORTED',
      checker_schedule_failed: true,
    });
    expect(figures.JobsCancelled).toBe(1);
    const later = wired([row(JOB)], given);
    expect(await later.run()).toMatchObject({ ...NOTHING, unwatched: 1 });
    expect([...started, ...later.started]).toEqual([]);
  });

  test.each([
    ['still runs', open(), 'RUNNING'],
    ['was written a moment ago', open({ updated_at: ago(1) }), 'ABORTED'],
    ['an old poller holds', open({ worker_id: 'python-1' }), 'unknown'],
    ['another job’s execution holds', open({ worker_id: executionName('other', 1) }), 'unknown'],
    ['another stage works on', open({ worker_id: executionName(JOB, 1, 'beta') }), 'unknown'],
    ['cannot be read', stopped({ conversation_id: 'abc' }), 'ABORTED'],
  ] as const)('that %s is left alone', async (_what, row, status) => {
    const { run, changes, started } = wired([row], { status, batches });
    expect(await run()).toMatchObject({ started: 0, resumed: 0, closed: 0 });
    expect(changes).toEqual([]);
    expect(started).toEqual([]);
  });

  test('whose execution was redriven without an event is its again', async () => {
    const { run, deps, row, started } = wired([stopped()], { status: 'RUNNING', batches });
    deps.ledger.plan = async () => undefined;
    expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    expect(started).toEqual([]);
    expect(row(JOB)).toMatchObject({ status: 'CANCELLED', worker_id: NAME });
    expect(row(JOB).process_exit_confirmed).toBeUndefined();
  });

  test('found after its row was closed is resumed', async () => {
    const { run, row } = wired([stopped({ checker_schedule_failed: undefined })], { status: 'ABORTED', batches });
    expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    expect(row(JOB).worker_id).toBe(NEXT);
  });
});

describe('a CANCELLED row without one', () => {
  const collected = [batchEntry({ state: 'collected', batch_id: 'b' })];

  test.each(['ABORTED', 'SUCCEEDED', 'unknown'] as const)('whose execution is %s gets its figures', async (status) => {
    const { run, row, figures } = wired([open()], { status, batches: collected });
    expect(await run()).toMatchObject({ ...NOTHING, closed: 1 });
    expect(row(JOB)).toMatchObject({ status: 'FAILED', withdrawn_reason: 'cancelled' });
    expect(row(JOB).process_exit_confirmed).toBe(status === 'ABORTED' ? undefined : true);
    expect(row(JOB).checker_schedule_failed).toBeUndefined();
    expect(figures.JobsCancelled).toBe(1);
  });

  test('whose batch was collected after all no longer says that it is unwatched', async () => {
    const told = stopped({ execution_status: undefined });
    const { run, row } = wired([told], { batches: collected });
    expect(await run()).toMatchObject(NOTHING);
    expect(row(JOB).checker_schedule_failed).toBeUndefined();
    expect(row(JOB)).toMatchObject({ status: 'FAILED', withdrawn_reason: 'cancelled by a test' });
  });

  test.each(['none', '', undefined])('that nobody had taken (worker_id %j) is confirmed, once', async (worker_id) => {
    const { run, row, changes, started } = wired([pending({ status: 'CANCELLED', worker_id })]);
    expect(await run()).toMatchObject({ ...NOTHING, closed: 1 });
    expect(row(JOB)).toMatchObject({
      status: 'FAILED',
      withdrawn_reason: 'cancelled',
      process_exit_confirmed: true,
      version: 2,
    });
    expect(Date.parse(String(row(JOB).completed_at))).not.toBeNaN();
    expect(await run()).toMatchObject(NOTHING);
    expect(changes).toHaveLength(1);
    expect(started).toEqual([]);
  });

  test.each([
    ['was cancelled a moment ago', { updated_at: ago(1) }],
    ['is another worker’s', { worker_id: 'python-1' }],
    ['is a row of the old pipeline that nobody had taken', { job_type: 'AWAITING_NARRATIVE_BATCH', batch_id: 'b' }],
  ])('that %s is left alone', async (_what, change) => {
    const { run, changes } = wired([pending({ status: 'CANCELLED', ...change })]);
    expect(await run()).toMatchObject(NOTHING);
    expect(changes).toEqual([]);
  });
});

describe('a withdrawn row whose execution was stopped', () => {
  const row = () => stopped({ process_exit_confirmed: undefined, checker_schedule_failed: undefined });

  test.each([
    [19, undefined],
    [21, true],
  ])('%i minutes ago: nothing of it runs any more: %j', async (minutes, confirmed) => {
    const old = { created_at: ago(2_000), started_at: ago(2_000), updated_at: ago(minutes) };
    const { run, row: rowOf } = wired([{ ...row(), ...old }], { status: 'ABORTED' });
    await run();
    expect(rowOf(JOB).process_exit_confirmed).toBe(confirmed);
  });
});
