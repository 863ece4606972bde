import * as z from 'zod';
import { hasEnded } from '../lambdas/job/standing.ts';
import type { StoredReport } from '../lambdas/report/public.ts';
import { AWAITING_BATCH, type JobRow, jobRowSchema } from '../lambdas/shared/job-row.ts';
import { jsonOrUndefined } from '../lambdas/shared/parse.ts';
import { type JobLists, type JobTable, jobLists, jobTable } from '../lambdas/stores/jobs.ts';
import type { Conversations } from '../lambdas/stores/postgres.ts';
import { storedReports } from '../lambdas/stores/reports.ts';
import { command, reportId, wholeNumber, zid } from './command.ts';
import { conversationOf } from './connections.ts';
import { UnknownReport, UsageError } from './errors.ts';
import { attends, shownStatus } from './job-row.ts';
import { columns, plainLine, time } from './print.ts';

/** Every status a job row may have that this project knows. */
const STATUSES = ['PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
const status = z
  .string()
  .transform((value) => value.toUpperCase())
  .pipe(z.enum(STATUSES, `should be one of ${STATUSES.join(', ')}`));

export const jobs = command({
  name: 'jobs',
  description: 'list jobs, newest first',
  options: [
    ['--status <status>', `only jobs with this status: ${STATUSES.join(', ')}`],
    ['--report <REPORT_ID>', 'only jobs of this report'],
    ['--zid <zid>', 'with --report: the zid of its conversation, if it cannot be looked up from this machine'],
    ['--limit <count>', 'maximum number of jobs', '20'],
  ],
  input: z.object({
    status: status.optional(),
    report: reportId.optional(),
    zid: zid.optional(),
    limit: wholeNumber(1_000),
  }),
  async run(context, { zid, ...asked }) {
    if (zid !== undefined && asked.report === undefined) throw new UsageError('--zid goes with --report');
    const { db } = context.cloud;
    const { ReportsTableName, JobTableName, stage } = await context.deployment();
    const zidOf = async (reportId: string) => {
      if (zid !== undefined) return zid;
      const stored = await storedReports(db, ReportsTableName, reportId);
      return zidOfReport({ stored, jobs: jobTable(db, JobTableName), report: conversationOf(context) }, reportId);
    };
    const value = await listJobs({ ...jobLists(db, JobTableName), zidOf, stage }, asked);
    return { value, text: jobsText(value) };
  },
});

export interface JobListDeps extends JobLists {
  /** The zid of a report's conversation. */
  zidOf(reportId: string): Promise<string>;
  stage: string;
}

export interface ListedJob {
  job_id: string;
  status: string;
  report_id: string | null;
  created_at: string;
  updated_at: string;
  model: string | null;
  /** how far its batches are; once it has ended, what it stored or why it failed */
  progress: string;
}

const resultsSchema = z.object({ planned: z.number(), stored: z.number() });
const shownSchema = z.looseObject({
  updated_at: z.string().catch(''),
  batch_progress: z.string().catch(''),
  error_message: z.string().catch(''),
});

/**
 * Jobs, newest first, by the indexes of the job table; it is never scanned. Rows that an execution keeps for its own
 * batches are left out.
 */
export async function listJobs(
  deps: JobListDeps,
  asked: { status?: string | undefined; report?: string | undefined; limit: number },
): Promise<ListedJob[]> {
  const { status, report, limit } = asked;
  const found: ListedJob[] = [];
  if (report !== undefined) {
    const rows = deps.ofConversation(await deps.zidOf(report));
    await collect(
      rows,
      limit,
      found,
      deps.stage,
      (row) => row.report_id === report && (!status || shownStatus(row) === status),
    );
  } else {
    // a cancelled job ends FAILED
    const statuses = status === 'CANCELLED' ? ['CANCELLED', 'FAILED'] : status ? [status] : STATUSES;
    for (const each of statuses)
      await collect(deps.withStatus(each), limit, found, deps.stage, (row) => !status || shownStatus(row) === status);
  }
  return found.sort((a, b) => b.created_at.localeCompare(a.created_at)).slice(0, limit);
}

/** Collects jobs of one list up to the limit. A row that does not fit the schema is shown as far as it can be read. */
async function collect(
  rows: AsyncIterable<Record<string, unknown>>,
  limit: number,
  found: ListedJob[],
  stage: string,
  wanted: (row: JobRow) => boolean,
): Promise<void> {
  let collected = 0;
  for await (const value of rows) {
    const parsed = jobRowSchema.safeParse(value);
    const row = parsed.success ? parsed.data : (value as JobRow);
    if (!wanted(row) || (row.job_type === AWAITING_BATCH && attends(row, stage))) continue;
    found.push(listed(row));
    collected += 1;
    if (collected === limit) return;
  }
}

function listed(row: JobRow): ListedJob {
  const { updated_at, batch_progress, error_message } = shownSchema.parse(row);
  return {
    job_id: String(row.job_id),
    status: shownStatus(row),
    report_id: row.report_id ?? null,
    created_at: String(row.created_at ?? ''),
    updated_at,
    model: row.model ?? null,
    progress:
      row.status === 'FAILED'
        ? error_message
        : ((hasEnded(row) ? storedOf(row.job_results) : undefined) ?? batch_progress),
  };
}

/** What `job_results` of an ended job says about its sections; its `batch_progress` is out of date by then. */
function storedOf(jobResults: unknown): string | undefined {
  const results = resultsSchema.safeParse(jsonOrUndefined(typeof jobResults === 'string' ? jobResults : ''));
  return results.success ? `${results.data.stored} of ${results.data.planned} sections stored` : undefined;
}

/**
 * The zid of a report's conversation: from the job of a stored section, which needs no database, or else from PostgreSQL.
 * @throws UnknownReport; DatabaseAway when there is no stored section and PostgreSQL cannot be reached
 */
async function zidOfReport(
  deps: { stored: readonly StoredReport[]; jobs: Pick<JobTable, 'get'>; report: Conversations['report'] },
  reportId: string,
): Promise<string> {
  const jobIds = new Set(deps.stored.map(({ job_id }) => job_id ?? ''));
  for (const jobId of jobIds) {
    const row = jobId === '' ? undefined : await deps.jobs.get(jobId);
    if (row?.report_id === reportId && typeof row.conversation_id === 'string') return row.conversation_id;
  }
  const report = await deps.report(reportId);
  if (!report) throw new UnknownReport(`there is no report ${reportId} in the database: check REPORT_ID`);
  return String(report.zid);
}

const shorten = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max - 1)}…` : text);

/** A list of jobs. */
export function jobsText(jobs: readonly ListedJob[]): string {
  if (jobs.length === 0) return 'no jobs';
  const rows = jobs.map(({ job_id, status, created_at, model, progress }) => [
    job_id,
    status,
    time(created_at),
    model ?? '',
    shorten(plainLine(progress), 100),
  ]);
  return columns([['JOB_ID', 'STATUS', 'CREATED (UTC)', 'MODEL', 'PROGRESS'], ...rows]);
}
