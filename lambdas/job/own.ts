import { InvalidJobRow, StoreUnavailable } from '../domain/errors.ts';
import { type JobRow, jobRowSchema } from '../domain/job-row.ts';
import { parseOr } from '../domain/parse.ts';
import type { JobTable, Log } from '../ports.ts';

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
      (line) => new InvalidJobRow(`job row ${jobId}: ${line}; mend the attribute and set the job to PENDING`),
    )
  );
}

export const isOurs = (row: JobRow, execution: string): boolean =>
  row.status === 'PROCESSING' && row.worker_id === execution;

/**
 * Changes a row that this execution owns; a concurrent change of the version is read again and the change made on top.
 * @param set what to write, made from the row as it stands
 * @returns false when the row is not, or no longer, this execution's: it is left alone
 */
export async function changeOwn(
  { jobs, log }: { jobs: JobTable; log: Log },
  jobId: string,
  execution: string,
  set: (row: JobRow) => Record<string, unknown>,
): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const row = await readJob(jobs, jobId);
    if (!row || !isOurs(row, execution)) {
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
 * @returns undefined when the row is another's, gone, or has moved on
 */
export async function claim(
  { jobs, now }: { jobs: JobTable; now: () => Date },
  job: { job_id: string; version: number; execution: string },
): Promise<JobRow | undefined> {
  const row = await readJob(jobs, job.job_id);
  if (!row) return undefined;
  if (isOurs(row, job.execution)) return row;
  if (row.status !== 'PENDING' || row.version !== job.version) return undefined;
  const time = now().toISOString();
  const set = {
    status: 'PROCESSING',
    worker_id: job.execution,
    started_at: time,
    updated_at: time,
    completed_at: '',
    error_message: undefined,
    process_exit_confirmed: undefined,
    checker_schedule_failed: undefined,
  };
  const answer = await jobs.change(job.job_id, { status: 'PENDING', version: row.version }, set);
  if (answer === 'changed') return { ...row, ...set, version: row.version + 1 } as JobRow;
  const after = await readJob(jobs, job.job_id);
  return after && isOurs(after, job.execution) ? after : undefined;
}
