import { parseJobConfig } from '../domain/job-config.ts';
import type { JobTable } from '../ports.ts';
import type { ActiveJobs, NamedJob } from './guards.ts';

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
  for await (const { job_id, batch_job_id } of deps.jobs.activeJobs(conversationId, reportId)) {
    // the index may be a moment behind the row
    const row = await deps.jobs.get(String(job_id));
    if (!row || !ACTIVE.includes(row.status)) continue;
    if (typeof batch_job_id !== 'string' || batch_job_id === '') return named(deps, String(job_id), row);
    // a row that watches a batch stands for the job that sent it; the two are closed one after the other
    const sender = await deps.jobs.get(batch_job_id);
    if (!DONE.includes(sender?.status)) return named(deps, batch_job_id, row);
  }
  return undefined;
}

const named = ({ defaultModel }: Deps, job_id: string, row: Record<string, unknown>): NamedJob => ({
  job_id,
  model: modelOf(row) ?? defaultModel,
});

/** The model that a job was put with; rows of others may be in any shape. */
function modelOf(row: Record<string, unknown>): string | undefined {
  if (typeof row.model === 'string' && row.model !== '') return row.model;
  try {
    return parseJobConfig(String(row.job_config ?? ''), '').model || undefined;
  } catch {
    return undefined;
  }
}
