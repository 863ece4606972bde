import type { ActiveJobs, NamedJob } from '../stores/guards.ts';
import type { JobTable } from '../stores/jobs.ts';
import { parseJobConfig } from './config.ts';

interface Deps {
  jobs: Pick<JobTable, 'get'> & ActiveJobs;
  defaultModel: string;
}

const ACTIVE: readonly unknown[] = ['PENDING', 'PROCESSING'];
/** Nothing is paid for or stored any more; a FAILED job may still have a batch that is watched. */
const DONE: readonly unknown[] = ['COMPLETED', 'CANCELLED'];

/** The report's last job, if it is under way; one whose row is gone or has ended gives way. */
export async function stillActive(
  { jobs }: Pick<Deps, 'jobs'>,
  last: NamedJob | undefined,
): Promise<NamedJob | undefined> {
  const row = last && (await jobs.get(last.job_id));
  return row && ACTIVE.includes(row.status) ? last : undefined;
}

/** A job that somebody else put, such as the Polis server or an old poller. */
export async function firstActive(deps: Deps, conversationId: string, reportId: string): Promise<NamedJob | undefined> {
  const found = await firstActiveRow(deps.jobs, conversationId, reportId);
  return found && { job_id: found.sender ?? found.job_id, model: modelOf(found.row) ?? deps.defaultModel };
}

/** A row of a report that is under way, or that watches a batch of a job that is not done. */
interface ActiveRow {
  job_id: string;
  /** the job whose batch it watches */
  sender: string | undefined;
  row: Record<string, unknown>;
}

/** The newest such row of a report. @param except a job that is left out, with the rows that watch its batches */
export async function firstActiveRow(
  jobs: Deps['jobs'],
  conversationId: string,
  reportId: string,
  except?: string,
): Promise<ActiveRow | undefined> {
  for await (const { job_id, batch_job_id } of jobs.activeJobs(conversationId, reportId)) {
    if (except !== undefined && (job_id === except || batch_job_id === except)) continue;
    // the index may be a moment behind the row
    const row = await jobs.get(String(job_id));
    if (!row || !ACTIVE.includes(row.status)) continue;
    const found = { job_id: String(job_id), row };
    if (typeof batch_job_id !== 'string' || batch_job_id === '') return { ...found, sender: undefined };
    // a row that watches a batch stands for the job that sent it; the two are closed one after the other
    const sender = await jobs.get(batch_job_id);
    if (!DONE.includes(sender?.status)) return { ...found, sender: batch_job_id };
  }
  return undefined;
}

/** The model that a job was put with; rows of others may be in any shape. */
function modelOf(row: Record<string, unknown>): string | undefined {
  if (typeof row.model === 'string' && row.model !== '') return row.model;
  try {
    return parseJobConfig(String(row.job_config ?? ''), '').model || undefined;
  } catch {
    return undefined;
  }
}
