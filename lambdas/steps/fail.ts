import * as z from 'zod';
import { type FinishDeps, failJob, type Reason } from '../job/finish.ts';
import { parseJobState } from '../shared/hand-off.ts';
import { jsonOrUndefined } from '../shared/parse.ts';

export type FailDeps = FinishDeps;

/** What a Catch adds to the state: `Cause` is JSON where a Lambda threw. */
const caughtSchema = z.object({ error: z.object({ Error: z.string(), Cause: z.string().default('') }) });
const causeSchema = z.object({ errorMessage: z.string() });

/**
 * "Fail job": marks the job FAILED, in words an operator can act on, with what was stored until then. Where a paid
 * batch is left that nobody watches, `checker_schedule_failed` says so. It is the last net: whatever else cannot be read,
 * the row is closed.
 * @returns its input, from which the Fail state takes the error's name and cause
 */
export async function fail(deps: FailDeps, input: unknown): Promise<unknown> {
  const state = parseJobState(input);
  const reason = whatHappened(input);
  deps.log.error('job failed', { job_id: state.job_id, why: reason.why });
  await failJob(deps, state, reason);
  return input;
}

function whatHappened(input: unknown): Reason {
  const caught = caughtSchema.safeParse(input);
  const unsaid = 'the execution failed and did not say why: look it up in the Step Functions console';
  if (!caught.success) return { name: 'unknown', why: unsaid };
  const { Error: name, Cause } = caught.data.error;
  const cause = causeSchema.safeParse(jsonOrUndefined(Cause));
  return { name, why: `${name}: ${cause.success ? cause.data.errorMessage : Cause || 'no cause given'}` };
}
