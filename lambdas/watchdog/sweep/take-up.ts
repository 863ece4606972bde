import type { JobRun } from '../../job/close-failed.ts';
import type { MarkedRow } from '../../job/marks.ts';
import { REOPENED } from '../../job/own.ts';
import { condition } from '../../job/put-back.ts';
import { withLogLine } from '../../shared/job-row.ts';
import { executionName } from '../../shared/names.ts';
import { type Did, HOUR, MINUTE, type SweepDeps } from './rule.ts';

/** How long after its last change a cancelled job with an unwatched batch is taken up, in seconds: at once, then ever later. */
export const TAKE_UP_AFTER = [5 * MINUTE, 5 * MINUTE, HOUR, 4 * HOUR, 16 * HOUR];

/**
 * Gives a cancelled job a new execution, which cancels its open batches, collects what is finished and closes the row. The
 * row stays CANCELLED: it names the execution first, so that one that could not be started is known by its name.
 */
export async function takeUp(deps: SweepDeps, row: MarkedRow, batches: readonly string[]): Promise<Did> {
  // as the table counts it: a version that is no number starts anew
  const version = typeof row.version === 'number' ? row.version + 1 : 1;
  const run: JobRun = { ...runNamed(row, executionName(row.job_id, version, deps.stage)), version };
  const time = deps.now().toISOString();
  const line = `the job is cancelled and ${batches.join(', ')} unwatched: execution ${run.execution} brings it to its end`;
  const set = {
    ...REOPENED,
    worker_id: run.execution,
    updated_at: time,
    execution_redrives: undefined,
    resumed: row.resumed + 1,
    logs: withLogLine(row.logs, time, 'INFO', line),
  };
  if ((await deps.jobs.change(row.job_id, condition(row), set)) !== 'changed') return 'left';
  return start(deps, run);
}

/** The run that took a cancelled row up and was never started: a sweep was killed between the two. */
export function neverStarted(row: MarkedRow, stage: string | undefined): JobRun | undefined {
  const { version } = row;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 0) return undefined;
  // a row that an execution has claimed is a version ahead of its name
  if (row.worker_id !== executionName(row.job_id, version, stage)) return undefined;
  return { ...runNamed(row, row.worker_id), version };
}

/** Starts the run that a row names. */
export async function start({ executions, log }: SweepDeps, run: JobRun): Promise<Did> {
  const answer = await executions.start(run.execution, run);
  log.info('cancelled job taken up', { ...run, answer });
  return answer === 'started' ? 'resumed' : 'left';
}

const runNamed = ({ job_id, job_type }: MarkedRow, execution: string) => ({ job_id, job_type, execution });
