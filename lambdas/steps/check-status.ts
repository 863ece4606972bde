import { cancelBatch, isToBeCancelled } from '../batch/cancel.ts';
import { releaseBatch } from '../batch/release.ts';
import { requestCount } from '../batch/send.ts';
import { API_AWAITED, MAX_REFUSALS, secondsBetween, secondsToNextCheck, waitAfterTrouble } from '../batch/wait.ts';
import { isCancelledUnder, type LooseRow, readLoosely } from '../job/standing.ts';
import { noteProgress, noteWaiting } from '../job/transitions.ts';
import { AnthropicUnavailable, BatchNotFound, BatchOverdue } from '../shared/errors.ts';
import { type JobState, parseJobState } from '../shared/hand-off.ts';
import type { BatchEntry } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { Batches, BatchStatus } from '../stores/anthropic.ts';
import type { JobTable } from '../stores/jobs.ts';
import type { Ledger } from '../stores/ledger.ts';

export interface CheckStatusDeps {
  jobs: JobTable;
  ledger: Ledger;
  batches: Pick<Batches, 'status' | 'cancel'>;
  log: Log;
  metrics: Metrics;
  now: () => Date;
}

/** How long past `expires_at` a batch may still be on its way to `ended`, in seconds. */
const OVERDUE_SECONDS = 3_600;

/**
 * "Check batch status": asks the API once for each batch of the round that had not ended, and says how long to wait
 * before the next check. Trouble at the API is a longer wait, not an error, and so for an hour is a batch that it does not find:
 * a live one is answered with 404 now and then. Batches of a job that
 * was cancelled under this execution are cancelled at the API, and watched until they have ended.
 * @returns next: 'wait', or 'collect' when every batch of the round has ended
 * @throws AnthropicRefused for what is permanent; BatchNotFound after an hour; BatchOverdue long after `expires_at`
 */
export async function checkStatus(deps: CheckStatusDeps, input: unknown): Promise<JobState> {
  const state = parseJobState(input);
  const checks = state.checks + 1;
  const open = (await deps.ledger.batches(state.job_id, state.round)).filter(({ state: s }) => s === 'submitted');
  const row = open.length > 0 ? await readLoosely(deps.jobs, state.job_id) : undefined;
  const cancelled = isCancelledUnder(row, state.execution);
  try {
    const answers: (BatchStatus | undefined)[] = [];
    let doubt: AnthropicUnavailable | undefined;
    for (const batch of open) {
      deps.log.ids?.({ batch_id: batch.batch_id });
      const answer = await checkOne(deps, state, batch);
      if (answer instanceof AnthropicUnavailable) doubt = answer;
      const status = answer instanceof AnthropicUnavailable ? undefined : answer;
      if (cancelled && status && isToBeCancelled(batch, status)) await cancelBatch(deps, batch);
      answers.push(status);
    }
    // what follows is about all of them
    if (open.length > 1) deps.log.ids?.({ batch_id: undefined });
    const statuses = answers.filter((status) => status !== undefined);
    if (statuses.length > 0) await tellProgress(deps, state, row, open, answers);
    if (doubt) {
      if (statuses.length === 0) await noteWaiting(deps, state, API_AWAITED);
      return waitAfterTrouble(deps.log, { ...state, checks }, doubt);
    }
    if (statuses.every(({ processing_status }) => processing_status === 'ended')) {
      // with no open batch, errors of the API while collecting are still counted
      const { troubles, refusals } = open.length > 0 ? { troubles: 0 } : state;
      return { ...state, checks, troubles, refusals, wait_seconds: 0, next: 'collect' };
    }
    const oldest = Math.min(...statuses.map(({ created_at }) => Date.parse(created_at)));
    const wait_seconds = secondsToNextCheck((deps.now().getTime() - oldest) / 1000, checks);
    return { ...state, checks, troubles: 0, refusals: undefined, wait_seconds, next: 'wait' };
  } catch (error) {
    if (!(error instanceof AnthropicUnavailable)) throw error;
    stopWhenOverdue(deps, open);
    await noteWaiting(deps, state, API_AWAITED);
    return waitAfterTrouble(deps.log, { ...state, checks }, error);
  }
}

/** @returns undefined for a batch that is not ours after all; an error for one that is refused, which may pass */
async function checkOne(
  deps: CheckStatusDeps,
  state: JobState,
  batch: BatchEntry,
): Promise<BatchStatus | AnthropicUnavailable | undefined> {
  const status = await statusOf(deps, state, batch);
  if (!status || status instanceof AnthropicUnavailable) return status;
  const { created_at, expires_at, ended_at } = status;
  const requests = batch.requests || requestCount(status);
  if (status.processing_status === 'ended') {
    const times = { created_at, expires_at, ...(ended_at ? { ended_at } : {}) };
    await deps.ledger.updateBatch({ ...batch, state: 'ended', requests, ...times });
    // a step run again finds it ended and does not ask
    if (ended_at) deps.metrics.add('BatchSeconds', secondsBetween(created_at, Date.parse(ended_at)));
  } else stopWhenOverdue(deps, [{ ...batch, expires_at }]);
  return status;
}

async function statusOf(
  deps: CheckStatusDeps,
  { refusals = 0 }: JobState,
  batch: BatchEntry,
): Promise<BatchStatus | AnthropicUnavailable | undefined> {
  try {
    return await deps.batches.status(batch.batch_id as string);
  } catch (error) {
    // the other batches are checked all the same
    if (!(error instanceof AnthropicUnavailable && error.refusal)) throw error;
    // one that was only found in the list, and is deleted, was another job's: ours must still be found
    const isGone = error.refusal instanceof BatchNotFound && refusals >= MAX_REFUSALS;
    if (!(isGone && batch.adopted)) return error;
    await releaseBatch(deps, batch);
    return undefined;
  }
}

function stopWhenOverdue(deps: CheckStatusDeps, batches: readonly BatchEntry[]): void {
  for (const { batch_id, expires_at } of batches) {
    if (!expires_at || deps.now().getTime() < Date.parse(expires_at) + OVERDUE_SECONDS * 1000) continue;
    throw new BatchOverdue(
      `batch ${batch_id} has not ended though it expired at ${expires_at}: look it up in the Anthropic console; redrive the job to watch it again`,
    );
  }
}

/**
 * Says on the job row how far its batches are, when that has changed. A row that is cancelled is written as long as it
 * names this execution and has not been closed.
 * @param row as it was read before the API was asked
 * @param open the batches that were asked about, and of each the answer; none for one that is not ours after all
 */
async function tellProgress(
  deps: CheckStatusDeps,
  state: JobState,
  row: LooseRow | undefined,
  open: readonly BatchEntry[],
  answers: readonly (BatchStatus | undefined)[],
): Promise<void> {
  const { job_id, execution, round } = state;
  const statuses = answers.filter((status) => status !== undefined);
  const asOfNow = progressOf(round, statuses);
  const progress = isCancelledUnder(row, execution) ? `${asOfNow}; ${cancelOf(open, answers)}` : asOfNow;
  deps.log.info('batch status', {
    event: 'batch_status',
    job_id,
    round,
    batch_ids: statuses.map(({ id }) => id),
    progress,
  });
  if (row?.batch_progress === progress || row?.worker_id !== execution) return;
  await noteProgress(deps, state, progress);
}

function progressOf(round: number, statuses: readonly BatchStatus[]): string {
  const sum = (key: keyof BatchStatus['counts']) => statuses.reduce((total, { counts }) => total + counts[key], 0);
  const ended = statuses.filter(({ processing_status }) => processing_status === 'ended').length;
  return `round ${round}: ${ended} of ${statuses.length} open batches ended; ${sum('processing')} processing, ${sum('succeeded')} succeeded, ${sum('errored')} errored, ${sum('canceled')} canceled, ${sum('expired')} expired`;
}

/** Cancels the open batches of a cancelled job, except those that may belong to another job. */
function cancelOf(open: readonly BatchEntry[], answers: readonly (BatchStatus | undefined)[]): string {
  const running = open.filter((_, at) => answers[at] && answers[at].processing_status !== 'ended');
  if (running.length === 0) return 'the job is cancelled: what is finished is kept';
  const unproven = running.filter(({ adopted }) => adopted).length;
  const left = unproven > 0 ? `; ${unproven} not yet proven ours are watched to their end` : '';
  return `the job is cancelled: the API is asked to cancel ${running.length - unproven} of them${left}`;
}
