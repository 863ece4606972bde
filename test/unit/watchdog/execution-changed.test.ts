import { describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import type { BatchEntry } from '../../../lambdas/shared/ledger-rows.ts';
import { executionName } from '../../../lambdas/shared/names.ts';
import { executionChanged } from '../../../lambdas/watchdog/execution-changed.ts';
import { batchEntry, JOB, jobRow } from '../../support/make.ts';
import { unitWorld } from '../../support/unit-world.ts';

const NOW = new Date('2026-11-22T10:00:00.000Z');
const NAME = executionName(JOB, 1);
const INPUT = { job_id: JOB, job_type: 'CREATE_NARRATIVE_BATCH', version: 1, execution: NAME };
const processing = (change: Record<string, unknown> = {}) =>
  jobRow({ status: 'PROCESSING', version: 4, worker_id: NAME, ...change });

function wired(row: Record<string, unknown>, batches: BatchEntry[] = []) {
  const world = unitWorld({ jobs: [row], batches, now: () => NOW });
  const hear = (detail: Record<string, unknown>) =>
    executionChanged(world.deps, { detail: { name: NAME, input: JSON.stringify(INPUT), redriveCount: 0, ...detail } });
  return { ...world, hear };
}

describe('an execution that ends outside "Fail job"', () => {
  test.each([
    ['ABORTED', /^ExecutionAborted: the execution was stopped by hand; to continue, run `narratives redrive /],
    ['TIMED_OUT', /^ExecutionTimedOut: the execution reached its time limit of 76 hours; /],
    ['FAILED', /^ExecutionFailed: the execution failed outside "Fail job"; /],
  ])('%s: its row is closed, and says what to do', async (status, message) => {
    const { hear, row, added } = wired(processing());
    expect(await hear({ status })).toEqual({ done: 'closed' });
    expect(row(JOB)).toMatchObject({
      status: 'FAILED',
      execution_status: status,
      execution_redrives: 0,
      completed_at: NOW.toISOString(),
      error_message: expect.stringMatching(message),
    });
    expect(row(JOB).error_message).toMatch(/choose Redrive in the Step Functions console$/);
    expect(row(JOB).checker_schedule_failed).toBeUndefined();
    // a function of it may still be at work
    expect(row(JOB).process_exit_confirmed).toBeUndefined();
    const error = String(row(JOB).error_message).split(':')[0];
    expect(added).toEqual([{ name: 'JobsFailed', value: 1, by: { error } }]);
  });

  test('what Step Functions says of it is passed on, and cut where it is long', async () => {
    const { hear, row } = wired(processing());
    await hear({ status: 'FAILED', error: 'States.Runtime', cause: 'x'.repeat(10_000) });
    expect(row(JOB).error_message).toMatch(/\(States\.Runtime: x+\)/);
    expect(String(row(JOB).error_message).length).toBeLessThan(1_000);
  });

  test.each(['intended', 'submitted', 'ended'] as const)('a batch that is %s is named as unwatched', async (state) => {
    const { hear, row } = wired(processing(), [batchEntry({ state, batch_id: 'msgbatch_1' })]);
    await hear({ status: 'ABORTED' });
    expect(row(JOB)).toMatchObject({
      checker_schedule_failed: true,
      error_message: expect.stringContaining('1 batch(es) left unwatched: msgbatch_1'),
    });
  });

  test('a batch that is collected is not', async () => {
    const { hear, row } = wired(processing(), [batchEntry({ state: 'collected', batch_id: 'msgbatch_1' })]);
    await hear({ status: 'ABORTED' });
    expect(row(JOB).checker_schedule_failed).toBeUndefined();
  });

  test('before it could claim its row: the row does not stay PENDING', async () => {
    const { hear, row } = wired(jobRow());
    expect(await hear({ status: 'ABORTED' })).toEqual({ done: 'closed' });
    expect(row(JOB)).toMatchObject({ status: 'FAILED', worker_id: NAME, execution_status: 'ABORTED' });
  });

  test('a row that is hard to read is closed as well', async () => {
    const { hear, row } = wired(processing({ conversation_id: 7 }));
    expect(await hear({ status: 'TIMED_OUT' })).toEqual({ done: 'closed' });
    expect(row(JOB)).toMatchObject({ status: 'FAILED', execution_status: 'TIMED_OUT' });
  });

  test.each([
    ['of another execution', processing({ worker_id: executionName(JOB, 9) })],
    ['of an old poller', processing({ worker_id: 'python-1' })],
    ['that is PENDING again', jobRow({ version: 5 })],
    ['that "Fail job" has closed', processing({ status: 'FAILED', process_exit_confirmed: true })],
    ['that is COMPLETED', processing({ status: 'COMPLETED', process_exit_confirmed: true })],
    ['that was cancelled and has its figures', processing({ status: 'FAILED', withdrawn_reason: 'cancelled' })],
    ['of an unknown status', processing({ status: 'LOCKED_FOR_CHECKING' })],
  ])('a row %s is left alone', async (_which, row) => {
    const { hear, changes } = wired(row);
    for (const status of ['ABORTED', 'TIMED_OUT', 'FAILED'])
      expect(await hear({ status })).toEqual({ done: 'nothing' });
    expect(changes).toEqual([]);
  });

  test('the same event twice closes the row once', async () => {
    const { hear, changes } = wired(processing());
    await hear({ status: 'ABORTED' });
    expect(await hear({ status: 'ABORTED' })).toEqual({ done: 'nothing' });
    expect(changes).toHaveLength(1);
  });

  test('a table that is away is an error, so that the event is delivered again', async () => {
    const { deps } = wired(processing());
    const jobs = { ...deps.jobs, get: () => Promise.reject(new StoreUnavailable('down')) };
    const event = { detail: { name: NAME, status: 'ABORTED', input: JSON.stringify(INPUT) } };
    await expect(executionChanged({ ...deps, jobs }, event)).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

describe('an execution that runs', () => {
  const stopped = {
    status: 'FAILED',
    process_exit_confirmed: true,
    execution_status: 'TIMED_OUT',
    error_message: 'why',
  };

  test('for the first time changes nothing', async () => {
    for (const redriveCount of [0, undefined, null]) {
      const { hear, changes } = wired(processing(stopped));
      expect(await hear({ status: 'RUNNING', redriveCount })).toEqual({ done: 'nothing' });
      expect(changes).toEqual([]);
    }
  });

  test('redriven: its row is PROCESSING again, and nothing of the end is left', async () => {
    const { hear, row } = wired(processing({ ...stopped, checker_schedule_failed: true }));
    expect(await hear({ status: 'RUNNING', redriveCount: 1 })).toEqual({ done: 'resumed' });
    expect(row(JOB)).toMatchObject({ status: 'PROCESSING', worker_id: NAME, completed_at: '', execution_redrives: 1 });
    for (const gone of ['error_message', 'process_exit_confirmed', 'checker_schedule_failed', 'execution_status'])
      expect(row(JOB)[gone]).toBeUndefined();
  });

  test('redriven after the job was cancelled: it is CANCELLED again until it has its figures', async () => {
    const { hear, row } = wired(processing({ ...stopped, withdrawn_reason: 'cancelled by a test' }));
    expect(await hear({ status: 'RUNNING', redriveCount: 1 })).toEqual({ done: 'resumed' });
    expect(row(JOB)).toMatchObject({ status: 'CANCELLED', withdrawn_reason: 'cancelled by a test' });
    expect(row(JOB).process_exit_confirmed).toBeUndefined();
  });

  test('redriven into "Fail job": the job is put back to PENDING under a new version', async () => {
    const { hear, row } = wired(processing({ ...stopped, execution_status: undefined, resumed: 3 }));
    expect(await hear({ status: 'RUNNING', redriveCount: 1 })).toEqual({ done: 'requeued' });
    expect(row(JOB)).toMatchObject({ status: 'PENDING', worker_id: 'none', version: 5, resumed: 0 });
  });

  test.each([
    ['of another execution', processing({ ...stopped, worker_id: executionName(JOB, 9) })],
    ['that is PENDING', jobRow({ worker_id: NAME })],
    ['that is COMPLETED', processing({ ...stopped, status: 'COMPLETED' })],
    ['that was stopped after that redrive', processing({ ...stopped, execution_redrives: 1 })],
    ['that failed after that redrive', processing({ ...stopped, execution_status: undefined, execution_redrives: 1 })],
  ])('redriven: a row %s is left alone', async (_which, row) => {
    const { hear, changes } = wired(row);
    expect(await hear({ status: 'RUNNING', redriveCount: 1 })).toEqual({ done: 'nothing' });
    expect(changes).toEqual([]);
  });
});

describe('an event that cannot be understood', () => {
  test.each([
    ['no event', undefined],
    ['text', 'text'],
    ['no detail', {}],
    ['no input, as when it is too large', { detail: { name: NAME, status: 'ABORTED' } }],
    ['input that is not JSON', { detail: { name: NAME, status: 'ABORTED', input: '{' } }],
    ['input without a job', { detail: { name: NAME, status: 'ABORTED', input: '{}' } }],
    [
      'an unknown job',
      { detail: { name: NAME, status: 'ABORTED', input: JSON.stringify({ ...INPUT, job_id: 'other' }) } },
    ],
    [
      'another name than the one it works under',
      { detail: { name: 'by-hand', status: 'ABORTED', input: JSON.stringify(INPUT) } },
    ],
  ])('%s: it is logged, and left to the sweep', async (_what, event) => {
    const { deps, changes, lines } = wired(processing());
    expect(await executionChanged(deps, event)).toEqual({ done: 'nothing' });
    expect([changes, lines.map(({ level }) => level)]).toEqual([[], ['error']]);
  });
});
