import { type MarkedRow, marksSchema } from '../../job/marks.ts';
import { daysBefore } from '../../shared/days.ts';
import { NarrativesError } from '../../shared/errors.ts';
import { cancelled } from './cancelled.ts';
import { failed } from './failed.ts';
import { pending } from './pending.ts';
import { processing } from './processing.ts';
import type { Found, Rule, SweepDeps } from './rule.ts';

export interface SweepResult {
  /** jobs that the stream had missed */
  started: number;
  /** jobs that were put back to PENDING, or given back to their redriven execution */
  resumed: number;
  /** rows that were brought to their end */
  closed: number;
  /** paid batches that nobody watches */
  unwatched: number;
  /** how long the oldest open job has been so; 0 when none is */
  oldest_seconds: number;
}

/** FAILED rows last: there may be many, and what was closed before is counted there. */
const RULES: readonly Rule[] = [pending, processing, cancelled, failed];
/** With less than this left no further row is begun. */
const STOP_MS = 20_000;

/**
 * Looks through the job table, by its index, for jobs and paid batches that nobody works on, and starts, resumes or
 * closes them. Every change is conditional on the row as it was read, so that sweeps may overlap each other, and anything else.
 * A row that makes trouble is logged and left to the next sweep; so is what time does not suffice for.
 * @throws StoreUnavailable when the index cannot be read
 */
export async function sweep(deps: SweepDeps): Promise<SweepResult> {
  const result: SweepResult = { started: 0, resumed: 0, closed: 0, unwatched: 0, oldest_seconds: 0 };
  const jobs: Record<'started' | 'resumed' | 'closed', string[]> = { started: [], resumed: [], closed: [] };
  const finished = await lookThrough(deps, (jobId, { did, unwatched = 0, openSeconds = 0 }) => {
    if (did !== 'left') {
      result[did] += 1;
      jobs[did].push(jobId);
    }
    result.unwatched += unwatched;
    result.oldest_seconds = Math.max(result.oldest_seconds, openSeconds);
  });
  deps.metrics.add('JobsResumed', result.started + result.resumed);
  // half a count would put out an alarm that should go on
  if (finished) {
    deps.metrics.add('OldestJobSeconds', result.oldest_seconds);
    deps.metrics.add('UnwatchedBatches', result.unwatched);
  }
  const counts = { ...result, finished };
  deps.log.info('swept', { ...counts, jobs: first(jobs) });
  return result;
}

const MOST_NAMED = 100;
const first = (jobs: Record<string, string[]>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(jobs).map(([did, ids]) => [did, ids.slice(0, MOST_NAMED)]));

/** @returns false when its time ran short */
async function lookThrough(deps: SweepDeps, tell: (jobId: string, found: Found) => void): Promise<boolean> {
  for (const rule of RULES) {
    const since = rule.days ? daysBefore(deps.now(), rule.days) : undefined;
    for await (const indexed of deps.finder.withStatus(rule.status, since)) {
      const row = marksSchema.safeParse(indexed).data;
      // rows of other job types are not in this shape
      if (!row || !rule.concerns(row, deps.stage)) continue;
      if (deps.remainingMs() < STOP_MS) {
        deps.log.warn('time ran short: the next sweep goes on', { status: rule.status });
        return false;
      }
      const found = await seeOne(deps, rule, row.job_id);
      if (found) tell(row.job_id, found);
    }
  }
  return true;
}

/** Decides on the row as the table has it: the index is a moment late. */
async function seeOne(deps: SweepDeps, rule: Rule, jobId: string): Promise<Found | undefined> {
  try {
    const row: MarkedRow | undefined = marksSchema.safeParse(await deps.jobs.get(jobId)).data;
    if (row?.status !== rule.status || !rule.concerns(row, deps.stage)) return undefined;
    return await rule.see(deps, row);
  } catch (error) {
    // the message of another's error may quote data
    const why = error instanceof NarrativesError ? error.message : 'an unexpected error';
    const fields = { job_id: jobId, error_name: (error as Error).name, why };
    deps.log.error('a row could not be swept; the next sweep tries again', fields);
    return undefined;
  }
}
