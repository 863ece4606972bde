import { AWAITING_BATCH, withLogLine } from '../../lambdas/domain/job-row.ts';
import type { JobTable } from '../../lambdas/ports.ts';
import { WrongStatus } from '../errors.ts';
import { ENDED, executionOf, narrativeJob } from './own-job.ts';

export interface Cancelled {
  job_id: string;
  status: 'CANCELLED';
  /** the status it had */
  was: string;
  /** the execution that collects what was sent, and then closes the job; null when there is nothing left to do */
  execution: string | null;
  /** who holds the row, where that is not an execution of this deployment */
  worker: string | null;
}

const TRIES = 5;

/**
 * Sets a job CANCELLED. One that is PENDING is closed; one that is PROCESSING is closed by its execution, after it has
 * collected what was sent.
 * @throws UnknownJob, WrongStatus
 */
export async function cancelJob(
  { jobs, now, stage }: { jobs: JobTable; now: () => Date; stage: string },
  jobId: string,
): Promise<Cancelled> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const row = await narrativeJob(jobs, jobId);
    const { status, version } = row;
    if (row.job_type === AWAITING_BATCH)
      throw new WrongStatus(`${jobId} watches a batch of job ${row.batch_job_id}: cancel that job`);
    if (status === 'CANCELLED') {
      const open = row.process_exit_confirmed !== true && executionOf(row, stage) !== undefined;
      throw new WrongStatus(
        `job ${jobId} is cancelled already${open ? '; its execution is still collecting what was sent' : ''}`,
      );
    }
    if (ENDED.includes(status)) throw new WrongStatus(`job ${jobId} is ${status} already: there is nothing to cancel`);
    if (status !== 'PENDING' && status !== 'PROCESSING')
      throw new WrongStatus(`job ${jobId} is ${status}, which only another worker knows: it is left alone`);
    const time = now().toISOString();
    const set = {
      status: 'CANCELLED',
      updated_at: time,
      logs: withLogLine(row.logs, time, 'INFO', 'cancelled from the command line'),
      // of a row that nobody has taken, nothing can be running
      ...(status === 'PENDING' ? { completed_at: time, process_exit_confirmed: true } : {}),
    };
    if ((await jobs.change(jobId, { status, version }, set)) === 'conflict') continue;
    const execution = status === 'PROCESSING' ? (executionOf(row, stage) ?? null) : null;
    const worker = status === 'PROCESSING' && execution === null ? (row.worker_id ?? null) : null;
    return { job_id: jobId, status: 'CANCELLED', was: status, execution, worker };
  }
  throw new WrongStatus(`job ${jobId} kept changing under ${TRIES} attempts to cancel it: try again`);
}
