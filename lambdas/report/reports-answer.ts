import { publicRows, zidHider } from './public-rows.ts';
import type { StoredReport } from './stored-report.ts';

interface Run {
  job_id: string;
  latest_timestamp: string;
  model: string | undefined;
  sectionCount: number;
  isCurrent: boolean;
}

/** The body of `GET /api/v3/delphi/reports`, as the Polis server answers it. */
export interface ReportsAnswer {
  status: 'success';
  message: string;
  request_report_id: string;
  reports: Record<
    string,
    Pick<StoredReport, 'section' | 'model' | 'timestamp' | 'report_data' | 'errors' | 'job_id' | 'metadata'>
  >;
  current_job_id: string | undefined;
  available_runs: Run[];
}

/**
 * Builds the answer from the rows of one report: the newest run, or the one asked for. It holds no zid; a report without
 * rows is a report that is not written yet.
 * @param stored rows of the index by report, in any order
 */
export function reportsAnswer(
  reportId: string,
  stored: readonly StoredReport[],
  asked: { section?: string; jobId?: string } = {},
): ReportsAnswer {
  const rows = publicRows(stored);
  const runs = runsOf(rows);
  const current = asked.jobId === undefined ? runs[0]?.job_id : zidHider(stored)(asked.jobId);
  const reports = new Map<string, ReportsAnswer['reports'][string]>();
  for (const row of rows.toSorted((a, b) => a.timestamp.localeCompare(b.timestamp))) {
    const section = sectionOf(row);
    if ((row.job_id ?? '') !== (current ?? '') || (asked.section && asked.section !== section)) continue;
    const { model, timestamp, report_data, errors, job_id, metadata } = row;
    reports.set(section, { section, model, timestamp, report_data, errors, job_id, metadata });
  }
  return {
    status: 'success',
    message: reports.size > 0 ? 'Reports retrieved successfully' : 'No reports found for this report_id',
    request_report_id: reportId,
    reports: Object.fromEntries(reports),
    current_job_id: current,
    available_runs: runs.map((run) => ({ ...run, isCurrent: run.job_id === current })),
  };
}

/** The server splits the key on `#`. */
const sectionOf = (row: StoredReport): string => row.section ?? row.rid_section_model.split('#')[1] ?? '';

function runsOf(rows: readonly StoredReport[]): Run[] {
  const runs = new Map<string, Run>();
  for (const { job_id = '', timestamp, model } of rows) {
    const run = runs.get(job_id) ?? { job_id, latest_timestamp: timestamp, model, sectionCount: 0, isCurrent: false };
    run.sectionCount += 1;
    if (timestamp > run.latest_timestamp) run.latest_timestamp = timestamp;
    runs.set(job_id, run);
  }
  return [...runs.values()].sort((a, b) => b.latest_timestamp.localeCompare(a.latest_timestamp));
}
