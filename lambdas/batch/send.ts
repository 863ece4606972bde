import type { BatchRequest } from '../report/request.ts';
import { AnthropicRefused, SubmissionUnsettled } from '../shared/errors.ts';
import type { JobState } from '../shared/hand-off.ts';
import type { BatchEntry, Plan } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import { entry } from '../shared/names.ts';
import type { Batches, BatchStatus } from '../stores/anthropic.ts';
import type { Ledger } from '../stores/ledger.ts';
import { MAX_TROUBLES } from './wait.ts';

export interface SendDeps {
  ledger: Ledger;
  batches: Batches;
  log: Log;
  now: () => Date;
}

/** Time limit of the call that sends a batch, in seconds (the client's). The batch may be created as late as at its end. */
const CALL_SECONDS = 240;
/** Seconds after the end of a call within which the API's list shows the batch that the call created. */
export const LIST_SECONDS = 180;
/** Seconds after the intent within which the API's list shows a batch whose creation had no clear answer. */
export const SETTLE_SECONDS = CALL_SECONDS + LIST_SECONDS;
const SETTLE_CHECK_SECONDS = 15;
const HELD_CHECK_SECONDS = 300;
/** The job of a younger batch may not have marked it as its own yet. */
const MARKED_WITHIN_SECONDS = 60;
/** Clocks differ: a batch may seem to be created this long before our intent. */
const CLOCK_SKEW_SECONDS = 60;

export type Sent = { kind: 'sent'; batch: BatchEntry } | { kind: 'settle'; waitSeconds: number; why: string };

/**
 * Sends one batch, once. The intent is recorded first. If an earlier intent has no batch id (after a crash, a lost answer,
 * or an answer that says "not now"), the API's list is searched for our batch. It is sent again only if the list does not
 * show it for `SETTLE_SECONDS`.
 */
export async function sendOnce(
  deps: SendDeps,
  plan: Plan,
  intent: { round: number; part: number; requests: BatchRequest[]; known: BatchEntry | undefined },
): Promise<Sent> {
  const { known } = intent;
  if (known?.batch_id) return { kind: 'sent', batch: known };
  const earlier = known ? await settleIntent(deps, known) : NOT_SENT;
  if (earlier.kind !== 'not sent') return earlier;
  const fresh: BatchEntry = {
    job_id: plan.job_id,
    entry: entry.batch(intent.round, intent.part),
    round: intent.round,
    part: intent.part,
    state: 'intended',
    requests: intent.requests.length,
    intent_at: deps.now().toISOString(),
    // batches that proved to be another job's; the intent must not find them again
    ...(known?.not_ours ? { not_ours: known.not_ours } : {}),
    expires_at_epoch: plan.expires_at_epoch,
  };
  if ((await deps.ledger.putIntent(fresh)) === 'exists')
    return settle(SETTLE_CHECK_SECONDS, 'another attempt is under way');
  return send(deps, plan, fresh, intent.requests);
}

const NOT_SENT = { kind: 'not sent' } as const;

/**
 * Finds out what became of a submission that was intended and not confirmed.
 * @returns 'not sent' when the list has not shown it for `SETTLE_SECONDS`: the intent is then removed
 */
export async function settleIntent(deps: SendDeps, intent: BatchEntry): Promise<Sent | typeof NOT_SENT> {
  const found = await findOurs(deps, intent);
  if (found === 'young')
    return settle(SETTLE_CHECK_SECONDS, 'a batch like ours has just been created, and its owner is not known yet');
  if (found === 'held')
    return settle(HELD_CHECK_SECONDS, 'a batch like ours is held by another job, which has not yet proved whose it is');
  if (found) return { kind: 'sent', batch: await recordSent(deps, { ...intent, adopted: true }, found) };
  if (deps.now().getTime() < listedBy(intent))
    return settle(SETTLE_CHECK_SECONDS, 'an earlier submission had no clear answer');
  await deps.ledger.removeIntent(intent);
  return NOT_SENT;
}

const settle = (waitSeconds: number, why: string): Sent => ({ kind: 'settle', waitSeconds, why });

async function send(deps: SendDeps, plan: Plan, intent: BatchEntry, requests: BatchRequest[]): Promise<Sent> {
  const answer = await deps.batches.send(requests).catch(async (error: unknown) => {
    // only a refusal proves that there is no batch
    if (error instanceof AnthropicRefused) await deps.ledger.removeIntent(intent);
    throw error;
  });
  if (answer.kind === 'sent') return { kind: 'sent', batch: await recordSent(deps, intent, answer.batch) };
  deps.log.warn('batch not confirmed', {
    event: 'batch_not_confirmed',
    job_id: plan.job_id,
    outcome: answer.kind,
    why: answer.why,
  });
  if (answer.kind === 'unclear') return settle(SETTLE_CHECK_SECONDS, answer.why);
  // a gateway may refuse after it has passed the call on: the list is searched before the batch is sent again
  await deps.ledger.updateBatch({ ...intent, refused_at: deps.now().toISOString() });
  return settle(Math.min(600, Math.max(LIST_SECONDS, Math.ceil(answer.retryAfterSeconds ?? 0))), answer.why);
}

/** When the list shows the batch, if it was created at all, in ms since the epoch. A call that was answered is over. */
const listedBy = ({ intent_at, refused_at }: BatchEntry): number =>
  refused_at ? Date.parse(refused_at) + LIST_SECONDS * 1000 : Date.parse(intent_at) + SETTLE_SECONDS * 1000;

/** Writes the batch id where a later attempt will find it; the owner's mark goes first, so that no other job adopts it. */
async function recordSent(deps: SendDeps, intent: BatchEntry, status: BatchStatus): Promise<BatchEntry> {
  const { id: batch_id, created_at, expires_at } = status;
  await deps.ledger.ownBatch(batch_id, intent, !intent.adopted);
  const batch: BatchEntry = { ...intent, state: 'submitted', batch_id, created_at, expires_at };
  await deps.ledger.updateBatch(batch);
  deps.log.info('batch submitted', {
    event: 'batch_submitted',
    job_id: intent.job_id,
    batch_id,
    requests: intent.requests,
    adopted: intent.adopted ?? false,
  });
  return batch;
}

/**
 * Finds the oldest batch since the intent that has the same number of requests and no other owner, and marks it as ours.
 * Its custom ids prove at collection whether it is ours; until then, other jobs that look for a batch wait.
 * @returns undefined when there is no such batch; 'young' when one was created so recently that its own job may still mark
 * it; 'held' when another job found one in the list and has not yet proved whose it is
 */
async function findOurs(deps: SendDeps, intent: BatchEntry): Promise<BatchStatus | 'young' | 'held' | undefined> {
  const since = new Date(Date.parse(intent.intent_at) - CLOCK_SKEW_SECONDS * 1000).toISOString();
  const marked = deps.now().getTime() - MARKED_WITHIN_SECONDS * 1000;
  const candidates = (await deps.batches.createdSince(since)).filter(
    (batch) => requestCount(batch) === intent.requests && !intent.not_ours?.includes(batch.id),
  );
  const old = candidates.filter((batch) => Date.parse(batch.created_at) <= marked);
  let held = false;
  for (const batch of old.reverse()) {
    const owned = await deps.ledger.ownBatch(batch.id, intent, false);
    if (owned === 'ours') return batch;
    held ||= owned === 'unproven';
  }
  if (old.length < candidates.length) return 'young';
  return held ? 'held' : undefined;
}

/**
 * Waits before a submission without a clear answer is looked at again, for some hours at most.
 * @throws SubmissionUnsettled after some hours
 */
export function settleLater(state: JobState, { waitSeconds, why }: { waitSeconds: number; why: string }): JobState {
  if (state.troubles >= MAX_TROUBLES) {
    throw new SubmissionUnsettled(
      `the Anthropic API gave no clear answer to a submission ${MAX_TROUBLES} times (${why}): see its status page, then redrive the job`,
    );
  }
  return { ...state, troubles: state.troubles + 1, next: 'settle', wait_seconds: waitSeconds };
}

/** How many requests a batch holds, whatever has become of them. */
export const requestCount = ({ counts }: Pick<BatchStatus, 'counts'>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
