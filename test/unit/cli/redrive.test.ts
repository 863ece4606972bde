import { expect, test } from 'vitest';
import { oneLine, useDeployed } from '../../support/cli/deployed.ts';

const deployed = useDeployed();

test('redrive puts a FAILED job back to PENDING and names its execution', async () => {
  const job = await deployed.putJob({ status: 'FAILED', version: 4, worker_id: 'x', process_exit_confirmed: true });
  const said = await deployed.run(['redrive', job, '--json']);
  expect(said.json()).toEqual({ job_id: job, status: 'PENDING', version: 5, execution: `${job}-v5` });
  expect(await deployed.jobRow(job)).toMatchObject({ status: 'PENDING', version: 5, worker_id: 'none' });
});

test('redrive clears the row of its last end, but not that a paid batch is unwatched', async () => {
  const job = await deployed.putJob({
    status: 'FAILED',
    worker_id: 'x',
    process_exit_confirmed: true,
    resumed: 3,
    execution_redrives: 2,
    execution_status: 'TIMED_OUT',
    error_message: 'ExecutionTimedOut: …',
    completed_at: '2026-11-22T10:00:00.000Z',
    checker_schedule_failed: true,
  });
  expect((await deployed.run(['redrive', job])).code).toBe(0);
  const row = await deployed.jobRow(job);
  // until an execution has claimed the row, nobody watches the batch
  expect(row).toMatchObject({ status: 'PENDING', completed_at: '', checker_schedule_failed: true });
  for (const gone of ['resumed', 'execution_redrives', 'execution_status', 'error_message', 'process_exit_confirmed'])
    expect(row).not.toHaveProperty(gone);
});

test.each([
  [{ status: 'FAILED' }, /process_exit_confirmed/],
  [{ status: 'FAILED', execution_status: 'ABORTED', worker_id: 'job-v1-prod' }, /may still be running/],
  [{ status: 'COMPLETED' }, /is COMPLETED: it is done/],
  [{ status: 'CANCELLED' }, /is being cancelled|was cancelled/],
  [{ status: 'FAILED', withdrawn_reason: 'cancelled' }, /was cancelled: submit a new job/],
  [{ status: 'PENDING' }, /is PENDING: it waits to be started/],
  [{ status: 'PROCESSING' }, /is PROCESSING: it is being worked on/],
])('redrive refuses a job with %j in one line', async (change, line) => {
  const job = await deployed.putJob(change);
  const said = await deployed.run(['redrive', job]);
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(line));
  expect(await deployed.jobRow(job)).toMatchObject({ ...change, version: 1 });
});

test('redrive refuses a job whose report has another active job', async () => {
  const report_id = 'rbeside';
  const job = await deployed.putJob({ report_id, status: 'FAILED', process_exit_confirmed: true });
  const active = await deployed.putJob({ report_id });
  const said = await deployed.run(['redrive', job]);
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(new RegExp(`^JobActive: report ${report_id} already has the active job ${active}`)));
});
