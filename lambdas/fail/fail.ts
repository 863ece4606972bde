import { z } from 'zod';
import { type JobState, parseJobState } from '../domain/job-state.ts';
import { jsonOrUndefined } from '../domain/parse.ts';
import { type CloseDeps, closeJob, secondsSince } from '../job/close.ts';
import { closeLegacyJob } from '../job/legacy-job.ts';
import { claim } from '../job/own.ts';
import { jobResults, summarize, unwatched } from '../job/summary.ts';
import type { Ledger } from '../ports.ts';

export type FailDeps = CloseDeps & { ledger: Ledger };

/** What a Catch adds to the state: `Cause` is JSON where a Lambda threw. */
const caughtSchema = z.object({ error: z.object({ Error: z.string(), Cause: z.string().default('') }) });
const causeSchema = z.object({ errorMessage: z.string() });

/**
 * "Fail job": marks the job FAILED, in words an operator can act on, with what was stored until then. Where a paid
 * batch is left that nobody watches, `checker_schedule_failed` says so.
 * @returns its input, from which the Fail state takes the error's name and cause
 */
export async function fail(deps: FailDeps, input: unknown): Promise<unknown> {
  const state = parseJobState(input);
  const message = whatHappened(input);
  deps.log.error('job failed', { job_id: state.job_id, why: message });
  // an execution that failed before it could claim its row (a missing secret, say) must not leave it PENDING for ever
  await claim(deps, state);
  const plan = await deps.ledger.plan(state.job_id);
  const batches = await deps.ledger.batches(state.job_id);
  const left = unwatched(batches);
  const summary = plan && batches.length > 0 ? await summarize(deps.ledger, plan) : undefined;
  const row = await deps.jobs.get(state.job_id);
  const seconds = secondsSince(typeof row?.started_at === 'string' ? row.started_at : undefined, deps.now());
  const ending = {
    status: 'FAILED',
    message:
      left.length > 0
        ? `${message} [${left.length} batch(es) left unwatched: ${left.map(nameOf).join(', ')}; set the job to PENDING to go on with them]`
        : message,
    set: {
      ...(left.length > 0 ? { checker_schedule_failed: true } : {}),
      ...(plan && summary ? { job_results: jobResults(plan, summary, seconds) } : {}),
    },
  } as const;
  await closeJob(deps, state, batches, ending);
  if (plan?.legacy)
    await closeLegacyJob(deps, plan, batches, { ...ending, set: { ...ending.set, error_message: ending.message } });
  return input as JobState;
}

const nameOf = ({ batch_id, round, part }: { batch_id?: string | undefined; round: number; part: number }): string =>
  batch_id ?? `round ${round} part ${part}, never confirmed`;

function whatHappened(input: unknown): string {
  const caught = caughtSchema.safeParse(input);
  if (!caught.success) return 'the execution failed and did not say why: look it up in the Step Functions console';
  const { Error: name, Cause } = caught.data.error;
  const cause = causeSchema.safeParse(jsonOrUndefined(Cause));
  return `${name}: ${cause.success ? cause.data.errorMessage : Cause || 'no cause given'}`;
}
