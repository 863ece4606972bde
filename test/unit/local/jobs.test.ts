import { describe, expect, it } from 'vitest';
import type { Embedded } from '../../../local/embedded/embedded.ts';
import { completedJobs, type KnownJob, resumeJob, unfinishedJobs } from '../../../local/jobs.ts';
import { JOB, jobRow } from '../../support/make.ts';
import { clientOf } from '../../support/memory/dynamodb.ts';
import { unitWorld } from '../../support/unit-world.ts';

const OURS = `${JOB}-v1`;
const NOW = '2026-11-22T10:00:00.000Z';
/** A row as the program finds it in the table at its start. */
const row = (change: Record<string, unknown>) =>
  jobRow({ version: 2, worker_id: OURS, created_at: NOW, started_at: NOW, completed_at: '', ...change });

/** The embedded run over a table that holds this row. */
function embeddedWith(given: Record<string, unknown>) {
  const world = unitWorld({ jobs: [given] });
  const started: string[] = [];
  const machine = { start: (name: string) => void started.push(name) };
  const embedded = { db: clientOf(world.db), machine, world: world.deps } as unknown as Embedded;
  return { embedded, started, changes: world.changes };
}

const UNPAID = { checker_schedule_failed: true, process_exit_confirmed: true };
const LOCKED = { lock_expires_at: '2026-11-22T10:30:00.000Z' };
const states = [
  ['PROCESSING', { status: 'PROCESSING' }],
  ['PROCESSING under a live lock', { status: 'PROCESSING', ...LOCKED }],
  ['CANCELLED', { status: 'CANCELLED', withdrawn_reason: 'cancelled' }],
  ['FAILED with an unwatched batch', { status: 'FAILED', ...UNPAID }],
  ['FAILED because it was stopped', { status: 'FAILED', execution_status: 'ABORTED', checker_schedule_failed: true }],
] as const;
const others = [
  ['an old poller', 'delphi-worker-3'],
  ['a deployment with a stage', `${OURS}-prod`],
  ['an execution of another job', 'batch_report_r2_1764000000_00000000-v1'],
  ['a worker whose name ends alike', 'poller-v1'],
] as const;
const cases = states.flatMap(([state, change]) =>
  others.map(([who, worker_id]) => [state, who, { ...change, worker_id }] as const),
);

describe('the embedded run', () => {
  it.each(cases)('leaves a row that is %s alone when %s holds it', async (_, __, change) => {
    const { embedded, started, changes } = embeddedWith(row(change));
    expect(await unfinishedJobs(embedded)).toEqual([]);
    await resumeJob(embedded, row(change) as unknown as KnownJob);
    expect({ started, changes }).toEqual({ started: [], changes: [] });
  });

  it.each(states)('goes on with its own row that is %s', async (_, change) => {
    const { embedded, started, changes } = embeddedWith(row(change));
    const [found] = await unfinishedJobs(embedded);
    expect(found?.job_id).toBe(JOB);
    await resumeJob(embedded, found as KnownJob);
    const requeued = changes.map(({ status, worker_id }) => ({ status, worker_id }));
    if (change.status === 'FAILED') expect(requeued).toEqual([{ status: 'PENDING', worker_id: 'none' }]);
    else expect(started).toEqual([OURS]);
  });

  it('goes on with a row that waits, and not with one that waits for another worker', async () => {
    const waiting = { status: 'PENDING', version: 1 };
    expect(await unfinishedJobs(embeddedWith(row({ ...waiting, worker_id: 'none' })).embedded)).toHaveLength(1);
    expect(await unfinishedJobs(embeddedWith(row({ ...waiting, worker_id: 'delphi-worker-3' })).embedded)).toEqual([]);
  });

  it('leaves a row alone that an old poller has taken since it was listed', async () => {
    const taken = row({ status: 'PROCESSING', worker_id: 'delphi-worker-3', version: 3, ...LOCKED });
    const { embedded, started } = embeddedWith(taken);
    await resumeJob(embedded, row({ status: 'PENDING', version: 2, worker_id: 'none' }) as unknown as KnownJob);
    expect(started).toEqual([]);
  });

  it('writes no report of a job that another worker completed', async () => {
    const completed = { status: 'COMPLETED', completed_at: NOW };
    expect(await completedJobs(embeddedWith(row(completed)).embedded, 'r1abc')).toHaveLength(1);
    expect(
      await completedJobs(embeddedWith(row({ ...completed, worker_id: 'delphi-worker-3' })).embedded, 'r1abc'),
    ).toEqual([]);
  });
});
