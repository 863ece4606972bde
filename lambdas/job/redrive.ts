import { AWAITING_BATCH, CREATE_BATCH } from '../shared/job-row.ts';
import type { ActiveJobs } from '../stores/guards.ts';
import type { JobTable } from '../stores/jobs.ts';
import { firstActiveRow } from './put.ts';
import { executionOf, looseRow, readJob, standingOf } from './standing.ts';
import { requeue } from './transitions.ts';

export interface Redriven {
  job_id: string;
  status: 'PENDING';
  version: number;
  /** the execution that the job stream will start for it */
  execution: string;
}

/** What became of a job that was to be redriven. */
export type RedriveAnswer =
  | { kind: 'redriven'; redriven: Redriven }
  /** no row of this id */
  | { kind: 'unknown' }
  /** the row is left as it is; `why` says what can be done */
  | { kind: 'refused'; why: string }
  /** the report has another job that is under way */
  | { kind: 'active'; why: string };

export interface RedriveDeps {
  jobs: JobTable & ActiveJobs;
  now: () => Date;
  /** of the deployment; empty: none */
  stage: string;
  /** for the row's log: how it was asked for */
  by: string;
}

const refused = (why: string): RedriveAnswer => ({ kind: 'refused', why });

/**
 * Puts a FAILED job back to PENDING, so that it resumes where it stopped: batches that were paid for are collected, and
 * nothing is bought twice. What is still missing is bought.
 * @throws InvalidJobRow, StoreUnavailable
 */
export async function redriveJob({ jobs, now, stage, by }: RedriveDeps, jobId: string): Promise<RedriveAnswer> {
  const found = await jobs.get(jobId);
  if (!found) return { kind: 'unknown' };
  if (found.job_type !== CREATE_BATCH && found.job_type !== AWAITING_BATCH)
    return refused(`job ${jobId} is a ${String(found.job_type)} job of another system: it is left alone`);
  const row = await readJob({ get: async () => found }, jobId);
  const loose = looseRow(found);
  if (!row || !loose) return { kind: 'unknown' };
  const { kind, holder } = standingOf(loose, { stage });
  if (holder === 'our job') return refused(`${jobId} watches a batch of job ${row.batch_job_id}: redrive that job`);
  if (kind === 'withdrawn') return refused(`job ${jobId} was cancelled: submit a new job`);
  if (row.status !== 'FAILED')
    return refused(`job ${jobId} is ${row.status}: ${WHY_NOT[row.status] ?? 'only another worker knows this status'}`);
  // one whose execution was stopped continues with what its last function did, if one is still at work;
  // an execution of another stage may have been redriven there
  const stopped = kind === 'stopped' && holder === 'ours';
  if (loose.process_exit_confirmed !== true && !stopped) {
    return refused(
      `job ${jobId} is FAILED, but parts of it may still be running (its row has no process_exit_confirmed): wait for its worker, or submit a new job`,
    );
  }
  const reportId = row.report_id ?? '';
  const other = await firstActiveRow(jobs, row.conversation_id, reportId, jobId);
  if (other) {
    const why = `report ${reportId} already has the active job ${other.job_id}: wait for it, or cancel it`;
    return { kind: 'active', why };
  }
  // a person asks: the sweep may requeue it as often as any job
  if (!(await requeue({ jobs, now }, loose, `by a person, ${by}`, undefined)))
    return refused(`job ${jobId} has changed in the meantime: look at it again, and try again`);
  const pending = { ...loose, status: 'PENDING', version: row.version + 1 };
  const execution = executionOf(pending, stage) as string;
  return { kind: 'redriven', redriven: { job_id: jobId, status: 'PENDING', version: pending.version, execution } };
}

const WHY_NOT: Record<string, string> = {
  PENDING: 'it waits to be started; the sweep starts jobs that were forgotten',
  PROCESSING: 'it is being worked on; the sweep resumes jobs that were forgotten',
  COMPLETED: 'it is done; submit a new job to write the report again',
  CANCELLED: 'it is being cancelled; submit a new job when it has ended',
};
