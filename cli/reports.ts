import * as z from 'zod';
import { modelOf, runIdOf, type StoredReport, sectionOf } from '../lambdas/report/public.ts';
import { storedReports } from '../lambdas/stores/reports.ts';
import { command, REPORT_ID, reportId, wholeNumber } from './command.ts';
import { UnknownReport } from './errors.ts';
import { columns, plainLine, time } from './print.ts';

export const reports = command({
  name: 'reports',
  description: 'list the stored sections of a report, by job, newest first',
  argument: REPORT_ID,
  options: [['--limit <count>', 'maximum number of jobs', '5']],
  input: z.object({ reportId, limit: wholeNumber(1_000) }),
  async run({ cloud, deployment }, { reportId, limit }) {
    const { ReportsTableName } = await deployment();
    const value = await reportRuns((id) => storedReports(cloud.db, ReportsTableName, id), reportId, limit);
    return { value, text: reportsText(value) };
  },
});

/** Reads every stored row of a report. */
export type Stored = (reportId: string) => Promise<StoredReport[]>;

interface StoredSection {
  section: string;
  title: string;
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
    model: string;
    current: boolean;
    sections: StoredSection[];
  }[];
  /** older runs that are not shown */
  more: number;
}

/**
 * The stored sections of a report by run, newest first. Job ids are shown as they are on the rows, also where they hold the
 * conversation's number: an operator needs them.
 * @param stored reads every row of the report, by the index
 * @throws UnknownReport when there is none
 */
export async function reportRuns(stored: Stored, reportId: string, limit: number): Promise<ReportRuns> {
  const byRun = Map.groupBy(await storedRows(stored, reportId), runIdOf);
  const latest = (rows: readonly StoredReport[]) =>
    rows
      .map(({ timestamp }) => timestamp)
      .sort()
      .at(-1) ?? '';
  const runs = [...byRun].map(([job_id, rows]) => ({ job_id, rows, latest_timestamp: latest(rows) }));
  runs.sort((a, b) => b.latest_timestamp.localeCompare(a.latest_timestamp));
  return {
    report_id: reportId,
    runs: runs.slice(0, limit).map(({ rows, ...run }, at) => ({
      ...run,
      model: modelOf(rows[0] as StoredReport),
      current: at === 0,
      sections: rows.map(sectionIn).sort((a, b) => a.section.localeCompare(b.section)),
    })),
    more: Math.max(0, runs.length - limit),
  };
}

const titleSchema = z.object({ section_title: z.string().optional(), topic_name: z.string().optional() }).catch({});

function sectionIn(row: StoredReport): StoredSection {
  const section = sectionOf(row);
  const { section_title, topic_name } = titleSchema.parse(row.metadata);
  const { rid_section_model, timestamp, errors } = row;
  const why = errors === undefined ? null : typeof errors === 'string' ? errors : JSON.stringify(errors);
  return { section, title: section_title ?? topic_name ?? section, rid_section_model, timestamp, errors: why };
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
export function reportsText({ runs, more }: ReportRuns): string {
  const blocks = runs.map(({ job_id, latest_timestamp, model, current, sections }) => {
    const failed = sections.filter(({ errors }) => errors !== null).length;
    const title = `${job_id}  ${time(latest_timestamp)}  ${model}  ${sections.length} sections${failed > 0 ? `, ${failed} failed` : ''}${current ? '  (newest: what the web client shows)' : ''}`;
    const rows = sections.map(({ title, rid_section_model, errors }) => [title, rid_section_model, errors ?? '']);
    const lines = columns(rows)
      .split('\n')
      .map((line) => `  ${line}`);
    return [plainLine(title), ...lines].join('\n');
  });
  return [
    ...blocks,
    ...(more > 0 ? [`${more === 1 ? '1 older job is' : `${more} older jobs are`} not shown (--limit)`] : []),
  ].join('\n\n');
}
