import { type CloseFailedDeps, closeFailed, type JobRun } from '../../job/close-failed.ts';
import type { MarkedRow } from '../../job/marks.ts';
import { putBack } from '../../job/put-back.ts';
import { jobRowSchema } from '../../shared/job-row.ts';
import { executionName } from '../../shared/names.ts';
import type { ExecutionStatuses, Executions } from '../../stores/executions.ts';
import type { JobFinder } from '../../stores/jobs.ts';

export type SweepDeps = CloseFailedDeps & {
  finder: JobFinder;
  executions: Executions & ExecutionStatuses;
  /** of the deployment; absent: none */
  stage?: string;
  /** milliseconds until this invocation is ended from outside */
  remainingMs: () => number;
};

/** What the sweep did about one row. */
export type Did = 'started' | 'resumed' | 'closed' | 'left';

export interface Found {
  did: Did;
  /** paid batches of this row that nobody watches, and that were not gone on with */
  unwatched?: number;
  /** how long a job that is open has been so, in seconds */
  openSeconds?: number;
}

/** What is done about rows of one status. */
export interface Rule {
  status: string;
  /** rows that were created longer ago are not looked at */
  days?: number;
  /** Whether a row, as the index has it, is worth a look. */
  concerns(row: MarkedRow, stage: string | undefined): boolean;
  /** @param row as the table has it */
  see(deps: SweepDeps, row: MarkedRow): Promise<Found>;
}

/** Times a job is put back to PENDING without being asked. */
export const MOST_RESUMED = 5;
export const MINUTE = 60;
export const HOUR = 60 * MINUTE;
/** A row that was written less long ago is being worked on; what Step Functions tells of new executions is late, too. */
export const SETTLED_SECONDS = 5 * MINUTE;
/** Results can be had from the API for as many days. */
export const DAYS_OF_RESULTS = 29;

/** Seconds since something was last written on a row; endless when it does not say. */
export function idleSeconds(row: MarkedRow, now: Date): number {
  const times = [row.created_at, row.updated_at, row.started_at].map((time) => Date.parse(time));
  const known = times.filter((time) => !Number.isNaN(time));
  return known.length > 0 ? (now.getTime() - Math.max(...known)) / 1000 : Number.POSITIVE_INFINITY;
}

/**
 * Whether a job that was resumed so often is to be resumed again now.
 * @param after seconds to wait the first, second … time; after the last it is left
 */
export function isDue({ now }: SweepDeps, row: MarkedRow, after: readonly number[]): boolean {
  // what cannot be read would only be refused again
  if (!jobRowSchema.safeParse(row).success) return false;
  return idleSeconds(row, now()) >= (after[row.resumed] ?? Number.POSITIVE_INFINITY);
}

/** Seconds since the first of these times that a row has; 0 when it has none. */
export function secondsSinceFirst(now: Date, ...times: string[]): number {
  const known = times.map((time) => Date.parse(time)).find((time) => !Number.isNaN(time));
  return known === undefined ? 0 : Math.max(0, Math.round((now.getTime() - known) / 1000));
}

/** The run that a row is of, or would be of if it is PENDING. */
export function runOf(row: MarkedRow, stage: string | undefined): JobRun {
  const { job_id, job_type } = row;
  // a version that is no number is no version of any run
  const version = typeof row.version === 'number' ? row.version : -1;
  const execution = row.status === 'PENDING' ? executionName(job_id, Math.max(0, version), stage) : row.worker_id;
  return { job_id, job_type, version, execution };
}

/** Puts a job back to PENDING, as often as is sensible; then it is closed FAILED and says so. */
export async function resumeOrGiveUp(deps: SweepDeps, row: MarkedRow, why: string): Promise<Did> {
  if (row.resumed < MOST_RESUMED) return (await putBack(deps, row, why, row.resumed + 1)) ? 'resumed' : 'left';
  const given = `ExecutionLost: ${why}, and the job was resumed ${row.resumed} times: look its executions up in the Step Functions console, mend the cause, then run \`narratives redrive ${row.job_id}\``;
  const closed = await closeFailed(deps, runOf(row, deps.stage), { name: 'ExecutionLost', why: given });
  return closed ? 'closed' : 'left';
}
