import * as z from 'zod';
import { InvalidJobRow } from '../shared/errors.ts';
import { AWAITING_BATCH, CREATE_BATCH, type JobRow, jobRowSchema } from '../shared/job-row.ts';
import { executionName, isExecutionName } from '../shared/names.ts';
import { parseOr } from '../shared/parse.ts';
import type { ExecutionStatus } from '../stores/executions.ts';
import type { JobTable } from '../stores/jobs.ts';

const text = z.string().catch('');
const count = z.number().int().nonnegative().catch(0);
const flag = z.literal(true).optional().catch(undefined);

/**
 * A job row of our two types as far as its standing goes. It is read leniently, because even a row that is otherwise
 * unreadable must be closed. `execution_status`: how an execution ended that did not come to its own end; `withdrawn_reason`: that the job was cancelled;
 * `execution_redrives`: how often it has been redriven, as far as is known; `resumed`: how often the job was requeued
 * without a person asking.
 */
const looseRowSchema = z.looseObject({
  job_id: z.string().min(1),
  job_type: z.enum([CREATE_BATCH, AWAITING_BATCH]),
  status: z.string(),
  worker_id: text,
  batch_id: text,
  batch_job_id: text,
  created_at: text,
  updated_at: text,
  started_at: text,
  completed_at: text,
  error_message: text,
  logs: text,
  process_exit_confirmed: flag,
  checker_schedule_failed: flag,
  execution_status: z.string().optional().catch(undefined),
  withdrawn_reason: z.string().optional().catch(undefined),
  execution_redrives: count,
  resumed: count,
});
export type LooseRow = z.infer<typeof looseRowSchema>;

/** @returns undefined for a row of another job type, or without a job id */
export const looseRow = (row: unknown): LooseRow | undefined => looseRowSchema.safeParse(row).data;

/** Reads a row as far as its standing goes. @returns undefined when it does not exist or is of another job type */
export const readLoosely = async (jobs: Pick<JobTable, 'get'>, jobId: string): Promise<LooseRow | undefined> =>
  looseRow(await jobs.get(jobId));

/**
 * Reads a job row of our two types as it must be to run.
 * @returns undefined when it does not exist
 * @throws InvalidJobRow naming the attribute
 */
export async function readJob(jobs: Pick<JobTable, 'get'>, jobId: string): Promise<JobRow | undefined> {
  const row = await jobs.get(jobId);
  const fail = (line: string) =>
    new InvalidJobRow(`job row ${jobId}: ${line}; fix the attribute, then redrive the job`);
  return row && parseOr(jobRowSchema, row, fail);
}

/** Whether a row has all that a job needs to run. */
export const canRun = (row: LooseRow): boolean => jobRowSchema.safeParse(row).success;

/** How a row stands. */
export interface Standing {
  kind: /** PENDING: the stream, or the sweep, starts an execution for it */
    | 'waiting'
    /** PROCESSING */
    | 'running'
    /** FAILED because its execution was stopped, timed out or broke off; when that is redriven, it continues */
    | 'stopped'
    | 'failed'
    | 'completed'
    /** CANCELLED, which is how a person asks: what was sent has still to be brought to its end */
    | 'cancelling'
    /** FAILED with a `withdrawn_reason`: how a cancelled job ends, as the Polis server knows no other end */
    | 'withdrawn'
    /** a status that only another worker knows */
    | 'unknown';
  /**
   * Who holds the row, or held it last: an execution of ours for this very job; an execution of ours for the job whose batch
   * the row watches; a worker of another system; nobody.
   */
  holder: 'ours' | 'our job' | 'another' | 'nobody';
}

/** Whose rows are ours: those of every execution of a deployment, or those of one execution. */
type Ours = { stage: string | undefined } | { execution: string };

/** Reads how a row stands. @param ours a deployment's own rows (its stage; undefined: it has none) or one execution's */
export const standingOf = (row: LooseRow, ours: Ours): Standing => ({
  kind: kindOf(row),
  holder: holderOf(row, ours),
});

function kindOf(row: LooseRow): Standing['kind'] {
  switch (row.status) {
    case 'PENDING':
      return 'waiting';
    case 'PROCESSING':
      return 'running';
    case 'FAILED':
      if (row.withdrawn_reason !== undefined) return 'withdrawn';
      return row.execution_status === undefined ? 'failed' : 'stopped';
    case 'COMPLETED':
      return 'completed';
    case 'CANCELLED':
      return 'cancelling';
    default:
      return 'unknown';
  }
}

function holderOf({ worker_id, job_id, job_type, batch_job_id }: LooseRow, ours: Ours): Standing['holder'] {
  if (worker_id === 'none' || worker_id === '') return 'nobody';
  if ('execution' in ours) return worker_id === ours.execution ? 'ours' : 'another';
  if (isExecutionName(worker_id, job_id, ours.stage)) return 'ours';
  const watches = job_type === AWAITING_BATCH && batch_job_id !== '';
  return watches && isExecutionName(worker_id, batch_job_id, ours.stage) ? 'our job' : 'another';
}

/** Whether an execution holds a row that it may change: it runs the job, or was stopped and may be redriven. */
export function isHeldBy(row: LooseRow, execution: string): boolean {
  const { kind, holder } = standingOf(row, { execution });
  return holder === 'ours' && (kind === 'running' || kind === 'stopped');
}

/** Whether an execution runs the job of a row. */
export function isRunBy(row: LooseRow | undefined, execution: string): boolean {
  if (!row) return false;
  const { kind, holder } = standingOf(row, { execution });
  return holder === 'ours' && kind === 'running';
}

/** Whether the job was cancelled while this execution worked on it: it still has to bring to an end what was sent. */
export function isCancelledUnder(row: LooseRow | undefined, execution: string): boolean {
  if (!row) return false;
  const { kind, holder } = standingOf(row, { execution });
  return holder === 'ours' && (kind === 'cancelling' || kind === 'withdrawn');
}

/** Whether it was, and the row is not closed, or was closed only because the execution was stopped. */
export const isOpenCancelled = (row: LooseRow, execution: string): boolean =>
  isCancelledUnder(row, execution) && (row.status === 'CANCELLED' || row.execution_status !== undefined);

/** An execution of one version of a job row. */
export interface JobRun {
  job_id: string;
  job_type: LooseRow['job_type'];
  version: number;
  execution: string;
}

/** The version that a row counts; undefined when it is not a version of any execution. */
export const versionOf = ({ version }: LooseRow): number | undefined =>
  typeof version === 'number' && Number.isInteger(version) && version >= 0 ? version : undefined;

/** The execution that a row is of, or, while it is PENDING, the one that will be started for it. */
export function runOf(row: LooseRow, stage: string | undefined): JobRun {
  const { job_id, job_type, status, worker_id } = row;
  const version = versionOf(row) ?? -1;
  const execution = status === 'PENDING' ? executionName(job_id, Math.max(0, version), stage) : worker_id;
  return { job_id, job_type, version, execution };
}

/** The execution that works, or last worked, on a row, or will be started for it; undefined when another worker holds it. */
export function executionOf(row: LooseRow, stage: string | undefined): string | undefined {
  const { kind, holder } = standingOf(row, { stage });
  if (kind === 'waiting') return runOf(row, stage).execution;
  return holder === 'ours' || holder === 'our job' ? row.worker_id : undefined;
}

/** The statuses of a row that has ended, or is asked to. */
const ENDED: readonly string[] = ['COMPLETED', 'FAILED', 'CANCELLED'];
export const hasEnded = ({ status }: { status: string }): boolean => ENDED.includes(status);

/** Whether an execution is still on its way, or about to be. */
export const isUnderWay = (status: ExecutionStatus): status is 'RUNNING' | 'PENDING_REDRIVE' =>
  status === 'RUNNING' || status === 'PENDING_REDRIVE';

/** Seconds since something was last written on a row; endless when it does not say. */
export function idleSeconds(row: LooseRow, now: Date): number {
  const times = [row.created_at, row.updated_at, row.started_at].map((time) => Date.parse(time));
  const known = times.filter((time) => !Number.isNaN(time));
  return known.length > 0 ? (now.getTime() - Math.max(...known)) / 1000 : Number.POSITIVE_INFINITY;
}

/** Whole seconds from a time on a row to another; 0 when the row does not say, or clocks disagree. */
export function secondsSince(time: string | null | undefined, now: Date): number {
  const since = Date.parse(time ?? '');
  return Number.isNaN(since) ? 0 : Math.max(0, Math.round((now.getTime() - since) / 1000));
}
