import * as z from 'zod';
import { type BrokenOff, type FinishDeps, failBrokenOff } from '../job/finish.ts';
import { type JobRun, type LooseRow, looseRow, readLoosely, standingOf } from '../job/standing.ts';
import { noteRedrives, requeue, resume } from '../job/transitions.ts';
import { NarrativesError } from '../shared/errors.ts';
import { parseJobState } from '../shared/hand-off.ts';
import { jsonOrUndefined, problems } from '../shared/parse.ts';

export type ExecutionChangedDeps = FinishDeps;

/** The EventBridge event about one of our executions. */
const eventSchema = z.object({
  detail: z.object({
    name: z.string().min(1),
    status: z.string(),
    /** absent when it is too large for the event */
    input: z.string().nullish(),
    redriveCount: z.number().int().nonnegative().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});
type Detail = z.infer<typeof eventSchema>['detail'];

/** What was done to the job row. */
export type Done = 'closed' | 'resumed' | 'requeued' | 'noted' | 'nothing';

const BROKEN_OFF: readonly string[] = ['FAILED', 'TIMED_OUT', 'ABORTED'] satisfies BrokenOff[];

/**
 * Marks the job row when its execution was stopped, timed out or failed outside "Fail job", and removes the mark when it is
 * redriven. Events may come twice, late and in any order. One that cannot be understood is logged and left to the sweep,
 * which looks at the rows.
 * @throws StoreUnavailable: the event is delivered again
 */
export async function executionChanged(deps: ExecutionChangedDeps, event: unknown): Promise<{ done: Done }> {
  const parsed = eventSchema.safeParse(event);
  if (!parsed.success) return notUnderstood(deps, problems(parsed.error));
  const { detail } = parsed.data;
  const run = runOf(detail);
  if (typeof run === 'string') return notUnderstood(deps, run, detail.name);
  deps.log.ids?.({ job_id: run.job_id, execution: run.execution });
  const row = looseRow(await deps.jobs.get(run.job_id));
  if (!row) return notUnderstood(deps, `there is no narrative job row ${run.job_id}`, detail.name);
  const redrives = detail.redriveCount ?? 0;
  const { status } = detail;
  let done: Done = 'nothing';
  if (BROKEN_OFF.includes(status)) {
    const { error, cause } = detail;
    const ended = { status: status as BrokenOff, redrives, error: error ?? '', cause: cause ?? '' };
    if (await failBrokenOff(deps, row, run, ended)) done = 'closed';
  } else if (status === 'RUNNING' && redrives > 0) done = await redriven(deps, row, run, redrives);
  deps.log.info('execution changed', { job_id: run.job_id, execution: run.execution, status, redrives, done });
  return { done };
}

/** The job that an execution is of, or why that is not known. */
function runOf({ name, input }: Detail): JobRun | string {
  try {
    const state = parseJobState(jsonOrUndefined(input ?? ''));
    // one that a person started with another's input works under that other's name
    return state.execution === name ? state : `execution ${name} works under the name ${state.execution}`;
  } catch (error) {
    if (error instanceof NarrativesError) return error.message;
    throw error;
  }
}

/**
 * A redrive of an execution that was stopped continues where it was: its row is resumed. One that failed by "Fail job" can
 * only fail there again, so that the job is requeued, for a new execution. What was heard of before, or is older than
 * the row's last end, changes nothing.
 */
async function redriven(deps: ExecutionChangedDeps, row: LooseRow, run: JobRun, redrives: number): Promise<Done> {
  const { kind, holder } = standingOf(row, { execution: run.execution });
  if (holder !== 'ours' || redrives <= row.execution_redrives) return 'nothing';
  // events of the end before it may still be on their way: they are to be known as old
  if (kind === 'running')
    return (await noteRedrives(deps, row, redrives)) ? 'noted' : redrivenAgain(deps, run, redrives);
  if (kind === 'stopped' || (kind === 'withdrawn' && row.execution_status !== undefined))
    return (await resume(deps, row, redrives)) ? 'resumed' : redrivenAgain(deps, run, redrives);
  if (kind !== 'failed') return 'nothing';
  const done = await requeue(deps, row, 'a person redrove its execution', 0);
  deps.log.info('job requeued', { job_id: run.job_id, done });
  return done ? 'requeued' : 'nothing';
}

/** The row changed while it was looked at, probably by a step of this very execution. */
async function redrivenAgain(deps: ExecutionChangedDeps, run: JobRun, redrives: number): Promise<Done> {
  const row = await readLoosely(deps.jobs, run.job_id);
  return row ? redriven(deps, row, run, redrives) : 'nothing';
}

function notUnderstood({ log }: ExecutionChangedDeps, why: string, execution?: string): { done: Done } {
  log.error('event is not understood: its job is left to the sweep', { execution, why });
  return { done: 'nothing' };
}
