import * as z from 'zod';
import { summarize } from '../../lambdas/job/summary.ts';
import type { Tokens } from '../../lambdas/money/tokens.ts';
import type { JobRow } from '../../lambdas/shared/job-row.ts';
import { REASONS } from '../../lambdas/shared/outcome.ts';
import { jsonOrUndefined } from '../../lambdas/shared/parse.ts';
import type { JobTable } from '../../lambdas/stores/jobs.ts';
import type { Ledger } from '../../lambdas/stores/ledger.ts';
import { consoleLink, type Deployment } from '../deployment.ts';
import { attends, ENDED, executionOf, narrativeJob } from './own-job.ts';

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
    failed: { section: string; reason: string; message: string }[];
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
    job: Object.fromEntries(SHOWN.filter((name) => row[name] !== undefined).map((name) => [name, row[name]])),
    watches_for: attends(row, deployment.stage) ? (row.batch_job_id ?? null) : null,
    execution,
    console: started ? consoleLink(deployment, execution) : null,
    ...(await fromLedger(ledger, jobId)),
    ended: ENDED.includes(row.status),
    error: typeof row.error_message === 'string' && row.error_message !== '' ? row.error_message : null,
    log: logOf(row),
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
  const failed = (summary?.failed ?? []).map(({ section, reason }) => ({ section, reason, message: REASONS[reason] }));
  return {
    batches,
    sections:
      plan && summary
        ? {
            planned: summary.planned,
            stored: summary.stored,
            reused: summary.reused,
            reused_saved_usd: summary.reused_saved_usd ?? null,
            failed,
            unfiled: summary.unfiled.length,
            left_out: plan.left_out ?? [],
          }
        : null,
    rounds: summary?.rounds ?? 0,
    tokens: summary?.tokens ?? null,
    cost_usd: summary?.cost_usd ?? null,
    expected_usd: plan?.expected_usd ?? null,
  };
}

const logOf = (row: JobRow): JobDetails['log'] =>
  (logsSchema.safeParse(jsonOrUndefined(row.logs ?? '')).data?.entries ?? []).slice(-LOG_LINES);
