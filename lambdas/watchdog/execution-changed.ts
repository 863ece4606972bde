import * as z from 'zod';
import { closeEnded, type EndedRun } from '../job/close-ended.ts';
import type { CloseFailedDeps, JobRun } from '../job/close-failed.ts';
import { type MarkedRow, marksSchema } from '../job/marks.ts';
import { condition, putBack, reopen } from '../job/put-back.ts';
import { NarrativesError } from '../shared/errors.ts';
import { parseJobState } from '../shared/hand-off.ts';
import { jsonOrUndefined, problems } from '../shared/parse.ts';

export type ExecutionChangedDeps = CloseFailedDeps;

/** What EventBridge tells of an execution of ours. */
const eventSchema = z.object({
  detail: z.object({
    name: z.string().min(1),
    status: z.string(),
    /** absent when it is too large to be told */
    input: z.string().nullish(),
    redriveCount: z.number().int().nonnegative().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});
type Detail = z.infer<typeof eventSchema>['detail'];

/** What was done to the job row. */
export type Done = 'closed' | 'reopened' | 'put back' | 'noted' | 'nothing';

const BROKEN_OFF: readonly string[] = ['FAILED', 'TIMED_OUT', 'ABORTED'] satisfies EndedRun['status'][];

/**
 * Marks the job row when its execution was stopped, ran out of time or failed outside "Fail job", and takes the mark off
 * when it is redriven. Events may come twice, late and in any order. One that cannot be understood is logged and left to
 * the sweep, which looks at the rows.
 * @throws StoreUnavailable: the event is delivered again
 */
export async function executionChanged(deps: ExecutionChangedDeps, event: unknown): Promise<{ done: Done }> {
  const parsed = eventSchema.safeParse(event);
  if (!parsed.success) return ununderstood(deps, problems(parsed.error));
  const { detail } = parsed.data;
  const run = runOf(detail);
  if (typeof run === 'string') return ununderstood(deps, run, detail.name);
  deps.log.ids?.({ job_id: run.job_id, execution: run.execution });
  const row = marksSchema.safeParse(await deps.jobs.get(run.job_id));
  if (!row.success) return ununderstood(deps, `job row ${run.job_id}: ${problems(row.error)}`, detail.name);
  const redrives = detail.redriveCount ?? 0;
  const { status } = detail;
  let done: Done = 'nothing';
  if (BROKEN_OFF.includes(status)) {
    const { error, cause } = detail;
    const ended = { status: status as EndedRun['status'], redrives, error: error ?? '', cause: cause ?? '' };
    if (await closeEnded(deps, row.data, run, ended)) done = 'closed';
  } else if (status === 'RUNNING' && redrives > 0) done = await redriven(deps, row.data, run, redrives);
  deps.log.info('execution changed', { job_id: run.job_id, execution: run.execution, status, redrives, done });
  return { done };
}

/** The job that an execution is of, or why that cannot be told. */
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
 * A redrive of an execution that was stopped goes on where it was: its row is given back to it. One that failed by "Fail
 * job" can only fail there again, so that the job is put back to PENDING, for a new execution. What was heard of
 * before, or is older than the row's last end, changes nothing.
 */
async function redriven(deps: ExecutionChangedDeps, row: MarkedRow, run: JobRun, redrives: number): Promise<Done> {
  if (row.worker_id !== run.execution || redrives <= row.execution_redrives) return 'nothing';
  if (row.status === 'PROCESSING') {
    // news of the end before it may still be on its way: it is to be known for old
    const noted = await deps.jobs.change(row.job_id, condition(row), { execution_redrives: redrives });
    return noted === 'changed' ? 'noted' : redrivenAgain(deps, run, redrives);
  }
  if (row.execution_status !== undefined && (row.status === 'FAILED' || row.status === 'CANCELLED')) {
    return (await reopen(deps, row, redrives)) ? 'reopened' : redrivenAgain(deps, run, redrives);
  }
  if (row.status !== 'FAILED') return 'nothing';
  return (await putBack(deps, row, 'a person redrove its execution', 0)) ? 'put back' : 'nothing';
}

/** The row changed while it was looked at: by a step of this very execution, as like as not. */
async function redrivenAgain(deps: ExecutionChangedDeps, run: JobRun, redrives: number): Promise<Done> {
  const row = marksSchema.parse(await deps.jobs.get(run.job_id));
  return redriven(deps, row, run, redrives);
}

function ununderstood({ log }: ExecutionChangedDeps, why: string, execution?: string): { done: Done } {
  log.error('event is not understood: its job is left to the sweep', { execution, why });
  return { done: 'nothing' };
}
