import * as z from 'zod';
import type { BudgetSettings } from '../../lambdas/job/budget.ts';
import {
  executionOf,
  hasEnded,
  type LooseRow,
  looseRow,
  type Standing,
  standingOf,
} from '../../lambdas/job/standing.ts';
import { summarize } from '../../lambdas/job/summary.ts';
import { dayOf } from '../../lambdas/money/day.ts';
import { toUsd, usdOrNull } from '../../lambdas/money/money.ts';
import { whyOf } from '../../lambdas/shared/errors.ts';
import type { Plan } from '../../lambdas/shared/ledger-rows.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import { reasonText } from '../../lambdas/shared/outcome.ts';
import { jsonOrUndefined } from '../../lambdas/shared/parse.ts';
import type { JobLists, JobTable } from '../../lambdas/stores/jobs.ts';
import type { Ledger } from '../../lambdas/stores/ledger.ts';
import type { Spending } from '../../lambdas/stores/spending.ts';
import type { JobDetails, JobState, JobsPageState, Service } from './state.ts';
import { withoutZeros } from './words.ts';

export interface StateDeps {
  jobs: Pick<JobTable, 'get'>;
  lists: Pick<JobLists, 'withStatus'>;
  ledger: Ledger;
  spending: Pick<Spending, 'days'>;
  settings: Pick<BudgetSettings, 'dayBudget'> & { defaultModel: string };
  /** of the deployment; empty: none */
  stage: string;
  simulated: boolean;
  maySpend: boolean;
  /** reports that can be asked for, beside those that the jobs name */
  loaded: readonly { report_id: string; title: string }[];
  now: () => Date;
  log: Log;
}

/** Jobs on the page at most. */
const SHOWN = 30;
const STATUSES = ['PENDING', 'PROCESSING', 'CANCELLED', 'FAILED', 'COMPLETED'] as const;

/** The newest jobs, the day's money, and what can be started. @throws StoreUnavailable */
export async function readJobs(deps: StateDeps): Promise<Omit<JobsPageState, 'view'>> {
  const [rows, service] = await Promise.all([newestRows(deps), readService(deps)]);
  const jobs = await Promise.all(rows.map((row) => jobState(deps, row)));
  const titles = new Map(jobs.flatMap(({ report_id }) => (report_id ? [[report_id, report_id]] : [])));
  for (const { report_id, title } of deps.loaded) titles.set(report_id, title);
  const reports = [...titles].map(([report_id, title]) => ({ report_id, title }));
  return { service, jobs, reports, default_model: deps.settings.defaultModel };
}

/** All about one job; undefined when there is none of this id, or it is another system's. @throws StoreUnavailable */
export async function readJob(
  deps: StateDeps,
  jobId: string,
): Promise<{ service: Service; job: JobDetails } | undefined> {
  const row = looseRow(await deps.jobs.get(jobId));
  if (!row) return undefined;
  const [service, job] = await Promise.all([readService(deps), jobDetails(deps, row)]);
  return { service, job };
}

async function readService({ spending, settings, now, simulated, maySpend }: StateDeps): Promise<Service> {
  const [total] = await spending.days([dayOf(now())]);
  const { day = dayOf(now()), committed_micro_usd = 0, open_micro_usd = 0, unpriced_rounds = 0 } = total ?? {};
  return {
    simulated,
    may_spend: maySpend,
    day: {
      day,
      committed_usd: toUsd(committed_micro_usd),
      open_usd: toUsd(open_micro_usd),
      unpriced_rounds,
      budget_usd: usdOrNull(settings.dayBudget),
    },
  };
}

/** The newest rows of the job table's index, each read again: the index may be a moment late. */
async function newestRows({ jobs, lists, stage }: StateDeps): Promise<LooseRow[]> {
  const found = await Promise.all(STATUSES.map((status) => newest(lists.withStatus(status), stage)));
  const named = new Set(
    found
      .flat()
      .toSorted((a, b) => b.created_at.localeCompare(a.created_at))
      .slice(0, SHOWN)
      .map(({ job_id }) => job_id),
  );
  const rows = await Promise.all([...named].map((jobId) => jobs.get(jobId)));
  return rows.flatMap((row) => looseRow(row) ?? []);
}

/** The first rows of a list, without those that an execution keeps for its own batches. */
async function newest(list: AsyncIterable<Record<string, unknown>>, stage: string): Promise<LooseRow[]> {
  const found: LooseRow[] = [];
  for await (const value of list) {
    const row = looseRow(value);
    if (row && standingOf(row, { stage }).holder !== 'our job') found.push(row);
    if (found.length === SHOWN) break;
  }
  return found;
}

const resultsSchema = z
  .object({
    planned: z.number(),
    stored: z.number(),
    reused: z.number().catch(0),
    failed_count: z.number().catch(0),
    rounds: z.number().catch(0),
  })
  .optional()
  .catch(undefined);
const moneySchema = z
  .object({ cost_usd: z.number().nullable().catch(null), expected_usd: z.number().nullable().catch(null) })
  .catch({ cost_usd: null, expected_usd: null });

const textOr = (value: unknown): string => (typeof value === 'string' ? value : '');
const timeOr = (value: unknown): string | null => (Number.isNaN(Date.parse(textOr(value))) ? null : textOr(value));
const jsonOf = (value: unknown): unknown => jsonOrUndefined(textOr(value));

type Figures = Pick<JobState, 'sections' | 'rounds' | 'batches' | 'cost_usd' | 'expected_usd'>;

/** Of a job that has ended the row has the figures; those of any other are added up from its ledger. */
async function jobState(deps: StateDeps, row: LooseRow): Promise<JobState> {
  const figures = figuresOnRow(row) ?? (await fromLedger(deps, row.job_id))?.figures ?? NO_FIGURES;
  return { ...fromRow(row, deps.stage, figures), ...figures };
}

const NO_FIGURES: Figures = { sections: null, rounds: 0, batches: [], cost_usd: null, expected_usd: null };

function figuresOnRow(row: LooseRow): Figures | undefined {
  const results = hasEnded(row) ? resultsSchema.parse(jsonOf(row.job_results)) : undefined;
  if (!results) return undefined;
  const { planned, stored, reused, failed_count: failed, rounds } = results;
  return {
    sections: { planned, stored, reused, failed },
    rounds,
    batches: [],
    ...moneySchema.parse(jsonOf(row.job_details)),
  };
}

function fromRow(row: LooseRow, stage: string, { sections }: Figures): Omit<JobState, keyof Figures> {
  const standing = standingOf(row, { stage });
  const open = !hasEnded(row) || standing.kind === 'cancelling';
  return {
    job_id: row.job_id,
    report_id: textOr(row.report_id) || null,
    status: standing.kind === 'withdrawn' ? 'CANCELLED' : row.status,
    model: textOr(row.model) || null,
    created_at: timeOr(row.created_at),
    started_at: timeOr(row.started_at),
    completed_at: timeOr(row.completed_at),
    waits_for: open ? waitsFor(standing.kind, textOr(row.batch_progress)) : '',
    error: row.status === 'FAILED' ? row.error_message : '',
    may: mayBeAsked(row, standing, sections?.stored ?? 0),
  };
}

function waitsFor(kind: Standing['kind'], progress: string): string {
  if (kind === 'waiting') return 'waits to be started';
  return (
    withoutZeros(progress) || (kind === 'cancelling' ? 'cancelled: what was sent is brought to its end' : 'is planned')
  );
}

/** What the functions behind the buttons would not refuse, as far as the row says. */
function mayBeAsked(row: LooseRow, { kind, holder }: Standing, stored: number): JobState['may'] {
  const unwatched = row.checker_schedule_failed === true && holder === 'ours';
  const failed = kind === 'failed' || kind === 'stopped';
  const gone = row.process_exit_confirmed === true || (kind === 'stopped' && holder === 'ours');
  return {
    cancel: kind === 'waiting' || kind === 'running' || (failed && unwatched),
    redrive: failed && gone && holder !== 'our job',
    publish: (failed || kind === 'withdrawn') && stored > 0,
  };
}

const logsSchema = z
  .object({ entries: z.array(z.object({ timestamp: z.string(), message: z.string() })) })
  .catch({ entries: [] });
const LOG_LINES = 20;

async function jobDetails(deps: StateDeps, row: LooseRow): Promise<JobDetails> {
  const ledger = await fromLedger(deps, row.job_id);
  const figures = ledger?.figures ?? figuresOnRow(row) ?? NO_FIGURES;
  const { plan, summary } = ledger ?? {};
  const tokens = summary?.tokens;
  const state = fromRow(row, deps.stage, figures);
  const published_at = plan?.published_at ?? null;
  return {
    ...state,
    ...figures,
    may: { ...state.may, publish: state.may.publish && published_at === null },
    execution: executionOf(row, deps.stage) ?? null,
    worker: row.worker_id === 'none' ? null : row.worker_id || null,
    tokens: tokens ? { input: tokens.input + tokens.cache_read + tokens.cache_write, output: tokens.output } : null,
    published_at,
    failed: (summary?.failed ?? []).map(({ title, reason, said }) => ({ title, message: reasonText(reason, said) })),
    left_out: (plan?.left_out ?? []).map(({ title }) => title),
    log: logsSchema
      .parse(jsonOf(row.logs))
      .entries.slice(-LOG_LINES)
      .map(({ timestamp, message }) => ({ at: timestamp, message })),
  };
}

/** @returns undefined while the job is not planned, or when its ledger cannot be read */
async function fromLedger({ ledger, log }: StateDeps, jobId: string) {
  let plan: Plan | undefined;
  try {
    plan = await ledger.plan(jobId);
    if (!plan) return undefined;
    const summary = await summarize(ledger, plan);
    const { planned, stored, reused, failed, rounds, cost_micro_usd, batches } = summary;
    const figures: Figures = {
      sections: { planned, stored, reused, failed: failed.length },
      rounds,
      batches: batches.map(({ round, part, state, requests, batch_id }) => ({
        round,
        part,
        state,
        requests,
        batch_id: batch_id ?? null,
      })),
      cost_usd: usdOrNull(cost_micro_usd),
      expected_usd: usdOrNull(plan.expected_micro_usd),
    };
    return { plan, summary, figures };
  } catch (error) {
    // rows of another version: the row of the job still says how it stands
    log.warn('the ledger of a job cannot be read', { job_id: jobId, why: whyOf(error) });
    return undefined;
  }
}
