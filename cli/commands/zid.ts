import type { StoredReport } from '../../lambdas/report/stored-report.ts';
import type { JobTable } from '../../lambdas/stores/jobs.ts';
import type { Conversations } from '../../lambdas/stores/postgres.ts';
import { UnknownReport } from '../errors.ts';

/**
 * The zid of a report's conversation: from the job of a stored section, which needs no database, or else from PostgreSQL.
 * @throws UnknownReport; DatabaseAway when there is no stored section and no database
 */
export async function zidOfReport(
  deps: {
    stored: (reportId: string) => Promise<StoredReport[]>;
    jobs: Pick<JobTable, 'get'>;
    conversations: () => Promise<Pick<Conversations, 'report'>>;
  },
  reportId: string,
): Promise<string> {
  const jobIds = new Set((await deps.stored(reportId)).map(({ job_id }) => job_id ?? ''));
  for (const jobId of jobIds) {
    const row = jobId === '' ? undefined : await deps.jobs.get(jobId);
    if (row?.report_id === reportId && typeof row.conversation_id === 'string') return row.conversation_id;
  }
  const report = await (await deps.conversations()).report(reportId);
  if (!report) throw new UnknownReport(`there is no report ${reportId} in the database: check REPORT_ID`);
  return String(report.zid);
}
