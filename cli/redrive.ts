import * as z from 'zod';
import { firstActiveRow } from '../lambdas/job/put.ts';
import { looseRow, standingOf } from '../lambdas/job/standing.ts';
import { requeue } from '../lambdas/job/transitions.ts';
import { type ActiveJobs, newJobTables } from '../lambdas/stores/guards.ts';
import { type JobTable, jobTable } from '../lambdas/stores/jobs.ts';
import { command, text } from './command.ts';
import { JobActive, WrongStatus } from './errors.ts';
import { attends, executionOf, narrativeJob, shownStatus } from './job-row.ts';
import { deadLetters, invokeSweep, redriveAll, sweptText } from './sweep.ts';

export const redrive = command({
  name: 'redrive',
  description:
    'resume a failed job; without JOB_ID, run the sweep, which starts or resumes forgotten jobs, and clear the dead letters',
  argument: ['[JOB_ID]', 'id of a FAILED job'],
  input: z.object({ jobId: text.optional() }),
  async run({ cloud, io, deployment }, { jobId }) {
    const { JobTableName, LedgerTableName, DeadLetterQueueUrl, SweepFunctionName, stage } = await deployment();
    if (jobId !== undefined) {
      const { jobs: active } = newJobTables(cloud.db, { jobs: JobTableName, ledger: LedgerTableName });
      const jobs = { ...jobTable(cloud.db, JobTableName), ...active };
      const value = await redriveJob({ jobs, now: io.now, stage }, jobId);
      return { value, text: redrivenText(value) };
    }
    const value = await redriveAll({
      letters: deadLetters(cloud.queues, DeadLetterQueueUrl),
      sweep: () => invokeSweep(cloud.lambda, SweepFunctionName),
    });
    return { value, text: sweptText(value) };
  },
});

export interface Redriven {
  job_id: string;
  status: 'PENDING';
  version: number;
  /** the execution that the job stream will start for it */
  execution: string;
}

/**
 * Puts a FAILED job back to PENDING, so that it resumes where it stopped: batches that were paid for are collected, and
 * nothing is bought twice.
 * @throws UnknownJob, WrongStatus, JobActive when the report has another active job
 */
export async function redriveJob(
  { jobs, now, stage }: { jobs: JobTable & ActiveJobs; now: () => Date; stage: string },
  jobId: string,
): Promise<Redriven> {
  const row = await narrativeJob(jobs, jobId);
  const { status, version } = row;
  if (attends(row, stage))
    throw new WrongStatus(`${jobId} watches a batch of job ${row.batch_job_id}: redrive that job`);
  if (status !== 'FAILED')
    throw new WrongStatus(`job ${jobId} is ${status}: ${WHY_NOT[status] ?? 'only another worker knows this status'}`);
  if (shownStatus(row) === 'CANCELLED') throw new WrongStatus(`job ${jobId} was cancelled: submit a new job`);
  // one whose execution was stopped continues with what its last function did, if one is still at work
  const loose = looseRow(row);
  const { kind, holder } = loose ? standingOf(loose, { stage }) : { kind: undefined, holder: undefined };
  // an execution of another stage may have been redriven there
  const stopped = kind === 'stopped' && holder === 'ours';
  if (row.process_exit_confirmed !== true && !stopped) {
    throw new WrongStatus(
      `job ${jobId} is FAILED, but parts of it may still be running (its row has no process_exit_confirmed): wait for its worker, or submit a new job`,
    );
  }
  const reportId = row.report_id ?? '';
  const other = await firstActiveRow(jobs, row.conversation_id, reportId, jobId);
  if (other)
    throw new JobActive(`report ${reportId} already has the active job ${other.job_id}: wait for it, or cancel it`);
  // a person asks: the sweep may requeue it as often as any job
  if (!loose || !(await requeue({ jobs, now }, loose, 'by a person, from the command line', undefined)))
    throw new WrongStatus(`job ${jobId} has changed in the meantime: check it (narratives job ${jobId}) and try again`);
  const pending = { ...row, status: 'PENDING', version: version + 1 };
  return {
    job_id: jobId,
    status: 'PENDING',
    version: pending.version,
    execution: executionOf(pending, stage) as string,
  };
}

const WHY_NOT: Record<string, string> = {
  PENDING: 'it waits to be started; narratives redrive without JOB_ID starts forgotten jobs',
  PROCESSING: 'it is being worked on; narratives redrive without JOB_ID resumes forgotten jobs',
  COMPLETED: 'it is done; submit a new job to write the report again',
  CANCELLED: 'it is being cancelled; submit a new job when it has ended',
};

export const redrivenText = ({ job_id, execution }: Redriven): string =>
  `job ${job_id} is PENDING again; the job stream starts execution ${execution} (narratives watch ${job_id})`;
