import type { JobState } from '../shared/hand-off.ts';
import { type JobRow, withLogLine } from '../shared/job-row.ts';
import type { BatchEntry, Plan } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import { awaitingJobId } from '../shared/names.ts';
import type { JobTable } from '../stores/jobs.ts';
import { changeOwn, isCancelledUnder, isOurs, readJob, wasStopped } from './own.ts';

export interface CloseDeps {
  jobs: JobTable;
  log: Log;
  now: () => Date;
}

/** An execution that did not come to its own end. */
export interface EndedExecution {
  /** for `execution_status` of the row: Step Functions' word for it */
  status: string;
  /** how often it had been redriven; absent: not known */
  redrives?: number;
}

/** How a job ends. */
export interface Ending {
  status: 'COMPLETED' | 'FAILED';
  ended?: EndedExecution;
  /** for the row's log, and its error_message when it failed */
  message: string;
  /** more attributes of the job row */
  set?: Record<string, unknown>;
  /** called once the job row is written, and never by a step that finds it written; @param row as it stood before */
  written?: (row: { status: string; job_results?: unknown }) => void;
}

type EndingOfRow = Omit<Ending, 'status'> & { status: Ending['status'] | 'CANCELLED' };

/**
 * Writes a terminal status onto the job row and onto the AWAITING rows of its batches. Rows that are not this
 * execution's are left alone. A job that was cancelled under it stays CANCELLED and gets its figures.
 * @param plan undefined when the job was never planned
 * @returns whether the job row was written
 */
export async function closeJob(
  deps: CloseDeps,
  { job_id, execution }: Pick<JobState, 'job_id' | 'execution'>,
  plan: Pick<Plan, 'report_timestamp'> | undefined,
  batches: readonly BatchEntry[],
  ending: Ending,
): Promise<boolean> {
  const closed =
    (await closeOwn(deps, job_id, execution, ending)) || (await closeCancelled(deps, job_id, execution, ending));
  if (plan) await closeWatchRows(deps, { job_id, execution }, plan, batches, ending);
  return closed;
}

/** The AWAITING rows of a job's batches: this execution's own, and those of one that was stopped before this one went on. */
async function closeWatchRows(
  deps: CloseDeps,
  { job_id, execution }: Pick<JobState, 'job_id' | 'execution'>,
  plan: Pick<Plan, 'report_timestamp'>,
  batches: readonly BatchEntry[],
  ending: Ending,
): Promise<void> {
  const job = await deps.jobs.get(job_id);
  const endedHere = job?.worker_id === execution && job.process_exit_confirmed === true;
  const ofBatches = asCancelled(job, ending);
  for (const { round, part } of batches) {
    const id = awaitingJobId(job_id, plan.report_timestamp, round, part);
    const there = await deps.jobs.get(id);
    if (!there) continue;
    const left = endedHere && there.batch_job_id === job_id && typeof there.execution_status === 'string';
    const worker = left ? String(there.worker_id) : execution;
    await changeOwn(deps, id, worker, (row) => terminal(deps, row, ofBatches), heldBy(worker));
  }
}

/**
 * Which rows an execution may close. One that was marked when it was stopped is taken straight to its end: that is true
 * whether the step is of a redriven execution, or was still at work when it was stopped.
 */
const heldBy =
  (execution: string) =>
  (row: JobRow): boolean =>
    isOurs(row, execution) || wasStopped(row, execution);

/** How rows end that stand beside a job's own: a job that is CANCELLED has not COMPLETED, whatever was collected. */
export const asCancelled = (job: Record<string, unknown> | undefined, ending: Ending): EndingOfRow =>
  ending.status === 'COMPLETED' && job?.status === 'CANCELLED' ? { ...ending, status: 'CANCELLED' } : ending;

async function closeOwn(deps: CloseDeps, jobId: string, execution: string, ending: Ending): Promise<boolean> {
  let before: JobRow | undefined;
  const set = (row: JobRow) => {
    before = row;
    // a step that closes such a row is of a redrive whose news has yet to come: it is to be known for old then
    const redriven = wasStopped(row, execution) ? { execution_redrives: Number(row.execution_redrives ?? 0) + 1 } : {};
    return { ...terminal(deps, row, ending, ending.set), ...redriven };
  };
  const closed = await changeOwn(deps, jobId, execution, set, heldBy(execution));
  if (closed && before) ending.written?.(before);
  return closed;
}

/** A row that says CANCELLED and names this execution as its worker: what came of the job is told, the status stays. */
async function closeCancelled(deps: CloseDeps, job_id: string, execution: string, ending: Ending): Promise<boolean> {
  const row = await readJob(deps.jobs, job_id);
  if (!row || !isCancelledUnder(row, execution)) return false;
  // closed already, though not by the end of an execution that may be redriven
  if (row.process_exit_confirmed === true && row.execution_status === undefined) return false;
  const { status: _, error_message: __, ...set } = terminal(deps, row, ending, ending.set);
  const condition = { status: row.status, version: row.version, worker_id: execution };
  const closed = (await deps.jobs.change(job_id, condition, set)) === 'changed';
  if (closed) ending.written?.(row);
  return closed;
}

/** Closes a row of this execution that cannot be parsed: only what tells whose it is must be readable. */
export async function closeUnreadable(
  deps: CloseDeps,
  state: Pick<JobState, 'job_id' | 'execution' | 'version'>,
  ending: Ending,
): Promise<boolean> {
  const row = (await deps.jobs.get(state.job_id)) ?? {};
  const ours = row.status === 'PROCESSING' && row.worker_id === state.execution;
  const unclaimed = row.status === 'PENDING' && row.version === state.version;
  if (!ours && !unclaimed) return false;
  const logs = typeof row.logs === 'string' ? row.logs : undefined;
  const condition = { status: String(row.status), version: row.version };
  const answer = await deps.jobs.change(state.job_id, condition, terminal(deps, { logs }, ending, ending.set));
  if (answer === 'changed') ending.written?.({ ...row, status: String(row.status) });
  return answer === 'changed';
}

/** The attributes of a row that has ended. */
export function terminal(
  deps: Pick<CloseDeps, 'now'>,
  row: Pick<JobRow, 'logs'>,
  ending: EndingOfRow,
  set: Record<string, unknown> = {},
): Record<string, unknown> {
  const time = deps.now().toISOString();
  return {
    status: ending.status,
    completed_at: time,
    updated_at: time,
    process_exit_confirmed: true,
    // what an earlier end said of it; this one says it anew in `set`
    checker_schedule_failed: undefined,
    error_message: ending.status === 'FAILED' ? ending.message : undefined,
    execution_status: ending.ended?.status,
    ...(ending.ended?.redrives === undefined ? {} : { execution_redrives: ending.ended.redrives }),
    logs: withLogLine(row.logs, time, ending.status === 'FAILED' ? 'ERROR' : 'INFO', ending.message),
    ...set,
  };
}

/** Whole seconds since a job was started; 0 when its row does not say. @param startedAt as the row has it */
export const secondsSince = (startedAt: unknown, now: Date): number =>
  typeof startedAt === 'string' && startedAt !== ''
    ? Math.max(0, Math.round((now.getTime() - Date.parse(startedAt)) / 1000))
    : 0;
