import { type CloseFailedDeps, closeFailed, type JobRun, type Reason } from './close-failed.ts';
import type { MarkedRow } from './marks.ts';

/** How an execution can end without coming to its own end. */
export type BrokenOff = 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** As Step Functions tells of it. */
export interface EndedRun {
  status: BrokenOff;
  redrives?: number;
  error?: string | undefined;
  cause?: string | undefined;
}

/**
 * Closes the job row of an execution that was stopped, ran out of time, or failed outside "Fail job". The row says
 * FAILED, and in `execution_status` how it came about; one that was cancelled under it gets its figures and stays
 * CANCELLED. A row that is closed already, or that is another's, is left alone, and so is one whose execution is known to
 * have been redriven since.
 * @param row as it stands
 * @returns whether it was written
 */
export async function closeEnded(
  deps: CloseFailedDeps,
  row: MarkedRow,
  run: JobRun,
  ended: EndedRun,
): Promise<boolean> {
  if (!isOpen(row, run)) return false;
  const { status, redrives } = ended;
  if (redrives !== undefined && redrives < row.execution_redrives && row.worker_id === run.execution) {
    deps.log.info('news of an end before the last redrive: too late', { job_id: run.job_id, execution: run.execution });
    return false;
  }
  const reason = reasonOf(ended, run.job_id);
  deps.log.error('execution broke off', { job_id: run.job_id, execution: run.execution, status, why: reason.why });
  return closeFailed(deps, run, reason, { status, ...(redrives === undefined ? {} : { redrives }) });
}

function isOpen(row: MarkedRow, { execution, version }: JobRun): boolean {
  if (row.status === 'PENDING') return row.version === version;
  if (row.worker_id !== execution) return false;
  return row.status === 'PROCESSING' || (row.status === 'CANCELLED' && !row.process_exit_confirmed);
}

const HOW: Record<BrokenOff, { name: string; what: string }> = {
  ABORTED: { name: 'ExecutionAborted', what: 'the execution was stopped by hand' },
  TIMED_OUT: { name: 'ExecutionTimedOut', what: 'the execution ran into its time limit of 76 hours' },
  FAILED: { name: 'ExecutionFailed', what: 'the execution failed outside "Fail job"' },
};

function reasonOf({ status, error, cause }: EndedRun, jobId: string): Reason {
  const { name, what } = HOW[status];
  const said = [error, cause].filter(Boolean).join(': ').slice(0, 500);
  const goOn = `to go on, run \`narratives redrive ${jobId}\`, or choose Redrive in the Step Functions console`;
  return { name, why: `${name}: ${what}${said ? ` (${said})` : ''}; ${goOn}` };
}
