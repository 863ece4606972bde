import type { BatchRequest } from './batch-request.ts';
import type { FaultScript, ResultFault } from './faults.ts';

export interface StandInOptions {
  /** The only key that is let in, by `x-api-key` or `Authorization: Bearer`. */
  apiKey: string;
  /** 0 or absent: any free port. */
  port?: number;
  /** Address to listen on; 127.0.0.1 unless an emulator's containers have to reach it. */
  host?: string;
  /** ms since the epoch */
  clock?: () => number;
  /** Keeps batches on disk, so that a new process goes on with them. */
  stateDir?: string;
  processing?: ProcessingOptions;
  /** Ids of the models that exist here. */
  models?: string[];
  /** The largest request body in bytes; the real API takes 256 MB. */
  maxBodyBytes?: number;
  /** Seed of the order of result lines and of where the stream is cut into chunks. */
  seed?: number;
}

export interface ProcessingOptions {
  /** How long a batch stays `in_progress` by the clock; Infinity for one that runs until it expires. Default 0. */
  secondsPerBatch?: number;
  /** How long a batch stays `canceling`. Default 0: it has ended at the next look. */
  secondsToCancel?: number;
  /** Share (0..1) of the requests that are done when a batch is canceled or expires. Default 0. */
  finishedShare?: number;
}

export interface StandIn {
  /** Base URL for the SDK, without a trailing slash. */
  url: string;
  close(): Promise<void>;
  /** What was received, oldest first, deleted batches included. */
  batches(): BatchRecord[];
  /** Every request that was billed: its batch has ended and its result is `succeeded`, shown in the results or not. */
  paidRequests(): PaidRequest[];
  script: FaultScript;
  /** Every HTTP call in the order of the answers; status 0 means that the connection was dropped. */
  calls: { method: string; path: string; status: number }[];
}

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

export const API_VERSIONS = ['2023-06-01', '2026-10-21'] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

export interface RequestCounts {
  processing: number;
  succeeded: number;
  errored: number;
  canceled: number;
  expired: number;
}

/** What the state keeps of a batch beside its requests. Times are ms since the epoch. */
export interface BatchState {
  id: string;
  /** Order of arrival, from 1. */
  sequence: number;
  apiVersion: ApiVersion;
  createdAt: number;
  expiresAt: number;
  /** When processing is done; null: never, it expires. */
  dueAt: number | null;
  cancelInitiatedAt: number | null;
  cancelDueAt: number | null;
  endedAt: number | null;
  deletedAt: number | null;
  /** Set at the end: requests from this index on got `rest`, those before it were processed. */
  finished: number;
  rest: 'canceled' | 'expired';
  /** Set at the end: index of the request (as a string) → what became of it, where it is not a plain success. */
  outcomes: Record<string, ResultFault>;
  counts: RequestCounts;
}

/** The usage of one message, in tokens. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: { ephemeral_1h_input_tokens: number; ephemeral_5m_input_tokens: number };
  service_tier: 'batch';
}
