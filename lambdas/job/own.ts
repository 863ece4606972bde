import { InvalidJobRow, StoreUnavailable } from '../shared/errors.ts';
import { type JobRow, jobRowSchema } from '../shared/job-row.ts';
import type { Log } from '../shared/log.ts';
import { parseOr } from '../shared/parse.ts';
import type { JobTable } from '../stores/jobs.ts';

const TRIES = 5;

/**
 * Reads a job row of our two types.
 * @returns undefined when it does not exist
 * @throws InvalidJobRow naming the attribute
 */
export async function readJob(jobs: JobTable, jobId: string): Promise<JobRow | undefined> {
  const row = await jobs.get(jobId);
  return (
    row &&
    parseOr(
      jobRowSchema,
      row,
      (line) => new InvalidJobRow(`job row ${jobId}: ${line}; mend the attribute and redrive the job`),
    )
  );
}

export const isOurs = (row: JobRow, execution: string): boolean =>
  row.status === 'PROCESSING' && row.worker_id === execution;

/**
 * Whether the row was marked FAILED because this very execution was stopped, ran out of time or broke off: should it be
 * redriven, it goes on.
 */
export const wasStopped = (row: JobRow, execution: string): boolean =>
  row.status === 'FAILED' && row.worker_id === execution && typeof row.execution_status === 'string';

/** Whether the job was cancelled while this very execution worked on it: what was sent is still its to bring to an end. */
export const isCancelledUnder = (row: Readonly<Record<string, unknown>> | undefined, execution: string): boolean =>
  row?.status === 'CANCELLED' && row.worker_id === execution;

/**
 * What is taken off a row that had ended and is worked on again. `lock_expires_at` is an old poller's: it never takes its lock
 * off a job that failed under it, and takes a PROCESSING row with a lock that has run out for one of its own that is stuck.
 */
export const REOPENED = {
  completed_at: '',
  error_message: undefined,
  process_exit_confirmed: undefined,
  checker_schedule_failed: undefined,
  execution_status: undefined,
  lock_expires_at: undefined,
} as const;

/**
 * Changes a row that this execution owns; a concurrent change of the version is read again and the change made on top.
 * @param set what to write, made from the row as it stands
 * @param mine which rows count as its own
 * @returns false when the row is not, or no longer, this execution's: it is left alone
 */
export async function changeOwn(
  { jobs, log }: { jobs: JobTable; log: Log },
  jobId: string,
  execution: string,
  set: (row: JobRow) => Record<string, unknown>,
  mine: (row: JobRow) => boolean = (row) => isOurs(row, execution),
): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const row = await readJob(jobs, jobId);
    if (!row || !mine(row)) {
      log.warn('job row is not ours: left alone', { job_id: jobId, status: row?.status });
      return false;
    }
    const condition = { status: row.status, version: row.version, worker_id: execution };
    if ((await jobs.change(jobId, condition, set(row))) === 'changed') return true;
  }
  throw new StoreUnavailable(`job row ${jobId} kept changing under ${TRIES} attempts to write it`);
}

/**
 * Takes a PENDING row of the given version, or finds that this execution already has it (a step run again).
 *
 * A row that was marked FAILED when this execution was stopped is not taken back here. A step may have been under way at
 * that moment: by taking the row back it would leave it PROCESSING with nobody at work, and spend money after the stop. In
 * a redriven execution the news of the redrive reopens the row within seconds, and the step, tried again, finds it its own.
 * @returns undefined when the row is another's, gone, or has moved on
 * @throws StoreUnavailable when this execution was stopped, and no redrive is known of yet
 */
export async function claim(deps: ClaimDeps, job: Claimed): Promise<JobRow | undefined> {
  const row = await readJob(deps.jobs, job.job_id);
  if (row && wasStopped(row, job.execution)) {
    throw new StoreUnavailable(
      `job row ${job.job_id} says that this execution was stopped (${row.execution_status}) and not that it was redriven: redrive the job if this lasts`,
    );
  }
  return row && take(deps, job, row);
}

/** As `claim`, for a step that closes the row: one that was marked when this execution was stopped is no error. */
export async function takePending(deps: ClaimDeps, job: Claimed): Promise<JobRow | undefined> {
  const row = await readJob(deps.jobs, job.job_id);
  return row && take(deps, job, row);
}

type ClaimDeps = { jobs: JobTable; now: () => Date };
type Claimed = { job_id: string; version: number; execution: string };

async function take({ jobs, now }: ClaimDeps, job: Claimed, row: JobRow): Promise<JobRow | undefined> {
  if (isOurs(row, job.execution)) return row;
  if (row.status !== 'PENDING' || row.version !== job.version) return undefined;
  const time = now().toISOString();
  const set = {
    ...REOPENED,
    status: 'PROCESSING',
    worker_id: job.execution,
    started_at: time,
    updated_at: time,
    execution_redrives: undefined,
  };
  const answer = await jobs.change(job.job_id, { status: 'PENDING', version: row.version }, set);
  if (answer === 'changed') return { ...row, ...set, version: row.version + 1 } as JobRow;
  const after = await readJob(jobs, job.job_id);
  return after && isOurs(after, job.execution) ? after : undefined;
}
