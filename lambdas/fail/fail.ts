import * as z from 'zod';
import { InvalidJobRow, StoreUnavailable } from '../domain/errors.ts';
import { AWAITING_BATCH } from '../domain/job-row.ts';
import { type JobState, parseJobState } from '../domain/job-state.ts';
import { entry } from '../domain/keys.ts';
import type { BatchEntry, Plan } from '../domain/ledger-entries.ts';
import { jsonOrUndefined } from '../domain/parse.ts';
import { type CloseDeps, closeJob, closeUnreadable, type Ending, secondsSince } from '../job/close.ts';
import { closeLegacyJob } from '../job/legacy-job.ts';
import { claim } from '../job/own.ts';
import { jobResults, summarize, unwatched } from '../job/summary.ts';
import type { Ledger } from '../ports.ts';

export type FailDeps = CloseDeps & { ledger: Ledger };

/** What a Catch adds to the state: `Cause` is JSON where a Lambda threw. */
const caughtSchema = z.object({ error: z.object({ Error: z.string(), Cause: z.string().default('') }) });
const causeSchema = z.object({ errorMessage: z.string() });
const rowSchema = z.object({ started_at: z.string().optional().catch(''), batch_id: z.string().optional().catch('') });

/**
 * "Fail job": marks the job FAILED, in words an operator can act on, with what was stored until then. Where a paid
 * batch is left that nobody watches, `checker_schedule_failed` says so. It is the last net: whatever else cannot be read,
 * the row is closed.
 * @returns its input, from which the Fail state takes the error's name and cause
 */
export async function fail(deps: FailDeps, input: unknown): Promise<unknown> {
  const state = parseJobState(input);
  const why = whatHappened(input);
  deps.log.error('job failed', { job_id: state.job_id, why });
  const ledger = await readLedger(deps, state);
  const row = rowSchema.parse((await deps.jobs.get(state.job_id)) ?? {});
  const left = await leftUnwatched(deps, state, ledger, row.batch_id || undefined);
  const tail = `[${left.length} batch(es) left unwatched: ${left.join(', ')}; set the job to PENDING to go on with them]`;
  const seconds = secondsSince(row.started_at, deps.now());
  const ending: Ending = {
    status: 'FAILED',
    message: left.length > 0 ? `${why} ${tail}` : why,
    set: {
      ...(left.length > 0 ? { checker_schedule_failed: true } : {}),
      ...(ledger?.plan && ledger.summary ? { job_results: jobResults(ledger.plan, ledger.summary, seconds) } : {}),
    },
  };
  await close(deps, state, ledger, ending);
  return input;
}

type FoundInLedger = {
  plan: Plan | undefined;
  batches: BatchEntry[];
  summary: Awaited<ReturnType<typeof summarize>> | undefined;
};

/** @returns undefined when the ledger's rows cannot be read: they are of another version, or damaged */
async function readLedger({ ledger, log }: FailDeps, { job_id }: JobState): Promise<FoundInLedger | undefined> {
  try {
    const plan = await ledger.plan(job_id);
    const batches = await ledger.batches(job_id);
    return { plan, batches, summary: plan && batches.length > 0 ? await summarize(ledger, plan) : undefined };
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    log.error('the ledger cannot be read', { job_id, why: (error as Error).message });
    return undefined;
  }
}

/** Names of batches that are paid for and not collected. @param rowBatch the batch that the job row itself names */
async function leftUnwatched(
  { ledger }: FailDeps,
  { job_id, job_type }: JobState,
  found: FoundInLedger | undefined,
  rowBatch: string | undefined,
): Promise<string[]> {
  if (!found) return rowBatch ? [rowBatch] : [];
  if (found.batches.length > 0 || job_type !== AWAITING_BATCH || !rowBatch) return unwatched(found.batches).map(nameOf);
  // an AWAITING row that could not be taken over: its batch is unwatched, unless another watches it
  const key = {
    job_id,
    entry: entry.batch(1, 0),
    round: 1,
    part: 0,
    requests: 0,
    state: 'intended',
    intent_at: '',
  } as const;
  return (await ledger.ownBatch(rowBatch, key, false)) === 'ours' ? [rowBatch] : [];
}

async function close(deps: FailDeps, state: JobState, found: FoundInLedger | undefined, ending: Ending): Promise<void> {
  try {
    // an execution that failed before it could claim its row (a missing secret, say) must not leave it PENDING for ever
    await claim(deps, state);
    await closeJob(deps, state, found?.plan, found?.batches ?? [], ending);
  } catch (error) {
    if (!(error instanceof InvalidJobRow)) throw error;
    await closeUnreadable(deps, state, ending);
  }
  if (found?.plan?.legacy) await closeLegacyJob(deps, found.plan, found.batches, ending);
}

const nameOf = ({ batch_id, round, part }: BatchEntry): string =>
  batch_id ?? `round ${round} part ${part}, never confirmed`;

function whatHappened(input: unknown): string {
  const caught = caughtSchema.safeParse(input);
  if (!caught.success) return 'the execution failed and did not say why: look it up in the Step Functions console';
  const { Error: name, Cause } = caught.data.error;
  const cause = causeSchema.safeParse(jsonOrUndefined(Cause));
  return `${name}: ${cause.success ? cause.data.errorMessage : Cause || 'no cause given'}`;
}
