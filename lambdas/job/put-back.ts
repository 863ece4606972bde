import { type JobRow, withLogLine } from '../shared/job-row.ts';
import type { Log } from '../shared/log.ts';
import { awaitingJobId } from '../shared/names.ts';
import type { JobTable } from '../stores/jobs.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { MarkedRow } from './marks.ts';
import { changeOwn, REOPENED, wasStopped } from './own.ts';

interface PutBackDeps {
  jobs: JobTable;
  log: Log;
  now: () => Date;
}

/**
 * The attributes of a row that goes back to PENDING. What says that nobody watches a paid batch stays until an execution
 * has claimed the row.
 * @param line for the row's log
 * @param resumed how often the job has now been put back without being asked; undefined when a person asks
 */
export function pendingAgain(row: Pick<JobRow, 'logs'>, now: Date, line: string, resumed: number | undefined) {
  const { checker_schedule_failed: _, ...reopened } = REOPENED;
  const time = now.toISOString();
  return {
    ...reopened,
    status: 'PENDING',
    worker_id: 'none',
    updated_at: time,
    execution_redrives: undefined,
    resumed,
    logs: withLogLine(row.logs, time, 'INFO', line),
  };
}

/**
 * Puts a row back to PENDING: its version grows, so that the stream starts an execution of a new name, which takes up the
 * ledger.
 * @param resumed how often the job has now been put back without being asked
 * @returns false when the row has moved on meanwhile
 */
export async function putBack(deps: PutBackDeps, row: MarkedRow, why: string, resumed: number): Promise<boolean> {
  const set = pendingAgain(row, deps.now(), `put back to PENDING: ${why}`, resumed);
  const done = (await deps.jobs.change(row.job_id, condition(row), set)) === 'changed';
  deps.log.info('job put back to PENDING', { job_id: row.job_id, why, done });
  return done;
}

/**
 * Gives a row back to its execution, which was stopped and has been redriven, together with the AWAITING rows of its
 * batches. A cancelled job stays so, and waits for its figures again.
 * @param redrives how often the execution has now been redriven; undefined: not known
 * @returns false when the row has moved on meanwhile
 */
export async function reopen(
  deps: PutBackDeps & { ledger: Ledger },
  row: MarkedRow,
  redrives: number | undefined,
): Promise<boolean> {
  const { job_id, worker_id } = row;
  const time = deps.now().toISOString();
  const line = withLogLine(row.logs, time, 'INFO', 'the execution was redriven');
  const set = {
    ...REOPENED,
    status: row.status === 'CANCELLED' ? 'CANCELLED' : 'PROCESSING',
    updated_at: time,
    logs: line,
    ...(redrives === undefined ? {} : { execution_redrives: redrives }),
  };
  if ((await deps.jobs.change(job_id, condition(row), set)) !== 'changed') return false;
  deps.log.info('job goes on: its execution was redriven', { job_id, execution: worker_id, redrives });
  const plan = await deps.ledger.plan(job_id);
  for (const { round, part } of plan ? await deps.ledger.batches(job_id) : []) {
    const id = awaitingJobId(job_id, plan?.report_timestamp ?? '', round, part);
    if (!(await deps.jobs.get(id))) continue;
    const again = () => ({ ...REOPENED, status: 'PROCESSING', updated_at: time });
    await changeOwn(deps, id, worker_id, again, (awaiting) => wasStopped(awaiting, worker_id));
  }
  return true;
}

/** The row as it was read: nobody has changed it since. */
export const condition = (row: MarkedRow) => ({
  status: row.status,
  version: row.version,
  ...(row.worker_id ? { worker_id: row.worker_id } : {}),
});
