import { randomUUID } from 'node:crypto';
import { firstText } from './asked.ts';
import { type BatchRequest, type FaultScript, type LieOption, lieTeller, type ResultFault } from './faults.ts';
import { type ApiVersion, invalidRequest, notFound } from './http.ts';
import { type Lie, lieAbout } from './lies.ts';
import { cachePrefixes, type Usage } from './models.ts';
import { readPrompt } from './narrative.ts';
import { idFrom } from './random.ts';
import { answerOf, answerUsage, type EndedBatch } from './results.ts';
import { messageParams, parseBatchBody, requestRefusal } from './rules.ts';
import type { BatchState, Store } from './store.ts';

const DAY_MS = 24 * 3_600_000;
const ARCHIVED_AFTER_MS = 29 * DAY_MS;

export interface ProcessingOptions {
  /** How long a batch stays `in_progress` by the clock; Infinity for one that runs until it expires. Default 0. */
  secondsPerBatch?: number;
  /** How long a batch stays `canceling`. Default 0: it has ended at the next look. */
  secondsToCancel?: number;
  /** Share (0..1) of the requests that are done when a batch is canceled or expires. Default 0. */
  finishedShare?: number;
}

/** A batch as it was received, for whoever runs the stand-in. */
export interface BatchRecord {
  id: string;
  /** RFC 3339 */
  created_at: string;
  /** The `anthropic-version` that it was sent with. */
  api_version: ApiVersion;
  processing_status: 'in_progress' | 'canceling' | 'ended';
  deleted: boolean;
  requests: BatchRequest[];
}

export interface PaidRequest {
  batch_id: string;
  custom_id: string;
  model: string;
  usage: Usage;
}

/** A lie that was scripted for a request, and what became of it. */
export interface LieRecord {
  batch_id: string;
  custom_id: string;
  lie: Lie;
  /** false where the section offered no way to it, and the answer is true */
  told: boolean;
}

export interface BatchesOptions {
  clock: () => number;
  models: readonly string[];
  processing: ProcessingOptions;
  store: Store;
  script: FaultScript;
  /** Lies in every batch, beside those of the script. */
  lie?: LieOption | undefined;
}
type BatchObject = ReturnType<typeof batchObject>;

interface Batch {
  state: BatchState;
  requests: BatchRequest[];
  /** Cache prefix → the request that writes it; made when first needed. */
  prefixes?: Map<string, number>;
}

/** All batches of the stand-in. A batch advances with the clock, each time it is read. */
export class Batches {
  readonly #options: BatchesOptions;
  readonly #all: Batch[];

  /** @throws InvalidSetting when the store holds a file that is not in the agreed shape */
  constructor(options: BatchesOptions) {
    this.#options = options;
    this.#all = options.store.load();
  }

  /** POST /v1/messages/batches; on disk when it returns. @throws ApiError 400 */
  create(body: unknown, bytes: Buffer, apiVersion: ApiVersion, base: string): BatchObject {
    const requests = parseBatchBody(body);
    const createdAt = this.#options.clock();
    const seconds = this.#options.processing.secondsPerBatch ?? 0;
    const state: BatchState = {
      id: idFrom('msgbatch', randomUUID()),
      sequence: this.#all.length + 1,
      apiVersion,
      createdAt,
      expiresAt: createdAt + DAY_MS,
      dueAt: Number.isFinite(seconds) ? Math.round(createdAt + seconds * 1000) : null,
      cancelInitiatedAt: null,
      cancelDueAt: null,
      endedAt: null,
      deletedAt: null,
      finished: 0,
      rest: 'expired',
      outcomes: {},
      counts: { processing: requests.length, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    };
    this.#options.store.add(state, bytes);
    const batch = { state, requests };
    this.#all.push(batch);
    return batchObject(batch, base, createdAt);
  }

  /** GET /v1/messages/batches/{id}. @throws ApiError 404 */
  retrieve(id: string, base: string): BatchObject {
    return batchObject(this.#find(id), base, this.#options.clock());
  }

  /** The rows of GET /v1/messages/batches, newest first; deleted batches are not shown, but may still be cursors. */
  rows(base: string): { id: string; shown: boolean; row: BatchObject }[] {
    return this.#all.toReversed().map((batch) => {
      this.#endIfDue(batch);
      const row = batchObject(batch, base, this.#options.clock());
      return { id: row.id, shown: batch.state.deletedAt === null, row };
    });
  }

  /** POST …/{id}/cancel. @throws ApiError 404, or 400 when the batch has ended */
  cancel(id: string, base: string): BatchObject {
    const batch = this.#find(id);
    const now = this.#options.clock();
    if (statusOf(batch.state) === 'ended') throw invalidRequest(`Batch ${id} has ended and cannot be canceled`);
    if (batch.state.cancelInitiatedAt === null) {
      const cancelDueAt = now + Math.round((this.#options.processing.secondsToCancel ?? 0) * 1000);
      this.#change(batch, { cancelInitiatedAt: now, cancelDueAt });
    }
    return batchObject(batch, base, now);
  }

  /** DELETE …/{id}. @throws ApiError 404, or 400 while the batch is being processed */
  delete(id: string): { id: string; type: 'message_batch_deleted' } {
    const batch = this.#find(id);
    if (statusOf(batch.state) !== 'ended')
      throw invalidRequest(`Batch ${id} is still being processed; cancel it first`);
    this.#change(batch, { deletedAt: this.#options.clock() });
    return { id, type: 'message_batch_deleted' };
  }

  /** GET …/{id}/results. @throws ApiError 404, also when archived; 400 before the end */
  results(id: string): EndedBatch {
    const batch = this.#find(id);
    if (statusOf(batch.state) !== 'ended') throw invalidRequest(`Batch ${id} has no results yet: it has not ended`);
    if (isArchived(batch.state, this.#options.clock())) throw notFound(`The results of batch ${id} are no longer kept`);
    return endedBatch(batch);
  }

  /** What was received, oldest first. */
  records(): BatchRecord[] {
    return this.#all.map((batch) => {
      this.#endIfDue(batch);
      const { state, requests } = batch;
      return {
        id: state.id,
        created_at: rfc3339(state.createdAt),
        api_version: state.apiVersion,
        processing_status: statusOf(state),
        deleted: state.deletedAt !== null,
        requests,
      };
    });
  }

  /** Every request that was billed. */
  paid(): PaidRequest[] {
    return this.#all.flatMap((batch) => {
      this.#endIfDue(batch);
      return batch.state.endedAt === null ? [] : paidRequestsOf(batch);
    });
  }

  /** Every lie in the batches that have ended, oldest first. */
  lies(): LieRecord[] {
    return this.#all.flatMap((batch) => {
      this.#endIfDue(batch);
      return batch.requests.flatMap((request, index) => {
        const fault = batch.state.outcomes[index];
        if (fault?.kind !== 'lie') return [];
        const { told } = lieAbout(readPrompt(firstText(request)), fault.lie);
        return [{ batch_id: batch.state.id, custom_id: request.custom_id, lie: fault.lie, told }];
      });
    });
  }

  #find(id: string): Batch {
    const batch = this.#all.find(({ state }) => state.id === id && state.deletedAt === null);
    if (batch === undefined) throw notFound(`Batch ${id} not found`);
    this.#endIfDue(batch);
    return batch;
  }

  #endIfDue(batch: Batch): void {
    const end = dueEnd(batch.state, this.#options.clock());
    if (end === undefined) return;
    const { models, script, processing, lie } = this.#options;
    const total = batch.requests.length;
    const finished = end.rest === 'none' ? total : Math.floor(total * (processing.finishedShare ?? 0));
    const rest = end.rest === 'none' ? 'expired' : end.rest;
    const outcomes = decideOutcomes(batch, finished, models, script, lie);
    const counts = countOutcomes(batch, finished, rest, outcomes);
    this.#change(batch, { endedAt: end.at, finished, rest, outcomes, counts });
  }

  #change(batch: Batch, change: Partial<BatchState>): void {
    const state = { ...batch.state, ...change };
    this.#options.store.update(state);
    batch.state = state;
  }
}

function statusOf({ endedAt, cancelInitiatedAt }: BatchState): BatchRecord['processing_status'] {
  if (endedAt !== null) return 'ended';
  return cancelInitiatedAt === null ? 'in_progress' : 'canceling';
}

/** When and how a batch ends by its own dates; undefined when nothing is due yet. Times in ms. */
function dueEnd(state: BatchState, now: number): { at: number; rest: 'canceled' | 'expired' | 'none' } | undefined {
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

/** What becomes of each request that was processed: refused ones end errored, then the script decides, others succeed. */
function decideOutcomes(
  batch: Batch,
  finished: number,
  models: readonly string[],
  script: FaultScript,
  lie: LieOption | undefined,
) {
  const outcomes: Record<string, ResultFault> = {};
  const liar = lie ? lieTeller(lie) : () => undefined;
  for (const [index, request] of batch.requests.slice(0, finished).entries()) {
    const refusal = requestRefusal(request.params, batch.state.apiVersion, models);
    const outcome: ResultFault | undefined =
      refusal === undefined
        ? (script.takeResult(request) ?? liar(request))
        : { kind: 'errored', type: 'invalid_request_error', message: refusal };
    if (outcome !== undefined) outcomes[index] = outcome;
  }
  return outcomes;
}

/** Counts of an ended batch: whatever has no result of its own type is `succeeded`. */
function countOutcomes(
  batch: Batch,
  finished: number,
  rest: 'canceled' | 'expired',
  outcomes: Record<string, ResultFault>,
): BatchState['counts'] {
  const counts = { processing: 0, succeeded: finished, errored: 0, canceled: 0, expired: 0 };
  for (const { kind } of Object.values(outcomes)) {
    if (kind !== 'errored' && kind !== 'canceled' && kind !== 'expired') continue;
    counts.succeeded--;
    counts[kind]++;
  }
  counts[rest] += batch.requests.length - finished;
  return counts;
}

/** The `message_batch` object of the API. `base` is the URL that the caller reached us by. */
function batchObject({ state }: Batch, base: string, now: number) {
  return {
    id: state.id,
    type: 'message_batch',
    processing_status: statusOf(state),
    request_counts: state.counts,
    created_at: rfc3339(state.createdAt),
    expires_at: rfc3339(state.expiresAt),
    ended_at: rfc3339(state.endedAt),
    cancel_initiated_at: rfc3339(state.cancelInitiatedAt),
    archived_at: isArchived(state, now) ? rfc3339(state.createdAt + ARCHIVED_AFTER_MS) : null,
    results_url: state.endedAt === null ? null : `${base}/v1/messages/batches/${state.id}/results`,
  };
}

/** Results are kept for 29 days after creation. */
function isArchived(state: BatchState, now: number): boolean {
  return state.endedAt !== null && now >= state.createdAt + ARCHIVED_AFTER_MS;
}

/** RFC 3339 with microseconds, as the API writes it. */
function rfc3339(ms: number): string;
function rfc3339(ms: number | null): string | null;
function rfc3339(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().replace('Z', '000Z');
}

function endedBatch(batch: Batch): EndedBatch {
  const { state, requests } = batch;
  const outcome = (index: number): ResultFault | undefined =>
    index < state.finished ? state.outcomes[index] : { kind: state.rest };
  const cached = (key: string, index: number) => {
    batch.prefixes ??= prefixWriters(requests, outcome);
    return (batch.prefixes.get(key) ?? index) < index;
  };
  return { id: state.id, requests, outcome, cached };
}

function paidRequestsOf(batch: Batch): PaidRequest[] {
  const { id, requests, outcome, cached } = endedBatch(batch);
  return requests.flatMap((request, index) => {
    const fault = outcome(index);
    if (!isBilled(fault)) return [];
    const usage = answerUsage(request, answerOf(request, fault), (key) => cached(key, index));
    return [{ batch_id: id, custom_id: request.custom_id, model: messageParams(request).model, usage }];
  });
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
