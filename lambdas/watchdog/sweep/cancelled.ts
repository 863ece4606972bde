import { type BrokenOff, closeEnded } from '../../job/close-ended.ts';
import { closeFailed } from '../../job/close-failed.ts';
import { isNobodys, isUnderWay, isWorkedByUs, type MarkedRow } from '../../job/marks.ts';
import { condition, reopen } from '../../job/put-back.ts';
import { CREATE_BATCH, withLogLine } from '../../shared/job-row.ts';
import type { ExecutionStatus } from '../../stores/executions.ts';
import {
  DAYS_OF_RESULTS,
  type Found,
  idleSeconds,
  isDue,
  type Rule,
  runOf,
  SETTLED_SECONDS,
  type SweepDeps,
} from './rule.ts';
import { neverStarted, start, TAKE_UP_AFTER, takeUp } from './take-up.ts';
import { takeBack, unwatchedNames } from './unwatched.ts';

/**
 * CANCELLED rows of ours that no execution works on, and jobs that nobody has taken. One with a paid batch is taken up
 * by a new execution, which cancels the batch; any other is closed with what is known of it.
 */
export const cancelled: Rule = {
  status: 'CANCELLED',
  days: DAYS_OF_RESULTS,
  concerns: (row, stage) =>
    (isWorkedByUs(row, stage) || isNobodysJob(row)) &&
    // a step that was under way when its execution was stopped may have sent a batch after the row was closed
    (!row.process_exit_confirmed || row.checker_schedule_failed === true || row.execution_status !== undefined),
  async see(deps, row): Promise<Found> {
    const ended = row.process_exit_confirmed === true;
    const settled = idleSeconds(row, deps.now()) >= SETTLED_SECONDS;
    if (!settled && !ended) return { did: 'left' };
    const status: ExecutionStatus = isNobodysJob(row) ? 'unknown' : await deps.executions.status(row.worker_id);
    if (isUnderWay(status)) return { did: (await isReopened(deps, row)) ? 'resumed' : 'left' };
    const batches = await unwatchedNames(deps, row);
    const lost = status === 'unknown' && !ended ? neverStarted(row, deps.stage) : undefined;
    if (lost && batches.length > 0) return { did: await start(deps, lost) };
    if (batches.length > 0 && isDue(deps, row, TAKE_UP_AFTER)) return { did: await takeUp(deps, row, batches) };
    if (ended) {
      if (batches.length === 0 && row.checker_schedule_failed) await takeBack(deps, row);
      return { did: 'left', unwatched: batches.length };
    }
    return { did: (await close(deps, row, status, batches)) ? 'closed' : 'left', unwatched: batches.length };
  },
};

/** A job that no worker has, or has any more. */
const isNobodysJob = (row: MarkedRow): boolean => row.job_type === CREATE_BATCH && isNobodys(row);

/** One whose execution was stopped and goes on, though the news of its redrive has not come. */
const isReopened = async (deps: SweepDeps, row: MarkedRow): Promise<boolean> =>
  row.execution_status !== undefined && reopen(deps, row, undefined);

function close(
  deps: SweepDeps,
  row: MarkedRow,
  status: BrokenOff | 'SUCCEEDED' | 'unknown',
  batches: readonly string[],
): Promise<boolean> {
  if (isNobodysJob(row) && batches.length === 0) return confirm(deps, row);
  const run = runOf(row, deps.stage);
  if (status !== 'SUCCEEDED' && status !== 'unknown') return closeEnded(deps, row, run, { status });
  // one that has SUCCEEDED found the job cancelled and left it
  const gone = status === 'SUCCEEDED' ? 'its execution has left it' : `its execution is gone (${status})`;
  const why = `ExecutionLost: the job was cancelled, and ${gone}; to go on all the same, set its row to PENDING and add 1 to version`;
  return closeFailed(deps, run, { name: 'ExecutionLost', why });
}

/** Nothing was ever sent, and no step can take a row that is not PENDING any more. */
async function confirm(deps: SweepDeps, row: MarkedRow): Promise<boolean> {
  const time = deps.now().toISOString();
  const line = 'cancelled while nobody worked on it: nothing of it runs';
  const set = {
    process_exit_confirmed: true,
    completed_at: time,
    updated_at: time,
    logs: withLogLine(row.logs, time, 'INFO', line),
  };
  return (await deps.jobs.change(row.job_id, condition(row), set)) === 'changed';
}
