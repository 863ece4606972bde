import { executionOf as executionOfRow, looseRow, readJob, standingOf } from '../lambdas/job/standing.ts';
import { AWAITING_BATCH, CREATE_BATCH, type JobRow } from '../lambdas/shared/job-row.ts';
import type { JobTable } from '../lambdas/stores/jobs.ts';
import { UnknownJob, WrongStatus } from './errors.ts';

export const unknownJob = (jobId: string): UnknownJob =>
  new UnknownJob(`there is no job ${jobId}: narratives jobs lists them (is it of another stage?)`);

/**
 * A job row of this project's two types.
 * @throws UnknownJob; WrongStatus for a job of another system
 */
export async function narrativeJob(jobs: Pick<JobTable, 'get'>, jobId: string): Promise<JobRow> {
  const row = await jobs.get(jobId);
  if (!row) throw unknownJob(jobId);
  if (row.job_type !== CREATE_BATCH && row.job_type !== AWAITING_BATCH)
    throw new WrongStatus(`job ${jobId} is a ${String(row.job_type)} job of another system: it is left alone`);
  return (await readJob(jobs as JobTable, jobId)) as JobRow;
}

/** The name of the execution that works, or last worked, on a row; undefined when another worker holds it. */
export const executionOf = (row: JobRow, stage: string): string | undefined => {
  const loose = looseRow(row);
  return loose && executionOfRow(loose, stage);
};

/** The status as a person is shown it: a cancelled job ends FAILED, as the Polis server knows no other end, and is called CANCELLED. */
export function shownStatus(row: JobRow): string {
  const loose = looseRow(row);
  return loose && standingOf(loose, { stage: undefined }).kind === 'withdrawn' ? 'CANCELLED' : String(row.status);
}

/** Whether a row is one that an execution of another job keeps for its batch. */
export const attends = (row: JobRow, stage: string): boolean => {
  const loose = looseRow(row);
  return loose !== undefined && standingOf(loose, { stage }).holder === 'our job';
};
