import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { hasEnded } from '../lambdas/job/standing.ts';
import type { NarrativesError } from '../lambdas/shared/errors.ts';
import type { JobRow } from '../lambdas/shared/job-row.ts';
import { executionArn } from '../lambdas/shared/names.ts';
import { jsonOrUndefined } from '../lambdas/shared/parse.ts';
import { type JobTable, jobTable } from '../lambdas/stores/jobs.ts';
import { STATE } from '../lib/names.ts';
import { type Context, command, JOB_ID, type Shown, text } from './command.ts';
import type { Deployment } from './deployment.ts';
import { EndpointDown, translated } from './errors.ts';
import { executionOf, narrativeJob, shownStatus } from './job-row.ts';
import { plainLine } from './print.ts';

export const watch = command({
  name: 'watch',
  description: 'follow a job until it ends; Ctrl-C stops watching, and the job continues',
  argument: JOB_ID,
  input: z.object({ jobId: text }),
  run: (context, { jobId }) => runWatch(context, jobId),
});

/** What `watch` does, and `submit --watch` after it has put the job. */
export async function runWatch(context: Context, jobId: string): Promise<Shown & { value: Watched }> {
  const { io, global, cloud } = context;
  const deployment = await context.deployment();
  const stop = io.stop();
  context.closing.push(() => stop.release());
  const deps: WatchDeps = {
    jobs: jobTable(cloud.db, deployment.JobTableName),
    executions: executionLookup(cloud.stepFunctions, deployment),
    stage: deployment.stage,
    now: io.now,
    pause: io.pause,
    stopped: stop.signal,
    tell: (change) => {
      if (!global.json) io.out(`${changeText(change)}\n`);
    },
    translated: (error) => translated(error, cloud.where),
  };
  const value = await watchJob(deps, jobId);
  return { value, text: watchedText(value), exitCode: value.stopped ? 130 : value.status === 'COMPLETED' ? 0 : 1 };
}

export interface WatchDeps {
  jobs: Pick<JobTable, 'get'>;
  executions: ExecutionLookup;
  stage: string;
  now: () => Date;
  pause: (ms: number, stopped: AbortSignal) => Promise<void>;
  stopped: AbortSignal;
  /** called with each change as it is seen */
  tell: (change: Change) => void;
  /** an error as one of ours; one that may pass is an EndpointDown or a StoreUnavailable */
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
  /** watching was stopped; the job continues */
  stopped: boolean;
  changes: Change[];
}

const POLL_MS = 2_000;
/** Polls in a row that may fail: about a minute and a half with the SDK's own retries. */
const MAX_FAILED_POLLS = 20;

/** States that alternate while a batch is running; they are shown as one. */
const WAITING: ReadonlySet<string> = new Set([STATE.wait, STATE.checkBatchStatus, STATE.batchEnded]);

/**
 * Follows a job until it has ended and nothing of it runs any more, or until watching is stopped.
 * @throws UnknownJob, WrongStatus; EndpointDown when AWS cannot be reached for a while
 */
export async function watchJob(deps: WatchDeps, jobId: string): Promise<Watched> {
  const changes: Change[] = [];
  const shown = new Map<string, string>();
  const tell = (about: string, what: string | undefined) => {
    if (!what || shown.get(about) === what) return;
    shown.set(about, what);
    const change = { at: deps.now().toISOString(), what };
    changes.push(change);
    deps.tell(change);
  };
  let row = await narrativeJob(deps.jobs, jobId);
  let failedPolls = 0;
  for (let polls = 0; ; polls++) {
    try {
      if (polls > 0) row = await narrativeJob(deps.jobs, jobId);
      const execution = await executionFor(deps, row);
      tellAll(tell, row, execution);
      failedPolls = 0;
      if (isOver(row, execution)) return watched(row, false, changes);
    } catch (error) {
      const failure = deps.translated(error);
      failedPolls += 1;
      if (!passing(failure) || failedPolls > MAX_FAILED_POLLS) throw failure;
      tell('failure', `${failure.message}; still watching`);
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
  const ended = hasEnded(row);
  if (!ended) tell('status', `${shownStatus(row)}${worker}`);
  if (execution?.state && execution.status === 'RUNNING') {
    const state = WAITING.has(execution.state) ? STATE.wait : execution.state;
    tell('state', `${state}${execution.round ? `, round ${execution.round}` : ''}`);
  }
  if (typeof row.batch_progress === 'string') tell('progress', row.batch_progress);
  // once the row has ended, it says how
  if (!ended && execution && !['RUNNING', 'SUCCEEDED'].includes(execution.status))
    tell('end', `execution ${execution.status}`);
  if (ended) tell('status', shownStatus(row));
  if (ended && !isOver(row, execution))
    tell('closing', 'its execution is still collecting the answers to what was sent');
}

/** A terminal row whose execution still runs is being closed: what was sent is collected first. */
const isOver = (row: JobRow, execution: ExecutionNow | undefined): boolean =>
  hasEnded(row) && (row.process_exit_confirmed === true || execution?.status !== 'RUNNING');

const watched = (row: JobRow, stopped: boolean, changes: Change[]): Watched => ({
  job_id: row.job_id,
  status: shownStatus(row),
  error: typeof row.error_message === 'string' && row.error_message !== '' ? row.error_message : null,
  job_results: typeof row.job_results === 'string' ? row.job_results : null,
  stopped,
  changes,
});

/** Where an execution stands. */
export interface ExecutionNow {
  name: string;
  /** RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, PENDING_REDRIVE */
  status: string;
  /** the state it entered last, by the name in the console */
  state: string | undefined;
  /** round of asking; undefined before the first */
  round: number | undefined;
}

export interface ExecutionLookup {
  /** @returns undefined when there is none of this name, or no longer */
  now(name: string): Promise<ExecutionNow | undefined>;
}

/** Events looked at, newest first; a state that is entered is never further back than a task's own events. */
const EVENTS = 25;
const handOffSchema = z.object({ round: z.number().int().positive() });

/** Executions of a deployment's state machine, as Step Functions reports them. */
export const executionLookup = (client: SFNClient, deployment: Deployment): ExecutionLookup => ({
  async now(name) {
    const arn = executionArn(deployment.StateMachineArn, name);
    try {
      const { status = 'unknown' } = await client.send(new DescribeExecutionCommand({ executionArn: arn }));
      const history = new GetExecutionHistoryCommand({ executionArn: arn, reverseOrder: true, maxResults: EVENTS });
      const { events = [] } = await client.send(history);
      const entered = events
        .toSorted((a, b) => (b.id ?? 0) - (a.id ?? 0))
        .find(({ stateEnteredEventDetails }) => stateEnteredEventDetails)?.stateEnteredEventDetails;
      const handOff = handOffSchema.safeParse(jsonOrUndefined(entered?.input ?? ''));
      return { name, status, state: entered?.name, round: handOff.data?.round };
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  },
});

/** One change of a watched job. */
export const changeText = ({ at, what }: Change): string => `${at.slice(11, 19)}  ${plainLine(what)}`;

/** How a watched job ended. */
export function watchedText({ job_id, status, error, stopped }: Watched): string {
  if (stopped) return `job ${job_id} is ${status} and continues; narratives watch ${job_id} follows it again`;
  const report = status === 'FAILED' ? '' : `; narratives job ${job_id} shows what it did`;
  return `job ${job_id} ended ${status}${error ? `: ${plainLine(error)}` : ''}${report}`;
}
