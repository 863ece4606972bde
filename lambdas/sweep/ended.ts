import { StoreUnavailable } from '../domain/errors.ts';
import { AWAITING_BATCH, jobRowSchema, withLogLine } from '../domain/job-row.ts';
import { type BrokenOff, closeEnded } from '../job/close-ended.ts';
import { closeFailed, nameOfBatch, tellUnwatched, untold } from '../job/close-failed.ts';
import { isUnderWay, isWorkedByUs, type MarkedRow } from '../job/marks.ts';
import { condition, putBack, reopen } from '../job/put-back.ts';
import { unwatched } from '../job/summary.ts';
import { isBesideAnother } from './beside.ts';
import { DAYS_OF_RESULTS, type Found, idleSeconds, MINUTE, type Rule, runOf, type SweepDeps } from './rule.ts';

const SETTLED_SECONDS = 5 * MINUTE;
const HOUR = 60 * MINUTE;
/** How long after its end a job with an unwatched batch is resumed, in seconds: the first, second and third time. */
const RESUME_AFTER = [HOUR, 4 * HOUR, 16 * HOUR];

/** FAILED rows of ours: one with a paid batch that nobody watches is resumed, unless a person stopped it. */
export const failed: Rule = {
  status: 'FAILED',
  days: DAYS_OF_RESULTS,
  concerns: (row, stage) =>
    (isWorkedByUs(row, stage) || wasRefused(row)) &&
    row.process_exit_confirmed === true &&
    (row.checker_schedule_failed === true || row.execution_status !== undefined),
  async see(deps, row) {
    if (await wasRedriven(deps, row)) return { did: (await reopen(deps, row, undefined)) ? 'resumed' : 'left' };
    const batches = await unwatchedNames(deps, row);
    if (batches.length === 0) {
      if (row.checker_schedule_failed) await takeBack(deps, row);
      return { did: 'left' };
    }
    if (!row.checker_schedule_failed) await tell(deps, row, batches);
    else if (isDue(deps, row) && !(await isBesideAnother(deps, row))) {
      const why = `a paid batch is left unwatched (${batches.join(', ')})`;
      if (await putBack(deps, row, why, row.resumed + 1)) return { did: 'resumed' };
    }
    return { did: 'left', unwatched: batches.length };
  },
};

/** CANCELLED rows of ours whose execution is gone before it could close them: they get their figures. */
export const cancelled: Rule = {
  status: 'CANCELLED',
  days: DAYS_OF_RESULTS,
  concerns: (row, stage) =>
    isWorkedByUs(row, stage) && (!row.process_exit_confirmed || row.checker_schedule_failed === true),
  async see(deps, row): Promise<Found> {
    if (row.process_exit_confirmed) {
      const unwatched = (await unwatchedNames(deps, row)).length;
      if (unwatched === 0) await takeBack(deps, row);
      return { did: 'left', unwatched };
    }
    if (idleSeconds(row, deps.now()) < SETTLED_SECONDS) return { did: 'left' };
    const status = await deps.executions.status(row.worker_id);
    if (isUnderWay(status)) return { did: 'left' };
    if (!(await closeCancelled(deps, row, status))) return { did: 'left' };
    return { did: 'closed', unwatched: (await unwatchedNames(deps, row)).length };
  },
};

function closeCancelled(
  deps: SweepDeps,
  row: MarkedRow,
  status: BrokenOff | 'SUCCEEDED' | 'unknown',
): Promise<boolean> {
  const run = runOf(row, deps.stage);
  if (status !== 'SUCCEEDED' && status !== 'unknown') return closeEnded(deps, row, run, { status });
  // one that has SUCCEEDED found the job cancelled and left it
  const gone = status === 'SUCCEEDED' ? 'its execution has left it' : `its execution is gone (${status})`;
  const why = `ExecutionLost: the job was cancelled, and ${gone}; to go on all the same, set its row to PENDING and add 1 to version`;
  return closeFailed(deps, run, { name: 'ExecutionLost', why });
}

/** An AWAITING row of the old pipeline that dispatch could not understand. */
const wasRefused = (row: MarkedRow): boolean =>
  row.job_type === AWAITING_BATCH && row.checker_schedule_failed === true && ['none', ''].includes(row.worker_id);

/** Whether the execution goes on though the news of its redrive has not come. */
const wasRedriven = async ({ executions }: SweepDeps, row: MarkedRow): Promise<boolean> =>
  row.execution_status !== undefined && isUnderWay(await executions.status(row.worker_id));

function isDue({ now }: SweepDeps, row: MarkedRow): boolean {
  // stopped by a person, who may have had a reason; and what cannot be read would only be refused again
  if (row.execution_status === 'ABORTED' || !jobRowSchema.safeParse(row).success) return false;
  return idleSeconds(row, now()) >= (RESUME_AFTER[row.resumed] ?? Number.POSITIVE_INFINITY);
}

/** Batches of a job that are paid for and not collected; where the ledger does not tell, the one that the row names. */
async function unwatchedNames({ ledger, log }: SweepDeps, row: MarkedRow): Promise<string[]> {
  const named = typeof row.batch_id === 'string' && row.batch_id !== '' ? [row.batch_id] : [];
  try {
    const batches = await ledger.batches(row.job_id);
    if (batches.length > 0) return unwatched(batches).map(nameOfBatch);
    return row.checker_schedule_failed ? named : [];
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    log.error('the ledger cannot be read', { job_id: row.job_id, why: (error as Error).message });
    // what the row says stands
    if (!row.checker_schedule_failed) return [];
    return named.length > 0 ? named : ['one that the ledger cannot tell'];
  }
}

/** A step that was under way when its execution was stopped may have sent a batch after the row was closed. */
async function tell(deps: SweepDeps, row: MarkedRow, batches: readonly string[]): Promise<void> {
  const time = deps.now().toISOString();
  const told = tellUnwatched(batches);
  await deps.jobs.change(row.job_id, condition(row), {
    checker_schedule_failed: true,
    error_message: `${row.error_message}${told}`,
    updated_at: time,
    logs: withLogLine(row.logs, time, 'ERROR', `found after the end:${told}`),
  });
  deps.log.error('a batch was sent by a step whose execution was stopped', { job_id: row.job_id, batches });
}

/** A step that was under way then may have collected the batch, or may have been refused it. */
async function takeBack(deps: SweepDeps, row: MarkedRow): Promise<void> {
  const time = deps.now().toISOString();
  await deps.jobs.change(row.job_id, condition(row), {
    checker_schedule_failed: undefined,
    error_message: untold(row.error_message) || undefined,
    updated_at: time,
    logs: withLogLine(row.logs, time, 'INFO', 'none of its batches is left unwatched any more'),
  });
  deps.log.info('no batch is left unwatched any more', { job_id: row.job_id });
}
