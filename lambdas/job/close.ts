import { type JobRow, withLogLine } from '../domain/job-row.ts';
import type { JobState } from '../domain/job-state.ts';
import { awaitingJobId } from '../domain/keys.ts';
import type { BatchEntry } from '../domain/ledger-entries.ts';
import type { JobTable, Log } from '../ports.ts';
import { changeOwn } from './own.ts';

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
 * execution's are left alone; a row that is closed already stays as it is.
 * @returns whether the job row was written
 */
export async function closeJob(
  deps: CloseDeps,
  state: JobState,
  batches: readonly BatchEntry[],
  ending: Ending,
): Promise<boolean> {
  const closed = await changeOwn(deps, state.job_id, state.execution, (row) => terminal(deps, row, ending, ending.set));
  for (const batch of batches) {
    if (!batch.batch_id) continue;
    const id = awaitingJobId(state.job_id, batch.intent_at, batch.round, batch.part);
    if (await deps.jobs.get(id)) await changeOwn(deps, id, state.execution, (row) => terminal(deps, row, ending));
  }
  return closed;
}

function terminal(
  deps: CloseDeps,
  row: JobRow,
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

/** Whole seconds since a job was started; 0 when its row does not say. */
export const secondsSince = (startedAt: string | undefined, now: Date): number =>
  startedAt ? Math.max(0, Math.round((now.getTime() - Date.parse(startedAt)) / 1000)) : 0;
