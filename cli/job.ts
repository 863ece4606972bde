import * as z from 'zod';
import { hasEnded } from '../lambdas/job/standing.ts';
import { summarize, tellReused } from '../lambdas/job/summary.ts';
import { hitRate } from '../lambdas/money/cache.ts';
import { microUsd, usdOrNull } from '../lambdas/money/money.ts';
import type { Tokens } from '../lambdas/money/prices.ts';
import { trustLines } from '../lambdas/report/claims/trust.ts';
import type { JobRow } from '../lambdas/shared/job-row.ts';
import { reasonText } from '../lambdas/shared/outcome.ts';
import { jsonOrUndefined } from '../lambdas/shared/parse.ts';
import { type JobTable, jobTable } from '../lambdas/stores/jobs.ts';
import { type Ledger, ledgerTable } from '../lambdas/stores/ledger.ts';
import { command, JOB_ID, text } from './command.ts';
import { consoleLink, type Deployment } from './deployment.ts';
import { attends, executionOf, narrativeJob, shownStatus } from './job-row.ts';
import { columns, plainLine } from './print.ts';

export const job = command({
  name: 'job',
  description: 'show one job: row, batches, sections, tokens and cost, link to the console, log',
  argument: JOB_ID,
  input: z.object({ jobId: text }),
  async run(context, { jobId }) {
    const deployment = await context.deployment();
    const { db } = context.cloud;
    const jobs = jobTable(db, deployment.JobTableName);
    const value = await jobDetails({ jobs, ledger: ledgerTable(db, deployment.LedgerTableName), deployment }, jobId);
    return { value, text: jobText(value) };
  },
});

export interface JobDetails {
  job: Record<string, unknown>;
  /** the job whose batch this row watches */
  watches_for: string | null;
  execution: string | null;
  console: string | null;
  batches: {
    round: number;
    part: number;
    state: string;
    requests: number;
    batch_id: string | null;
    created_at: string | null;
  }[];
  /** null while the job is not planned, or when its ledger is gone */
  sections: {
    planned: number;
    stored: number;
    /** of the stored ones, those whose text an earlier job bought, and what they cost then */
    reused: number;
    reused_saved_usd: number | null;
    /** not stored; a job that has not ended may ask again for them */
    failed: { section: string; title: string; reason: string; message: string }[];
    unfiled: number;
    left_out: readonly string[];
  } | null;
  rounds: number;
  tokens: Tokens | null;
  cost_usd: number | null;
  expected_usd: number | null;
  ended: boolean;
  error: string | null;
  /** the last lines of the row's log */
  log: { timestamp: string; level: string; message: string }[];
  /** how far its report can be trusted */
  trust: string[];
}

/** Attributes that are shown of a row; `logs` and `job_results` are shown in parts of their own. */
const SHOWN = [
  'job_id',
  'job_type',
  'status',
  'version',
  'conversation_id',
  'report_id',
  'model',
  'batch_id',
  'batch_progress',
  'worker_id',
  'created_at',
  'started_at',
  'updated_at',
  'completed_at',
  'process_exit_confirmed',
  'checker_schedule_failed',
] as const;

const LOG_LINES = 10;
const logsSchema = z.object({
  entries: z.array(z.object({ timestamp: z.string(), level: z.string().catch('INFO'), message: z.string() })),
});

/** All about one job: its row, and what its ledger says of its rounds and sections. @throws UnknownJob, WrongStatus */
export async function jobDetails(
  { jobs, ledger, deployment }: { jobs: JobTable; ledger: Ledger; deployment: Deployment },
  jobId: string,
): Promise<JobDetails> {
  const row = await narrativeJob(jobs, jobId);
  const execution = executionOf(row, deployment.stage) ?? null;
  const started = execution !== null && row.status !== 'PENDING';
  return {
    job: {
      ...Object.fromEntries(SHOWN.filter((name) => row[name] !== undefined).map((name) => [name, row[name]])),
      status: shownStatus(row),
    },
    watches_for: attends(row, deployment.stage) ? (row.batch_job_id ?? null) : null,
    execution,
    console: started ? consoleLink(deployment, execution) : null,
    ...(await fromLedger(ledger, jobId)),
    ended: hasEnded(row),
    error: typeof row.error_message === 'string' && row.error_message !== '' ? row.error_message : null,
    log: logOf(row),
    trust: trustLines(row.job_results),
  };
}

async function fromLedger(ledger: Ledger, jobId: string) {
  const plan = await ledger.plan(jobId);
  const summary = plan && (await summarize(ledger, plan));
  const batches = (summary?.batches ?? []).map(({ round, part, state, requests, batch_id, created_at }) => ({
    round,
    part,
    state,
    requests,
    batch_id: batch_id ?? null,
    created_at: created_at ?? null,
  }));
  const failed = (summary?.failed ?? []).map(({ section, title, reason, said }) => ({
    section,
    title,
    reason,
    message: reasonText(reason, said),
  }));
  return {
    batches,
    sections:
      plan && summary
        ? {
            planned: summary.planned,
            stored: summary.stored,
            reused: summary.reused,
            reused_saved_usd: usdOrNull(summary.reused_saved_micro_usd),
            failed,
            unfiled: summary.unfiled.length,
            left_out: (plan.left_out ?? []).map(({ title }) => title),
          }
        : null,
    rounds: summary?.rounds ?? 0,
    tokens: summary?.tokens ?? null,
    cost_usd: usdOrNull(summary?.cost_micro_usd),
    expected_usd: usdOrNull(plan?.expected_micro_usd),
  };
}

const logOf = (row: JobRow): JobDetails['log'] =>
  (logsSchema.safeParse(jsonOrUndefined(row.logs ?? '')).data?.entries ?? []).slice(-LOG_LINES);

const number = (value: number): string => value.toLocaleString('en');

/** All about one job, in blocks. */
export function jobText(details: JobDetails): string {
  const { job, watches_for, execution, console: link, error, log, trust } = details;
  const shown = Object.entries(job).filter(([, value]) => value !== '');
  const row: string[][] = shown.map(([name, value]) => [name, plainLine(String(value))]);
  if (watches_for) row.push(['batch of job', watches_for]);
  if (execution) row.push(['execution', execution]);
  if (link) row.push(['console', link]);
  const blocks = [columns(row), batches(details), sections(details), figures(details)];
  blocks.push(trust.map(plainLine).join('\n'));
  if (error) blocks.push(`why it failed: ${plainLine(error)}`);
  if (log.length > 0)
    blocks.push(log.map((line) => `${line.timestamp.slice(0, 19)}  ${plainLine(line.message)}`).join('\n'));
  return blocks.filter((block) => block !== '').join('\n\n');
}

function batches({ batches: all }: JobDetails): string {
  if (all.length === 0) return 'no batch was sent';
  const rows = all.map(({ round, part, state, requests, batch_id }) => [
    `round ${round}, part ${part}`,
    batch_id ?? '(not confirmed)',
    state,
    `${requests} requests`,
  ]);
  return columns(rows);
}

function sections({ sections: all, ended }: JobDetails): string {
  if (!all) return 'its sections are not planned yet, or its ledger rows have expired';
  const { planned, stored, reused, reused_saved_usd: saved, failed, unfiled, left_out } = all;
  const open = ended ? 'failed' : 'failed or to be asked for again';
  return [
    `${stored} of ${planned} sections stored${tellReused({ reused, reused_saved_micro_usd: saved === null ? undefined : microUsd(saved) })}, ${failed.length} ${open}${unfiled > 0 ? `, ${unfiled} answers that fit no section` : ''}`,
    ...failed.map(
      ({ section, title, reason, message }) => `  ${plainLine(title)} (${plainLine(section)})  ${reason}: ${message}`,
    ),
    ...(left_out.length > 0
      ? [`left out because no comment belongs to them: ${left_out.map(plainLine).join('; ')}`]
      : []),
  ].join('\n');
}

function figures({ rounds, tokens, cost_usd, expected_usd }: JobDetails): string {
  if (!tokens || rounds === 0) return '';
  const input = tokens.input + tokens.cache_read + tokens.cache_write;
  const price = cost_usd === null ? 'price unknown' : `$${cost_usd.toFixed(4)}`;
  const expected = expected_usd === null ? '' : ` (expected $${expected_usd.toFixed(4)})`;
  const served = hitRate([{ read: tokens.cache_read, written: tokens.cache_write }]);
  const cache = served === undefined ? '' : `, cache hits ${Math.round(served * 100)}%`;
  return `${rounds === 1 ? '1 round' : `${rounds} rounds`}, ${number(input)} tokens in${cache}, ${number(tokens.output)} out, ${price}${expected}`;
}
