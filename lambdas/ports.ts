import type { Comment, GroupCount } from './domain/comments.ts';
import type { Answered, AnsweredFacts, Asked, AskedFacts, BatchEntry, Plan, Unfiled } from './domain/ledger-entries.ts';
import type { MetricName } from './domain/metrics.ts';
import type { BatchRequest } from './domain/prompts/request.ts';
import type { ReportKey, ReportRow } from './domain/report-row.ts';
import type { DaySpending } from './domain/spending.ts';

/**
 * What the steps need of the outside world. Clients fetch and store; they decide nothing. "Not there" and "somebody
 * else was first" are values; trouble worth a retry is StoreUnavailable or AnthropicUnavailable.
 */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** Puts ids on every following line of this invocation; undefined takes one off. */
  ids?(ids: Record<string, string | undefined>): void;
}

/** Figures for dashboards and alarms. Adding is all a step does; they are published when the invocation ends. */
export interface Metrics {
  /** @param dimensions at most one, such as a section's failure reason: each value is a metric of its own */
  add(name: MetricName, value: number, dimensions?: Record<string, string>): void;
}

/** What must still hold of a job row for a change to be made. `version` as the row has it, be it no number; undefined: it has none. */
export interface RowCondition {
  status: string;
  version: unknown;
  worker_id?: string;
}

export interface JobTable {
  /** The row, consistently read and not yet parsed. */
  get(jobId: string): Promise<Record<string, unknown> | undefined>;
  /** Sets attributes (undefined removes one) and adds 1 to `version`, if the condition holds. */
  change(jobId: string, condition: RowCondition, set: Record<string, unknown>): Promise<'changed' | 'conflict'>;
  /** Puts a row unless one of its `job_id` exists. */
  putNew(row: Record<string, unknown> & { job_id: string }): Promise<'put' | 'exists'>;
}

export interface Ledger {
  plan(jobId: string): Promise<Plan | undefined>;
  /** Deletes what an unfinished earlier planning left, puts the asked rows, and the plan last. */
  writePlan(plan: Plan, asked: Asked[]): Promise<void>;
  putAsked(rows: Asked[]): Promise<void>;
  /** Whole rows of one round, in order of ordinal. */
  askedInRound(jobId: string, round: number): AsyncIterable<Asked>;
  askedOrdinals(jobId: string, round: number): AsyncIterable<number>;
  /** What collecting needs of some rows of one round; ordinals that were not asked are absent. */
  askedFacts(jobId: string, round: number, ordinals: readonly number[]): Promise<Map<number, AskedFacts>>;
  batches(jobId: string, round?: number): Promise<BatchEntry[]>;
  /** Puts the intent to send a batch, unless one of this round and part exists. */
  putIntent(batch: BatchEntry): Promise<'recorded' | 'exists'>;
  updateBatch(batch: BatchEntry): Promise<void>;
  /** Removes this very intent, unless another has taken its place. */
  removeIntent(batch: BatchEntry): Promise<void>;
  /**
   * Marks a batch as the one of this intent, unless it is another's (of another job, or another part of this one).
   * @param proven the API's own answer or its custom ids say so; such a mark overrules one that is not proven
   * @returns 'unproven' when another holds it that only found it in the list
   */
  ownBatch(batchId: string, intent: BatchEntry, proven: boolean): Promise<'ours' | 'other' | 'unproven'>;
  /** Takes this intent's mark off a batch. */
  disownBatch(batchId: string, intent: BatchEntry): Promise<void>;
  answers(jobId: string, round: number): AsyncIterable<AnsweredFacts>;
  /** The whole row of one section's answer in a round. */
  answer(jobId: string, round: number, ordinal: number): Promise<Answered | undefined>;
  putAnswers(rows: Answered[]): Promise<void>;
  putUnfiled(rows: Unfiled[]): Promise<void>;
  /** @param round undefined: of every round */
  unfiled(jobId: string, round?: number): AsyncIterable<Unfiled>;
}

/** A round that is about to be sent. */
export interface RoundToPay {
  job_id: string;
  round: number;
  /** of the job row, as the execution was started for it: an older execution never replaces what a newer one reserved */
  version: number;
  /** undefined when the price list does not know the model */
  most_usd: number | undefined;
  now: Date;
  expires_at_epoch: number | undefined;
}

/** What jobs may cost and did cost, by UTC day. Every call may be repeated. */
export interface Spending {
  /**
   * Counts a round on the day of `now` at what it may cost at most; an earlier reservation of the same round is replaced.
   * @param capUsd what a day may come to; undefined: no limit
   * @returns 'over' when the day would pass its cap, with what all others take of it; 'taken' when a newer execution has
   * reserved the round
   */
  reserve(
    round: RoundToPay,
    capUsd: number | undefined,
  ): Promise<{ kind: 'reserved' } | { kind: 'taken' } | { kind: 'over'; day: string; others_usd: number }>;
  /**
   * Counts a round at what it did cost, on the day it was reserved for; one without a reservation on the day of `now`. An
   * unknown cost changes nothing.
   */
  settle(round: Omit<RoundToPay, 'version' | 'most_usd'>, costUsd: number | undefined): Promise<void>;
  /** Takes back a reservation of this version or an older one: nothing of the round was sent. */
  release(jobId: string, round: number, version: number): Promise<void>;
  /** @param days YYYY-MM-DD; the answer has each, in the same order */
  days(days: readonly string[]): Promise<DaySpending[]>;
}

export interface Reports {
  /** Puts rows; the same rows put twice leave the same table. */
  write(rows: ReportRow[]): Promise<void>;
  /** Whole rows, consistently read and not yet parsed, in any order; those that are not there are absent. */
  read(keys: readonly ReportKey[]): Promise<Record<string, unknown>[]>;
}

export interface StoredSections {
  /** Rows of a report without their text, newest first, not yet parsed; by an index, which may be a moment late. */
  newest(reportId: string): AsyncIterable<Record<string, unknown>>;
}

export interface ReportRecord {
  zid: number;
  rid: number;
  /** the report's own names of groups, by gid */
  labels: (string | null)[];
}

/** Polis' PostgreSQL, read only. */
export interface Conversations {
  report(reportId: string): Promise<ReportRecord | undefined>;
  topic(zid: number): Promise<string>;
  comments(zid: number, rid: number): Promise<Comment[]>;
  /** The needed keys of `math_main.data`, not yet parsed; undefined when there is no row. */
  mathKeys(zid: number): Promise<unknown>;
  /** Current votes by comment and group; `pidsByGroup` maps each gid to its participants. */
  groupCounts(zid: number, groups: readonly { gid: number; pids: readonly number[] }[]): Promise<GroupCount[]>;
}

/** The tables of the Delphi topic pipeline, read only. */
export interface Topics {
  /** Topic rows of every run, not yet parsed. */
  names(conversationId: string): Promise<unknown[]>;
  /** `{comment_id, layer0_cluster_id, …}`, not yet parsed. */
  assignments(conversationId: string): Promise<unknown[]>;
}

export interface BatchStatus {
  id: string;
  processing_status: 'in_progress' | 'canceling' | 'ended';
  counts: { processing: number; succeeded: number; errored: number; canceled: number; expired: number };
  created_at: string;
  expires_at: string;
  /** absent until it has ended */
  ended_at?: string;
}

/** What became of a call that sends a batch. */
export type SendAnswer =
  | { kind: 'sent'; batch: BatchStatus }
  /** no answer that proves anything: the batch may or may not exist */
  | { kind: 'unclear'; why: string }
  /** not taken now (429): it should not exist */
  | { kind: 'later'; why: string; retryAfterSeconds: number | undefined };

/** The Anthropic API. Refusals are AnthropicRefused or BatchNotFound. */
export interface Batches {
  knowsModel(model: string): Promise<boolean>;
  /** One call, never repeated by the client. */
  send(requests: BatchRequest[]): Promise<SendAnswer>;
  status(batchId: string): Promise<BatchStatus>;
  /**
   * Asks that a batch ends early: what is finished by then is billed and kept, the rest is canceled. May be repeated.
   * @returns 'ended' when there is nothing left to cancel
   */
  cancel(batchId: string): Promise<'cancelling' | 'ended'>;
  /** Batches created since a moment, newest first. */
  createdSince(isoTime: string): Promise<BatchStatus[]>;
  /** Bytes of the results, JSON Lines. */
  results(batchId: string): Promise<AsyncIterable<Uint8Array>>;
}

export interface Executions {
  start(name: string, input: unknown): Promise<'started' | 'already_started'>;
}

/** How an execution stands; `unknown`: there is none of this name, or no longer. */
export type ExecutionStatus =
  | 'RUNNING'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'TIMED_OUT'
  | 'ABORTED'
  | 'PENDING_REDRIVE'
  | 'unknown';

export interface ExecutionStatuses {
  status(name: string): Promise<ExecutionStatus>;
}

/** Finds job rows by the table's index; rows come as they are, not yet parsed, and a moment late. */
export interface JobFinder {
  /** @param createdSince ISO 8601; rows created before it are left out */
  withStatus(status: string, createdSince?: string): AsyncIterable<Record<string, unknown>>;
}
