import * as z from 'zod';
import { microUsd, toUsd } from '../money/money.ts';
import { NO_TOKENS } from '../money/prices.ts';
import { provenCount } from '../report/claims/figures.ts';
import { StoreUnavailable, whyOf } from '../shared/errors.ts';
import { AWAITING_BATCH } from '../shared/job-row.ts';
import { type BatchEntry, type Plan, tokensSchema } from '../shared/ledger-rows.ts';
import type { Metrics } from '../shared/metrics.ts';
import { entry } from '../shared/names.ts';
import { jsonOrUndefined } from '../shared/parse.ts';
import type { Ledger } from '../stores/ledger.ts';
import { type JobRun, type LooseRow, readLoosely, secondsSince, standingOf } from './standing.ts';
import {
  byReason,
  type JobSummary,
  nameOfBatch,
  resultsOfJob,
  summarize,
  tellUnwatched,
  unwatched,
} from './summary.ts';
import {
  type EndedExecution,
  type Ending,
  finish,
  finishAdoptedJob,
  finishBatchRows,
  type RowDeps,
} from './transitions.ts';

export type FinishDeps = RowDeps & { ledger: Ledger; metrics: Metrics };

/** What the ledger has of a job. */
export interface Found {
  plan: Plan | undefined;
  batches: readonly BatchEntry[];
  summary: JobSummary | undefined;
}

/**
 * Finishes a job: its row, the AWAITING rows of its batches, and the old pipeline's row when its batch was adopted. What is
 * counted is counted once, by the run that wrote the job's row.
 * @param found undefined when the ledger cannot be read
 * @param error the error's name, of a job that failed
 * @returns whether the job's row was written
 */
export async function finishJob(
  deps: FinishDeps,
  run: Pick<JobRun, 'job_id' | 'version' | 'execution'>,
  found: Found | undefined,
  ending: Ending,
  error?: string,
): Promise<boolean> {
  const before = await finish(deps, run, ending);
  if (before) countEnding(deps.metrics, before, ending.status, found?.summary, error);
  if (found?.plan) {
    await finishBatchRows(deps, run, found.plan, found.batches, ending);
    if (found.plan.legacy) await finishAdoptedJob(deps, found.plan, found.batches, ending);
  }
  return before !== undefined;
}

/** The name of an error, for the metrics, and what it was in words an operator can act on. */
export interface Reason {
  name: string;
  why: string;
}

/**
 * Finishes a job FAILED, with what was stored until then. Where a paid batch is left that nobody watches,
 * `checker_schedule_failed` says so. Whatever else cannot be read, the row is closed; one that is not this run's is left alone.
 * @param how given when the execution did not end at "Fail job": how it did
 * @returns whether the job's row was written
 * @throws StoreUnavailable
 */
export async function failJob(
  deps: FinishDeps,
  run: JobRun,
  { name, why }: Reason,
  how?: EndedExecution,
): Promise<boolean> {
  const found = await readLedger(deps, run.job_id);
  const row = await readLoosely(deps.jobs, run.job_id);
  const left = await leftUnwatched(deps, run, found, row?.batch_id || undefined);
  const seconds = secondsSince(row?.started_at, deps.now());
  const ending: Ending = {
    status: 'FAILED',
    message: `${why}${tellUnwatched(left)}`,
    ...(how ? { ended: how } : {}),
    ...(left.length > 0 ? { because: why } : {}),
    set: { ...(left.length > 0 ? { checker_schedule_failed: true } : {}), ...figuresOf(found, seconds) },
  };
  return finishJob(deps, run, found, ending, name);
}

/** The figures of a row; none where nothing was sent or reused, or the ledger cannot be read. @param seconds the job took */
export const figuresOf = (found: Found | undefined, seconds: number): Partial<ReturnType<typeof resultsOfJob>> =>
  found?.plan && found.summary ? resultsOfJob(found.plan, found.summary, seconds) : {};

/** @returns undefined when the ledger's rows cannot be read: they are of another version, or damaged */
export async function readLedger(
  { ledger, log }: Pick<FinishDeps, 'ledger' | 'log'>,
  job_id: string,
): Promise<Found | undefined> {
  try {
    const plan = await ledger.plan(job_id);
    const batches = await ledger.batches(job_id);
    const summary = plan && (batches.length > 0 || plan.reused) ? await summarize(ledger, plan) : undefined;
    return { plan, batches, summary };
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    log.error('the ledger cannot be read', { job_id, why: whyOf(error) });
    return undefined;
  }
}

/** Names of batches that are paid for and not collected. @param rowBatch the batch that the job row itself names */
async function leftUnwatched(
  { ledger }: FinishDeps,
  { job_id, job_type }: JobRun,
  found: Found | undefined,
  rowBatch: string | undefined,
): Promise<string[]> {
  if (!found) return rowBatch ? [rowBatch] : [];
  if (found.batches.length > 0 || job_type !== AWAITING_BATCH || !rowBatch)
    return unwatched(found.batches).map(nameOfBatch);
  // an AWAITING row that could not be adopted: its batch is unwatched, unless another watches it
  const key = {
    job_id,
    entry: entry.batch(1, 0),
    round: 1,
    part: 0,
    requests: 0,
    state: 'intended',
    intent_at: '',
  } as const;
  return (await ledger.ownBatch(rowBatch, key, false)) === 'ours' ? [rowBatch] : [];
}

/** How an execution can end without coming to its own end. */
export type BrokenOff = 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** As Step Functions reports it. */
export interface EndedRun {
  status: BrokenOff;
  redrives?: number;
  error?: string | undefined;
  cause?: string | undefined;
}

/**
 * Fails the job of an execution that was stopped, timed out, or failed outside "Fail job". The row says FAILED, and in
 * `execution_status` how it came about; one that was cancelled under it gets its figures and stays CANCELLED. A row that
 * is closed already, or that is another's, is left alone, and so is one whose execution is known to have been redriven since.
 * @param row as it stands
 * @returns whether it was written
 */
export async function failBrokenOff(deps: FinishDeps, row: LooseRow, run: JobRun, ended: EndedRun): Promise<boolean> {
  if (!isOpen(row, run)) return false;
  const { status, redrives } = ended;
  if (redrives !== undefined && redrives < row.execution_redrives && row.worker_id === run.execution) {
    deps.log.info('event of an end before the last redrive: too late', {
      job_id: run.job_id,
      execution: run.execution,
    });
    return false;
  }
  const reason = reasonOf(ended, run.job_id);
  deps.log.error('execution broke off', { job_id: run.job_id, execution: run.execution, status, why: reason.why });
  return failJob(deps, run, reason, { status, ...(redrives === undefined ? {} : { redrives }) });
}

function isOpen(row: LooseRow, { execution, version }: JobRun): boolean {
  const { kind, holder } = standingOf(row, { execution });
  if (kind === 'waiting') return row.version === version;
  return holder === 'ours' && (kind === 'running' || kind === 'cancelling');
}

const HOW: Record<BrokenOff, { name: string; what: string }> = {
  ABORTED: { name: 'ExecutionAborted', what: 'the execution was stopped by hand' },
  TIMED_OUT: { name: 'ExecutionTimedOut', what: 'the execution reached its time limit of 76 hours' },
  FAILED: { name: 'ExecutionFailed', what: 'the execution failed outside "Fail job"' },
};

function reasonOf({ status, error, cause }: EndedRun, jobId: string): Reason {
  const { name, what } = HOW[status];
  const said = [error, cause].filter(Boolean).join(': ').slice(0, 500);
  const goOn = `to continue, run \`narratives redrive ${jobId}\`, or choose Redrive in the Step Functions console`;
  return { name, why: `${name}: ${what}${said ? ` (${said})` : ''}; ${goOn}` };
}

const count = z.number().nonnegative().catch(0);
/** Of `job_results` and `job_details` as an earlier end of the same job wrote them: what has been counted. */
const countedClaimsSchema = z.object({
  proven: z.record(z.string(), count).catch({}),
  content: count,
  thin: count,
  taken_out: count,
});
const countedResultsSchema = z.object({
  stored: count,
  reused: count,
  rounds: count,
  claims: countedClaimsSchema.catch({ proven: {}, content: 0, thin: 0, taken_out: 0 }),
});
const countedDetailsSchema = z.object({ tokens: tokensSchema.catch(NO_TOKENS), cost_usd: count });
const objectIn = (text: unknown): object => {
  const value = jsonOrUndefined(String(text ?? ''));
  return typeof value === 'object' && value ? value : {};
};

/**
 * Counts a job that has just been finished. One that ends again after it was requeued counts what was added since: its row's
 * own figures, read for the very write that replaced it, says what was counted before.
 * @param before the row as it stood
 * @param summary undefined when the ledger has none
 * @param error the error's name, of a job that failed
 */
function countEnding(
  metrics: Metrics,
  before: LooseRow,
  ending: Ending['status'],
  summary: JobSummary | undefined,
  error = 'unknown',
): void {
  if (before.status === 'CANCELLED') metrics.add('JobsCancelled', 1);
  else if (ending === 'COMPLETED') metrics.add('JobsCompleted', 1);
  else metrics.add('JobsFailed', 1, { error: /^[\w.]{1,100}$/.test(error) ? error : 'other' });
  if (!summary) return;
  const counted = {
    ...countedResultsSchema.parse(objectIn(before.job_results)),
    ...countedDetailsSchema.parse(objectIn(before.job_details)),
  };
  const grown = (name: Parameters<Metrics['add']>[0], now: number, then: number) => {
    if (now > then) metrics.add(name, now - then);
  };
  grown('SectionsStored', summary.stored, counted.stored);
  grown('SectionsReused', summary.reused, counted.reused);
  grown('Rounds', summary.rounds, counted.rounds);
  grown('InputTokens', summary.tokens.input, counted.tokens.input);
  grown('OutputTokens', summary.tokens.output, counted.tokens.output);
  grown('CacheReadTokens', summary.tokens.cache_read, counted.tokens.cache_read);
  grown('CacheWriteTokens', summary.tokens.cache_write, counted.tokens.cache_write);
  grown('CostUsd', toUsd((summary.cost_micro_usd ?? 0) - microUsd(counted.cost_usd)), 0);
  const figures = summary.claims?.figures;
  if (figures) {
    const { claims } = counted;
    grown('ClausesProven', provenCount(figures), provenCount(claims));
    grown('ClausesContent', figures.content, claims.content);
    grown('ClausesThin', figures.thin, claims.thin);
    grown('ClausesTakenOut', figures.taken_out, claims.taken_out);
  }
  for (const [reason, sections] of byReason(summary)) metrics.add('SectionsFailed', sections, { reason });
}
