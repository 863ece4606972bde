import { tellUnwatched } from '../../job/close-failed.ts';
import { isNobodys, isUnderWay, isWorkedByUs, type MarkedRow } from '../../job/marks.ts';
import { condition, putBack, reopen } from '../../job/put-back.ts';
import { AWAITING_BATCH, withLogLine } from '../../shared/job-row.ts';
import { isBesideAnother } from './beside.ts';
import { DAYS_OF_RESULTS, HOUR, isDue, type Rule, type SweepDeps } from './rule.ts';
import { takeBack, unwatchedNames } from './unwatched.ts';

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
    // stopped by a person, who may have had a reason
    else if (
      row.execution_status !== 'ABORTED' &&
      isDue(deps, row, RESUME_AFTER) &&
      !(await isBesideAnother(deps, row))
    ) {
      const why = `a paid batch is left unwatched (${batches.join(', ')})`;
      if (await putBack(deps, row, why, row.resumed + 1)) return { did: 'resumed' };
    }
    return { did: 'left', unwatched: batches.length };
  },
};

/** An AWAITING row of the old pipeline that dispatch could not understand. */
const wasRefused = (row: MarkedRow): boolean =>
  row.job_type === AWAITING_BATCH && row.checker_schedule_failed === true && isNobodys(row);

/** Whether the execution goes on though the news of its redrive has not come. */
const wasRedriven = async ({ executions }: SweepDeps, row: MarkedRow): Promise<boolean> =>
  row.execution_status !== undefined && isUnderWay(await executions.status(row.worker_id));

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
