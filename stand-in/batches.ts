import { randomUUID } from 'node:crypto';
import {
  type Batch,
  batchObject,
  countOutcomes,
  decideOutcomes,
  dueEnd,
  endedBatch,
  isArchived,
  paidRequestsOf,
  rfc3339,
  statusOf,
} from './batch.ts';
import { invalidRequest, notFound } from './errors.ts';
import type { FaultScript } from './faults.ts';
import { type Page, pageOf } from './pages.ts';
import { idFrom } from './random.ts';
import { parseBatchBody } from './request-rules.ts';
import type { EndedBatch } from './results.ts';
import type { Store } from './store.ts';
import type { ApiVersion, BatchRecord, BatchState, PaidRequest, ProcessingOptions } from './types.ts';

const DAY_MS = 24 * 3_600_000;

export interface BatchesOptions {
  clock: () => number;
  models: readonly string[];
  processing: ProcessingOptions;
  store: Store;
  script: FaultScript;
}
type BatchObject = ReturnType<typeof batchObject>;

/** All batches of the stand-in. A batch moves on by the clock, whenever somebody looks at it. */
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

  /** GET /v1/messages/batches, newest first. @throws ApiError 400 */
  list(search: URLSearchParams, base: string): Page<BatchObject> {
    for (const batch of this.#all) this.#settle(batch);
    const newestFirst = this.#all.toReversed().map((batch) => ({ id: batch.state.id, batch }));
    const page = pageOf(newestFirst, ({ batch }) => batch.state.deletedAt === null, search);
    return { ...page, data: page.data.map(({ batch }) => batchObject(batch, base, this.#options.clock())) };
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
      this.#settle(batch);
      const { state, requests } = batch;
      const { id, apiVersion, createdAt, deletedAt } = state;
      const status = statusOf(state);
      return {
        id,
        created_at: rfc3339(createdAt),
        api_version: apiVersion,
        processing_status: status,
        deleted: deletedAt !== null,
        requests,
      };
    });
  }

  /** Every request that was billed. */
  paid(): PaidRequest[] {
    return this.#all.flatMap((batch) => {
      this.#settle(batch);
      return batch.state.endedAt === null ? [] : [...paidRequestsOf(batch)];
    });
  }

  #find(id: string): Batch {
    const batch = this.#all.find(({ state }) => state.id === id && state.deletedAt === null);
    if (batch === undefined) throw notFound(`Batch ${id} not found`);
    this.#settle(batch);
    return batch;
  }

  #settle(batch: Batch): void {
    const end = dueEnd(batch.state, this.#options.clock());
    if (end === undefined) return;
    const { models, script, processing } = this.#options;
    const total = batch.requests.length;
    const finished = end.rest === 'none' ? total : Math.floor(total * (processing.finishedShare ?? 0));
    const rest = end.rest === 'none' ? 'expired' : end.rest;
    const outcomes = decideOutcomes(batch, finished, models, script);
    const counts = countOutcomes(batch, finished, rest, outcomes);
    this.#change(batch, { endedAt: end.at, finished, rest, outcomes, counts });
  }

  #change(batch: Batch, change: Partial<BatchState>): void {
    const state = { ...batch.state, ...change };
    this.#options.store.update(state);
    batch.state = state;
  }
}
