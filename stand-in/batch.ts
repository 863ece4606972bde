import type { BatchRequest } from './batch-request.ts';
import type { FaultScript, ResultFault } from './faults.ts';
import { answerOf, answerUsage } from './message.ts';
import { messageParams, requestRefusal } from './request-rules.ts';
import type { EndedBatch } from './results.ts';
import { cachePrefixes } from './tokens.ts';
import type { BatchRecord, BatchState, PaidRequest, RequestCounts } from './types.ts';

const ARCHIVED_AFTER_MS = 29 * 24 * 3_600_000;

export interface Batch {
  state: BatchState;
  requests: BatchRequest[];
  /** Cache prefix → the request that writes it; made when first needed. */
  prefixes?: Map<string, number>;
}

/** Where a batch stands. */
export function statusOf({ endedAt, cancelInitiatedAt }: BatchState): BatchRecord['processing_status'] {
  if (endedAt !== null) return 'ended';
  return cancelInitiatedAt === null ? 'in_progress' : 'canceling';
}

/** When and how a batch ends by its own dates; undefined when nothing is due yet. Times in ms. */
export function dueEnd(
  state: BatchState,
  now: number,
): { at: number; rest: 'canceled' | 'expired' | 'none' } | undefined {
  if (state.endedAt !== null) return undefined;
  const ends = [
    { at: state.dueAt ?? Number.POSITIVE_INFINITY, rest: 'none' as const },
    { at: state.cancelDueAt ?? Number.POSITIVE_INFINITY, rest: 'canceled' as const },
    { at: state.expiresAt, rest: 'expired' as const },
  ];
  // Once canceled, a batch no longer runs to its own end.
  const open = state.cancelDueAt === null ? ends : ends.slice(1);
  return open.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at)[0];
}

/** What becomes of each request at the end: refused ones error, then the script has its say, the others succeed. */
export function decideOutcomes(batch: Batch, finished: number, models: readonly string[], script: FaultScript) {
  const outcomes: Record<string, ResultFault> = {};
  for (const [index, request] of batch.requests.slice(0, finished).entries()) {
    const refusal = requestRefusal(request.params, batch.state.apiVersion, models);
    const outcome: ResultFault | undefined =
      refusal === undefined
        ? script.takeResult(request)
        : { kind: 'errored', type: 'invalid_request_error', message: refusal };
    if (outcome !== undefined) outcomes[index] = outcome;
  }
  return outcomes;
}

/** Counts of an ended batch: whatever has no result of its own type is `succeeded`. */
export function countOutcomes(
  batch: Batch,
  finished: number,
  rest: 'canceled' | 'expired',
  outcomes: Record<string, ResultFault>,
): RequestCounts {
  const counts: RequestCounts = { processing: 0, succeeded: finished, errored: 0, canceled: 0, expired: 0 };
  for (const { kind } of Object.values(outcomes)) {
    if (kind !== 'errored' && kind !== 'canceled' && kind !== 'expired') continue;
    counts.succeeded--;
    counts[kind]++;
  }
  counts[rest] += batch.requests.length - finished;
  return counts;
}

/** The `message_batch` object of the API. `base` is the URL that the caller reached us by. */
export function batchObject({ state }: Batch, base: string, now: number) {
  const archivedAt = state.createdAt + ARCHIVED_AFTER_MS;
  return {
    id: state.id,
    type: 'message_batch',
    processing_status: statusOf(state),
    request_counts: state.counts,
    created_at: rfc3339(state.createdAt),
    expires_at: rfc3339(state.expiresAt),
    ended_at: rfc3339(state.endedAt),
    cancel_initiated_at: rfc3339(state.cancelInitiatedAt),
    archived_at: isArchived(state, now) ? rfc3339(archivedAt) : null,
    results_url: state.endedAt === null ? null : `${base}/v1/messages/batches/${state.id}/results`,
  };
}

/** Results are kept for 29 days after creation. */
export function isArchived(state: BatchState, now: number): boolean {
  return state.endedAt !== null && now >= state.createdAt + ARCHIVED_AFTER_MS;
}

/** RFC 3339 with microseconds, as the API writes it. */
export function rfc3339(ms: number): string;
export function rfc3339(ms: number | null): string | null;
export function rfc3339(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().replace('Z', '000Z');
}

/** An ended batch as the results need it. */
export function endedBatch(batch: Batch): EndedBatch {
  const { state, requests } = batch;
  const outcome = (index: number): ResultFault | undefined =>
    index < state.finished ? state.outcomes[index] : { kind: state.rest };
  const cached = (key: string, index: number) => {
    batch.prefixes ??= prefixWriters(requests, outcome);
    return (batch.prefixes.get(key) ?? index) < index;
  };
  return { id: state.id, requests, outcome, cached };
}

/** The billed requests of an ended batch, with what they used. */
export function* paidRequestsOf(batch: Batch): Generator<PaidRequest> {
  const { id, requests, outcome, cached } = endedBatch(batch);
  for (const [index, request] of requests.entries()) {
    const fault = outcome(index);
    if (!isBilled(fault)) continue;
    const usage = answerUsage(request, answerOf(request, fault), (key) => cached(key, index));
    yield { batch_id: id, custom_id: request.custom_id, model: messageParams(request).model, usage };
  }
}

function prefixWriters(
  requests: readonly BatchRequest[],
  outcome: (index: number) => ResultFault | undefined,
): Map<string, number> {
  const writers = new Map<string, number>();
  for (const [index, request] of requests.entries()) {
    if (!isBilled(outcome(index))) continue;
    for (const { key } of cachePrefixes(messageParams(request))) if (!writers.has(key)) writers.set(key, index);
  }
  return writers;
}

function isBilled(outcome: ResultFault | undefined): boolean {
  return outcome?.kind !== 'errored' && outcome?.kind !== 'canceled' && outcome?.kind !== 'expired';
}
