import * as z from 'zod';
import { jsonOrUndefined } from '../shared/parse.ts';

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

/**
 * The keys of a section's metadata that may be published, and no others. Rows of other pipelines hold whatever
 * they were given, and a conversation's number (zid) must not reach a client.
 */
const PUBLIC_METADATA: ReadonlySet<string> = new Set([
  'provider',
  'section_kind',
  'section_title',
  'topic_key',
  'topic_name',
  'layer',
  'layer_id',
  'cluster_id',
  'prompt_version',
  'schema_version',
  'comments_shown',
  'comments_cited',
  'comment_count',
  'model_name',
  'generated_at',
  'simulated',
]);

const mapSchema = z.record(z.string(), z.unknown());
const CONVERSATION = /^(zid|conv(ersation)?_?(id|zid)|conversation)$/i;
const HIDDEN = 'x';

/** Rows of one report as the public may see them: without the conversation's number (zid), wherever a row holds it. */
export function publicRows(rows: readonly StoredReport[]): StoredReport[] {
  const hide = zidHider(rows);
  return rows.map((row) => ({
    ...row,
    ...(row.job_id === undefined ? {} : { job_id: hide(row.job_id) }),
    ...(row.metadata === undefined ? {} : { metadata: publicMetadata(row.metadata, hide) }),
    ...(row.errors === undefined ? {} : { errors: hide(asText(row.errors)) }),
  }));
}

/** A function that takes the conversation's number, as the rows' metadata name it, out of a text. */
export function zidHider(rows: readonly StoredReport[]): (text: string) => string {
  const zids = new Set(rows.flatMap(({ metadata }) => conversationIds(asMap(metadata))));
  if (zids.size === 0) return (text) => text;
  return (text) =>
    text.replace(/(?<![A-Za-z0-9])\d+(?![A-Za-z0-9])/g, (digits) => (zids.has(digits) ? HIDDEN : digits));
}

function publicMetadata(metadata: unknown, hide: (text: string) => string): Record<string, unknown> {
  const shown = Object.entries(asMap(metadata)).filter(
    ([key, value]) => PUBLIC_METADATA.has(key) && (value === null || typeof value !== 'object'),
  );
  return Object.fromEntries(shown.map(([key, value]) => [key, typeof value === 'string' ? hide(value) : value]));
}

/** The numbers that metadata call a conversation's, at any depth. */
function conversationIds(map: Record<string, unknown>): string[] {
  return Object.entries(map).flatMap(([key, value]) => {
    if (CONVERSATION.test(key) && /^\d+$/.test(String(value))) return [String(value)];
    return conversationIds(asMap(value));
  });
}

/** A map, also when it was stored as JSON text; anything else is an empty one. */
const asMap = (value: unknown): Record<string, unknown> =>
  mapSchema.safeParse(typeof value === 'string' ? jsonOrUndefined(value) : value).data ?? {};

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A row of the reports table as its readers see it; rows of today's pipeline may lack what this project adds. */
export const storedReportSchema = z.object({
  rid_section_model: z.string(),
  timestamp: z.string(),
  report_id: z.string().optional(),
  section: z.string().optional(),
  model: z.string().optional(),
  job_id: z.string().optional(),
  report_data: z.string().optional(),
  metadata: z.unknown().optional(),
  errors: z.unknown().optional(),
});
export type StoredReport = z.infer<typeof storedReportSchema>;
