import { AWAITING_BATCH } from '../shared/job-row.ts';
import type { JobTable } from '../stores/jobs.ts';
import { type LooseRow, looseRow, standingOf } from './standing.ts';
import { cancel, isUnclaimed } from './transitions.ts';

/** What became of a job that was to be cancelled. */
export type CancelAnswer =
  | { kind: 'cancelled'; cancelled: Cancelled }
  /** no row of this id */
  | { kind: 'unknown' }
  /** the row is left as it is; `why` says what can be done */
  | { kind: 'refused'; why: string };

/** A job that was cancelled, and who brings to an end what was sent. */
export interface Cancelled {
  job_id: string;
  status: 'CANCELLED';
  /** the status it had */
  was: string;
  /** the execution that cancels its batches and collects what is finished; null when none works on it */
  execution: string | null;
  /** who holds the row, where that is not an execution of this deployment */
  worker: string | null;
  /** true: no execution works on it, and something may have been sent; the sweep sees to it */
  swept: boolean;
}

export interface CancelDeps {
  jobs: JobTable;
  now: () => Date;
  /** of the deployment; empty: none */
  stage: string;
  /** for the row's log: how it was asked for */
  by: string;
}

const TRIES = 5;

/**
 * Sets a job CANCELLED. One that nobody ever claimed is closed at once; one that an execution works on is closed by it,
 * after it has cancelled the batches at the API and collected what was finished; one that failed with an unwatched paid batch,
 * or waits to go on with one, is brought to the same end by the sweep.
 * @throws StoreUnavailable
 */
export async function cancelJob(deps: CancelDeps, jobId: string): Promise<CancelAnswer> {
  const { jobs, stage, by } = deps;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const found = await jobs.get(jobId);
    if (!found) return { kind: 'unknown' };
    const row = looseRow(found);
    if (!row)
      return {
        kind: 'refused',
        why: `job ${jobId} is a ${String(found.job_type)} job of another system: it is left alone`,
      };
    const why = whyNot(row, stage);
    if (why !== undefined) return { kind: 'refused', why };
    if (await cancel(deps, row, by))
      return {
        kind: 'cancelled',
        cancelled: { job_id: jobId, status: 'CANCELLED', was: row.status, ...leftTo(row, stage) },
      };
  }
  return { kind: 'refused', why: `job ${jobId} kept changing under ${TRIES} attempts to cancel it: try again` };
}

/** What a person is shown about a cancelled job. */
export function cancelledText({ job_id, execution, worker, swept }: Cancelled): string {
  const done = 'what is finished by then is paid for and kept';
  if (execution)
    return `job ${job_id} is cancelled; within about a minute its execution cancels the batch at the Anthropic API, and closes the job when that has ended: ${done}`;
  if (swept)
    return `job ${job_id} is cancelled; no execution works on it: if a batch was sent, the next sweep has it cancelled at the Anthropic API, and ${done}`;
  if (worker) return `job ${job_id} is cancelled; it was held by ${worker}, which may not notice`;
  return `job ${job_id} is cancelled; nothing had been sent`;
}

/** Why a row cannot be cancelled; undefined when it can be. */
function whyNot(row: LooseRow, stage: string): string | undefined {
  const { job_id, status } = row;
  const { kind, holder } = standingOf(row, { stage });
  const wasCancelled = kind === 'cancelling' || kind === 'withdrawn';
  // a row of the old pipeline that an execution of its own works on is a job like any other
  if (row.job_type === AWAITING_BATCH && holder !== 'ours' && !wasCancelled)
    return `${job_id} watches a batch of job ${row.batch_job_id}: cancel that job`;
  switch (kind) {
    case 'waiting':
    case 'running':
      return undefined;
    case 'cancelling':
    case 'withdrawn': {
      const open = kind === 'cancelling' && holder === 'ours';
      return `job ${job_id} is cancelled already${open ? '; its execution is still collecting what was sent' : ''}`;
    }
    case 'unknown':
      return `job ${job_id} is ${status}, which only another worker knows: it is left alone`;
    default:
      // one that failed with a paid batch that nobody watches would be gone on with
      return kind !== 'completed' && row.checker_schedule_failed === true && holder === 'ours'
        ? undefined
        : `job ${job_id} is ${status} already: there is nothing to cancel`;
  }
}

function leftTo(row: LooseRow, stage: string): Pick<Cancelled, 'execution' | 'worker' | 'swept'> {
  const { kind, holder } = standingOf(row, { stage });
  if (kind === 'running' && holder === 'ours') return { execution: row.worker_id, worker: null, swept: false };
  const worker = holder === 'ours' || holder === 'nobody' ? null : row.worker_id;
  return { execution: null, worker, swept: worker === null && !isUnclaimed(row) };
}
