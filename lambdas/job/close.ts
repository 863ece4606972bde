import { type JobRow, withLogLine } from '../domain/job-row.ts';
import type { JobState } from '../domain/job-state.ts';
import { awaitingJobId } from '../domain/keys.ts';
import type { BatchEntry, Plan } from '../domain/ledger-entries.ts';
import type { JobTable, Log } from '../ports.ts';
import { changeOwn, readJob } from './own.ts';

export interface CloseDeps {
  jobs: JobTable;
  log: Log;
  now: () => Date;
}

/** How a job ends. */
export interface Ending {
  status: 'COMPLETED' | 'FAILED';
  /** for the row's log, and its error_message when it failed */
  message: string;
  /** more attributes of the job row */
  set?: Record<string, unknown>;
}

/**
 * Writes a terminal status onto the job row and onto the AWAITING rows of its batches. Rows that are not this
 * execution's are left alone. A job that was cancelled under it stays CANCELLED and gets its figures.
 * @param plan undefined when the job was never planned
 * @returns whether the job row was written
 */
export async function closeJob(
  deps: CloseDeps,
  state: JobState,
  plan: Pick<Plan, 'report_timestamp'> | undefined,
  batches: readonly BatchEntry[],
  ending: Ending,
): Promise<boolean> {
  const { job_id, execution } = state;
  const closed =
    (await changeOwn(deps, job_id, execution, (row) => terminal(deps, row, ending, ending.set))) ||
    (await closeCancelled(deps, state, ending));
  for (const batch of plan ? batches : []) {
    const id = awaitingJobId(job_id, plan?.report_timestamp ?? '', batch.round, batch.part);
    if (await deps.jobs.get(id)) await changeOwn(deps, id, execution, (row) => terminal(deps, row, ending));
  }
  return closed;
}

/** A row that says CANCELLED and names this execution as its worker: what came of the job is told, the status stays. */
async function closeCancelled(deps: CloseDeps, { job_id, execution }: JobState, ending: Ending): Promise<boolean> {
  const row = await readJob(deps.jobs, job_id);
  if (row?.status !== 'CANCELLED' || row.worker_id !== execution || row.process_exit_confirmed === true) return false;
  const { status: _, error_message: __, ...set } = terminal(deps, row, ending, ending.set);
  const condition = { status: row.status, version: row.version, worker_id: execution };
  return (await deps.jobs.change(job_id, condition, set)) === 'changed';
}

/** Closes a row of this execution that cannot be parsed: only what tells whose it is must be readable. */
export async function closeUnreadable(deps: CloseDeps, state: JobState, ending: Ending): Promise<void> {
  const row = (await deps.jobs.get(state.job_id)) ?? {};
  const ours = row.status === 'PROCESSING' && row.worker_id === state.execution;
  const unclaimed = row.status === 'PENDING' && row.version === state.version;
  if (!ours && !unclaimed) return;
  const logs = typeof row.logs === 'string' ? row.logs : undefined;
  const condition = { status: String(row.status), version: row.version };
  await deps.jobs.change(state.job_id, condition, terminal(deps, { logs }, ending, ending.set));
}

/** The attributes of a row that has ended. */
export function terminal(
  deps: Pick<CloseDeps, 'now'>,
  row: Pick<JobRow, 'logs'>,
  ending: Ending,
  set: Record<string, unknown> = {},
): Record<string, unknown> {
  const time = deps.now().toISOString();
  return {
    status: ending.status,
    completed_at: time,
    updated_at: time,
    process_exit_confirmed: true,
    error_message: ending.status === 'FAILED' ? ending.message : undefined,
    logs: withLogLine(row.logs, time, ending.status === 'FAILED' ? 'ERROR' : 'INFO', ending.message),
    ...set,
  };
}

/** Whole seconds since a job was started; 0 when its row does not say. @param startedAt as the row has it */
export const secondsSince = (startedAt: unknown, now: Date): number =>
  typeof startedAt === 'string' && startedAt !== ''
    ? Math.max(0, Math.round((now.getTime() - Date.parse(startedAt)) / 1000))
    : 0;
