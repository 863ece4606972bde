import * as z from 'zod';
import { reportsAnswer, runIdOf, type StoredReport, sectionOf } from '../lambdas/report/public.ts';
import { storedReports } from '../lambdas/stores/reports.ts';
import { command, REPORT_ID, reportId } from './command.ts';
import { UnknownReport } from './errors.ts';
import { plainLine, time } from './print.ts';

export const reports = command({
  name: 'reports',
  description: 'list the stored sections of a report, by job',
  argument: REPORT_ID,
  input: z.object({ reportId }),
  async run({ cloud, deployment }, { reportId }) {
    const { ReportsTableName } = await deployment();
    const value = await reportRuns((id) => storedReports(cloud.db, ReportsTableName, id), reportId);
    return { value, text: reportsText(value) };
  },
});

/** Reads every stored row of a report. */
export type Stored = (reportId: string) => Promise<StoredReport[]>;

interface StoredSection {
  section: string;
  rid_section_model: string;
  timestamp: string;
  /** null when the section was written; why not, otherwise */
  errors: string | null;
}

interface ReportRuns {
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
export async function reportRuns(stored: Stored, reportId: string): Promise<ReportRuns> {
  const rows = await storedRows(stored, reportId);
  const runs = reportsAnswer(reportId, rows).available_runs.map((run) => ({
    job_id: run.job_id,
    latest_timestamp: run.latest_timestamp,
    model: run.model ?? null,
    current: run.isCurrent,
    sections: rows
      .filter((row) => runIdOf(row) === run.job_id)
      .map((row) => ({
        section: sectionOf(row),
        rid_section_model: row.rid_section_model,
        timestamp: row.timestamp,
        errors: row.errors === undefined ? null : String(row.errors),
      }))
      .sort((a, b) => a.section.localeCompare(b.section)),
  }));
  return { report_id: reportId, runs };
}

/** Every stored row of a report. @throws UnknownReport when there is none */
export async function storedRows(stored: Stored, reportId: string) {
  const rows = await stored(reportId);
  if (rows.length > 0) return rows;
  throw new UnknownReport(
    `report ${reportId} has 0 stored sections: narratives jobs --report ${reportId} shows its jobs, narratives submit ${reportId} starts one`,
  );
}

/** The stored sections of a report. */
export const reportsText = ({ runs }: ReportRuns): string =>
  runs
    .map(({ job_id, latest_timestamp, model, current, sections }) => {
      const failed = sections.filter(({ errors }) => errors !== null).length;
      const title = `${job_id || '(no job)'}  ${time(latest_timestamp)}  ${model ?? ''}  ${sections.length} sections${failed > 0 ? `, ${failed} failed` : ''}${current ? '  (newest: what the web client shows)' : ''}`;
      return [
        title,
        ...sections.map(
          ({ rid_section_model, errors }) => `  ${rid_section_model}${errors ? `  ${plainLine(errors)}` : ''}`,
        ),
      ].join('\n');
    })
    .join('\n\n');
