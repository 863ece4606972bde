import * as z from 'zod';
import { AWAITING_BATCH, type JobRow, jobRowSchema } from '../../lambdas/shared/job-row.ts';
import { jsonOrUndefined } from '../../lambdas/shared/parse.ts';
import { STATUSES } from '../commands.ts';
import { attends, ENDED } from './own-job.ts';

export interface JobListDeps {
  /** Rows of our two types of one status, newest first, not yet parsed. */
  withStatus(status: string): AsyncIterable<Record<string, unknown>>;
  /** The same, of one conversation. */
  ofConversation(zid: string): AsyncIterable<Record<string, unknown>>;
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
const toldSchema = z.looseObject({
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
    await take(rows, limit, found, deps.stage, (row) => row.report_id === report && (!status || row.status === status));
  } else {
    for (const each of status ? [status] : STATUSES)
      await take(deps.withStatus(each), limit, found, deps.stage, () => true);
  }
  return found.sort((a, b) => b.created_at.localeCompare(a.created_at)).slice(0, limit);
}

/** Takes jobs of one list up to the limit; of a row that cannot be read, what can be is shown. */
async function take(
  rows: AsyncIterable<Record<string, unknown>>,
  limit: number,
  found: ListedJob[],
  stage: string,
  wanted: (row: JobRow) => boolean,
): Promise<void> {
  let taken = 0;
  for await (const value of rows) {
    const parsed = jobRowSchema.safeParse(value);
    const row = parsed.success ? parsed.data : (value as JobRow);
    if (!wanted(row) || (row.job_type === AWAITING_BATCH && attends(row, stage))) continue;
    found.push(listed(row));
    taken += 1;
    if (taken === limit) return;
  }
}

function listed(row: JobRow): ListedJob {
  const { updated_at, batch_progress, error_message } = toldSchema.parse(row);
  return {
    job_id: String(row.job_id),
    status: String(row.status),
    report_id: row.report_id ?? null,
    created_at: String(row.created_at ?? ''),
    updated_at,
    model: row.model ?? null,
    progress:
      row.status === 'FAILED'
        ? error_message
        : ((ENDED.includes(row.status) ? storedOf(row.job_results) : undefined) ?? batch_progress),
  };
}

/** What `job_results` of a job that has ended says of its sections; what its batches were last seen doing is then out of date. */
function storedOf(jobResults: unknown): string | undefined {
  const results = resultsSchema.safeParse(jsonOrUndefined(typeof jobResults === 'string' ? jobResults : ''));
  return results.success ? `${results.data.stored} of ${results.data.planned} sections stored` : undefined;
}
