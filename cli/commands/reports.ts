import { type ReportsAnswer, reportsAnswer } from '../../lambdas/report/reports-answer.ts';
import type { StoredReport } from '../../lambdas/report/stored-report.ts';
import { UnknownJob, UnknownReport } from '../errors.ts';

export interface StoredSection {
  section: string;
  rid_section_model: string;
  timestamp: string;
  /** null when the section was written; why not, otherwise */
  errors: string | null;
}

export interface ReportRuns {
  report_id: string;
  runs: {
    job_id: string;
    latest_timestamp: string;
    model: string | null;
    current: boolean;
    sections: StoredSection[];
  }[];
}

/**
 * The stored sections of a report by run, newest first.
 * @param stored reads every row of the report, by the index
 * @throws UnknownReport when there is none
 */
export async function reportRuns(
  { stored }: { stored: (reportId: string) => Promise<StoredReport[]> },
  reportId: string,
): Promise<ReportRuns> {
  const rows = await storedRows(stored, reportId);
  const runs = reportsAnswer(reportId, rows).available_runs.map((run) => ({
    job_id: run.job_id,
    latest_timestamp: run.latest_timestamp,
    model: run.model ?? null,
    current: run.isCurrent,
    sections: rows
      .filter((row) => (row.job_id ?? '') === run.job_id)
      .map((row) => ({
        section: row.section ?? row.rid_section_model.split('#')[1] ?? '',
        rid_section_model: row.rid_section_model,
        timestamp: row.timestamp,
        errors: row.errors === undefined ? null : String(row.errors),
      }))
      .sort((a, b) => a.section.localeCompare(b.section)),
  }));
  return { report_id: reportId, runs };
}

/**
 * What the web client gets: the newest run, or the one of a job.
 * @throws UnknownReport when nothing is stored; UnknownJob when the job has written nothing of this report
 */
export async function reportAnswer(
  { stored }: { stored: (reportId: string) => Promise<StoredReport[]> },
  reportId: string,
  jobId: string | undefined,
): Promise<ReportsAnswer> {
  const rows = await storedRows(stored, reportId);
  if (jobId !== undefined && !rows.some((row) => row.job_id === jobId))
    throw new UnknownJob(
      `report ${reportId} has no section of job ${jobId}: narratives reports ${reportId} lists its runs`,
    );
  return reportsAnswer(reportId, rows, jobId === undefined ? {} : { jobId });
}

async function storedRows(stored: (reportId: string) => Promise<StoredReport[]>, reportId: string) {
  const rows = await stored(reportId);
  if (rows.length > 0) return rows;
  throw new UnknownReport(
    `report ${reportId} has 0 stored sections: narratives jobs --report ${reportId} shows its jobs, narratives submit ${reportId} starts one`,
  );
}
