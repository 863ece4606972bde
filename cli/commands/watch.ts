import type { NarrativesError } from '../../lambdas/shared/errors.ts';
import type { JobRow } from '../../lambdas/shared/job-row.ts';
import type { JobTable } from '../../lambdas/stores/jobs.ts';
import { STATE } from '../../lib/names.ts';
import { EndpointDown } from '../errors.ts';
import type { ExecutionLookup, ExecutionNow } from '../executions.ts';
import { ENDED, executionOf, narrativeJob } from './own-job.ts';

export interface WatchDeps {
  jobs: Pick<JobTable, 'get'>;
  executions: ExecutionLookup;
  stage: string;
  now: () => Date;
  pause: (ms: number, stopped: AbortSignal) => Promise<void>;
  stopped: AbortSignal;
  /** is told each change as it is seen */
  tell: (change: Change) => void;
  /** an error as one of ours: trouble that may pass is an EndpointDown */
  translated: (error: unknown) => NarrativesError;
}

export interface Change {
  at: string;
  what: string;
}

export interface Watched {
  job_id: string;
  status: string;
  error: string | null;
  job_results: string | null;
  /** the watching was stopped; the job goes on */
  stopped: boolean;
  changes: Change[];
}

const POLL_MS = 2_000;
/** Polls in a row that may fail: about a minute and a half with the SDK's own retries. */
const MOST_TROUBLES = 20;

/** States that take turns while a batch is waited for; they are told as one. */
const WAITING: ReadonlySet<string> = new Set([STATE.wait, STATE.checkBatchStatus, STATE.batchEnded]);

/**
 * Follows a job until it has ended and nothing of it runs any more, or until the watching is stopped.
 * @throws UnknownJob, WrongStatus; EndpointDown when AWS cannot be reached for a while
 */
export async function watchJob(deps: WatchDeps, jobId: string): Promise<Watched> {
  const changes: Change[] = [];
  const told = new Map<string, string>();
  const tell = (about: string, what: string | undefined) => {
    if (!what || told.get(about) === what) return;
    told.set(about, what);
    const change = { at: deps.now().toISOString(), what };
    changes.push(change);
    deps.tell(change);
  };
  let row = await narrativeJob(deps.jobs, jobId);
  let troubles = 0;
  for (let polls = 0; ; polls++) {
    try {
      if (polls > 0) row = await narrativeJob(deps.jobs, jobId);
      const execution = await executionFor(deps, row);
      tellAll(tell, row, execution);
      troubles = 0;
      if (hasEnded(row, execution)) return watched(row, false, changes);
    } catch (error) {
      const trouble = deps.translated(error);
      troubles += 1;
      if (!passing(trouble) || troubles > MOST_TROUBLES) throw trouble;
      tell('trouble', `${trouble.message}; watching on`);
    }
    if (deps.stopped.aborted) return watched(row, true, changes);
    await deps.pause(POLL_MS, deps.stopped);
    if (deps.stopped.aborted) return watched(row, true, changes);
  }
}

const passing = (error: NarrativesError): boolean => error instanceof EndpointDown || error.name === 'StoreUnavailable';

async function executionFor({ executions, stage }: WatchDeps, row: JobRow): Promise<ExecutionNow | undefined> {
  const name = executionOf(row, stage);
  return name === undefined ? undefined : executions.now(name);
}

function tellAll(
  tell: (about: string, what: string | undefined) => void,
  row: JobRow,
  execution: ExecutionNow | undefined,
): void {
  const worker = row.worker_id && row.worker_id !== 'none' && row.status === 'PROCESSING' ? ` (${row.worker_id})` : '';
  const ended = ENDED.includes(row.status);
  if (!ended) tell('status', `${row.status}${worker}`);
  if (execution?.state && execution.status === 'RUNNING') {
    const state = WAITING.has(execution.state) ? STATE.wait : execution.state;
    tell('state', `${state}${execution.round ? `, round ${execution.round}` : ''}`);
  }
  if (typeof row.batch_progress === 'string') tell('progress', row.batch_progress);
  // once the row has ended, it says how
  if (!ended && execution && !['RUNNING', 'SUCCEEDED'].includes(execution.status))
    tell('end', `execution ${execution.status}`);
  if (ended) tell('status', row.status);
  if (ended && !hasEnded(row, execution)) tell('closing', 'its execution is still collecting what was sent');
}

/** A terminal row whose execution still runs is being closed: what was sent is collected first. */
const hasEnded = (row: JobRow, execution: ExecutionNow | undefined): boolean =>
  ENDED.includes(row.status) && (row.process_exit_confirmed === true || execution?.status !== 'RUNNING');

const watched = (row: JobRow, stopped: boolean, changes: Change[]): Watched => ({
  job_id: row.job_id,
  status: row.status,
  error: typeof row.error_message === 'string' && row.error_message !== '' ? row.error_message : null,
  job_results: typeof row.job_results === 'string' ? row.job_results : null,
  stopped,
  changes,
});
