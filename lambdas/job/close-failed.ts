import * as z from 'zod';
import { InvalidJobRow, StoreUnavailable, whyOf } from '../shared/errors.ts';
import type { JobState } from '../shared/hand-off.ts';
import { AWAITING_BATCH } from '../shared/job-row.ts';
import type { BatchEntry, Plan } from '../shared/ledger-rows.ts';
import type { Metrics } from '../shared/metrics.ts';
import { entry } from '../shared/names.ts';
import type { Ledger } from '../stores/ledger.ts';
import { type CloseDeps, closeJob, closeUnreadable, type EndedExecution, type Ending, secondsSince } from './close.ts';
import { countEnding } from './count-ending.ts';
import { closeLegacyJob } from './legacy-job.ts';
import { takePending } from './own.ts';
import { type JobSummary, jobResults, summarize, unwatched } from './summary.ts';

export type CloseFailedDeps = CloseDeps & { ledger: Ledger; metrics: Metrics };

/** The name of an error, for the figures, and what it was in words an operator can act on. */
export interface Reason {
  name: string;
  why: string;
}

/** What tells one run of a job from another. */
export type JobRun = Pick<JobState, 'job_id' | 'job_type' | 'version' | 'execution'>;

const rowSchema = z.object({ started_at: z.string().optional().catch(''), batch_id: z.string().optional().catch('') });

/**
 * Marks a job FAILED, with what was stored until then. Where a paid batch is left that nobody watches,
 * `checker_schedule_failed` says so. Whatever else cannot be read, the row is closed; one that is not this run's is left alone.
 * @param ended given when the execution did not end at "Fail job": how it did
 * @returns whether the job row was written
 * @throws StoreUnavailable
 */
export async function closeFailed(
  deps: CloseFailedDeps,
  run: JobRun,
  { name, why }: Reason,
  ended?: EndedExecution,
): Promise<boolean> {
  const ledger = await readLedger(deps, run);
  const row = rowSchema.parse((await deps.jobs.get(run.job_id)) ?? {});
  const left = await leftUnwatched(deps, run, ledger, row.batch_id || undefined);
  const seconds = secondsSince(row.started_at, deps.now());
  const ending: Ending = {
    status: 'FAILED',
    message: `${why}${tellUnwatched(left)}`,
    ...(ended ? { ended } : {}),
    written: countEnding(deps.metrics, 'FAILED', ledger?.summary, name),
    set: {
      ...(left.length > 0 ? { checker_schedule_failed: true } : {}),
      ...figuresOf(ledger, seconds),
    },
  };
  return close(deps, run, ledger, ending);
}

/** What an operator is told of batches that nobody watches; empty when there are none. */
export const tellUnwatched = (names: readonly string[]): string =>
  names.length > 0
    ? ` [${names.length} batch(es) left unwatched: ${names.join(', ')}; they are taken up when the job goes on]`
    : '';

/** A message without what `tellUnwatched` added to it. */
export const untold = (message: string): string => message.replace(/ \[\d+ batch\(es\) left unwatched: [^\]]*\]/g, '');

/** How a batch is named for an operator. */
export const nameOfBatch = ({ batch_id, round, part }: BatchEntry): string =>
  batch_id ?? `round ${round} part ${part}, never confirmed`;

type FoundInLedger = { plan: Plan | undefined; batches: BatchEntry[]; summary: JobSummary | undefined };

/** `job_results` of a row; nothing where nothing was sent or reused, or the ledger cannot be read. @param seconds the job took */
export const figuresOf = (found: FoundInLedger | undefined, seconds: number): { job_results?: string } =>
  found?.plan && found.summary ? { job_results: jobResults(found.plan, found.summary, seconds) } : {};

/** @returns undefined when the ledger's rows cannot be read: they are of another version, or damaged */
export async function readLedger(
  { ledger, log }: CloseFailedDeps,
  { job_id }: Pick<JobRun, 'job_id'>,
): Promise<FoundInLedger | undefined> {
  try {
    const plan = await ledger.plan(job_id);
    const batches = await ledger.batches(job_id);
    return {
      plan,
      batches,
      summary: plan && (batches.length > 0 || plan.reused) ? await summarize(ledger, plan) : undefined,
    };
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    log.error('the ledger cannot be read', { job_id, why: whyOf(error) });
    return undefined;
  }
}

/** Names of batches that are paid for and not collected. @param rowBatch the batch that the job row itself names */
async function leftUnwatched(
  { ledger }: CloseFailedDeps,
  { job_id, job_type }: JobRun,
  found: FoundInLedger | undefined,
  rowBatch: string | undefined,
): Promise<string[]> {
  if (!found) return rowBatch ? [rowBatch] : [];
  if (found.batches.length > 0 || job_type !== AWAITING_BATCH || !rowBatch)
    return unwatched(found.batches).map(nameOfBatch);
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

async function close(
  deps: CloseFailedDeps,
  run: JobRun,
  found: FoundInLedger | undefined,
  ending: Ending,
): Promise<boolean> {
  let closed: boolean;
  try {
    // an execution that ended before it could claim its row (a missing secret, say) must not leave it PENDING for ever
    await takePending(deps, run);
    closed = await closeJob(deps, run, found?.plan, found?.batches ?? [], ending);
  } catch (error) {
    if (!(error instanceof InvalidJobRow)) throw error;
    closed = await closeUnreadable(deps, run, ending);
  }
  if (found?.plan?.legacy) await closeLegacyJob(deps, found.plan, found.batches, ending);
  return closed;
}
