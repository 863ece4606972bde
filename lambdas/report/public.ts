import * as z from 'zod';
import { jsonOrUndefined } from '../shared/parse.ts';
import { CLAIM_KINDS } from './claims/claim.ts';

interface Run {
  job_id: string;
  latest_timestamp: string;
  model: string;
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
    Pick<StoredReport, 'timestamp' | 'report_data' | 'errors' | 'job_id' | 'metadata'> & {
      section: string;
      model: string;
    }
  >;
  current_job_id: string | undefined;
  available_runs: Run[];
}

/**
 * Builds the answer from the rows of one report: the newest run, or the one asked for. It holds no zid; a report without
 * rows is a report that is not written yet.
 * @param stored rows of the index by report, in its order: the oldest first
 * @param asked a section is found by its name, or else by a part of it, and is answered under the name that was asked for
 */
export function reportsAnswer(
  reportId: string,
  stored: readonly StoredReport[],
  asked: { section?: string; jobId?: string } = {},
): ReportsAnswer {
  const rows = publicRows(stored);
  const runs = runsOf(rows);
  const current = asked.jobId === undefined ? runs[0]?.job_id : runNamed(asked.jobId, runs, stored);
  const all = new Map<string, ReportsAnswer['reports'][string]>();
  for (const row of rows.toSorted((a, b) => a.timestamp.localeCompare(b.timestamp))) {
    if (runIdOf(row) !== current) continue;
    const { timestamp, report_data, errors, job_id, metadata } = row;
    const section = sectionOf(row);
    all.set(section, { section, model: modelOf(row), timestamp, report_data, errors, job_id, metadata });
  }
  const reports = asked.section ? sectionNamed(asked.section, all) : all;
  return {
    status: 'success',
    message: reports.size > 0 ? 'Reports retrieved successfully' : 'No reports found for this report_id',
    request_report_id: reportId,
    reports: Object.fromEntries(reports),
    current_job_id: current,
    available_runs: runs.map((run) => ({ ...run, isCurrent: run.job_id === current })),
  };
}

/** The run that a caller names: as it is listed, or by the job id that is on its rows. */
const runNamed = (jobId: string, runs: readonly Run[], stored: readonly StoredReport[]): string =>
  runs.some(({ job_id }) => job_id === jobId) ? jobId : zidHider(stored)(jobId);

/** The web client asks for `global_groups`, and job ids are in front of the names that are stored. */
function sectionNamed<T>(name: string, all: ReadonlyMap<string, T>): Map<string, T> {
  const found = all.get(name) ?? [...all].find(([section]) => section.includes(name))?.[1];
  return new Map(found === undefined ? [] : [[name, found]]);
}

type Keyed = Pick<StoredReport, 'rid_section_model' | 'section' | 'model'>;

/** The section of a row: the server splits the key on `#`. */
export const sectionOf = ({ rid_section_model, section }: Keyed): string =>
  rid_section_model.split('#')[1] || section || '';

/** The model that wrote a row; rows of the old pipeline may have it in the key only. */
export const modelOf = ({ rid_section_model, model }: Keyed): string =>
  model || rid_section_model.split('#')[2] || 'unknown';

/** The run that a row belongs to; rows without a job are a run for each day. */
export const runIdOf = ({ job_id, timestamp }: Pick<StoredReport, 'job_id' | 'timestamp'>): string =>
  job_id || `unknown_job_${timestamp.slice(0, 10)}`;

function runsOf(rows: readonly StoredReport[]): Run[] {
  const runs = new Map<string, Run>();
  for (const row of rows) {
    const { timestamp } = row;
    const job_id = runIdOf(row);
    const started = { job_id, latest_timestamp: timestamp, model: modelOf(row), sectionCount: 0, isCurrent: false };
    const run = runs.get(job_id) ?? started;
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
const PUBLIC_TEXTS: ReadonlySet<string> = new Set([
  'provider',
  'section_kind',
  'section_title',
  'topic_key',
  'topic_name',
  'prompt_version',
  'claims',
  'model_name',
  'generated_at',
]);
const PUBLIC_FIGURES: ReadonlySet<string> = new Set([
  'layer',
  'layer_id',
  'cluster_id',
  'schema_version',
  'comments_shown',
  'comments_cited',
  'comment_count',
  'clauses',
  'clauses_content',
  'clauses_thin',
  'clauses_unguarded',
  'clauses_taken_out',
  ...CLAIM_KINDS.map((kind) => `proven_${kind}`),
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
  const zids = new Set(rows.flatMap(({ metadata }) => conversationIds(metadata)));
  if (zids.size === 0) return (text) => text;
  return (text) =>
    text.replace(/(?<![A-Za-z0-9])\d+(?![A-Za-z0-9])/g, (digits) => (zids.has(digits) ? HIDDEN : digits));
}

function publicMetadata(metadata: unknown, hide: (text: string) => string): Record<string, unknown> {
  const shown = Object.entries(asMap(metadata)).flatMap(([key, value]) => {
    if (!PUBLIC_TEXTS.has(key) && !PUBLIC_FIGURES.has(key)) return [];
    if (typeof value === 'string') return [[key, hide(value)]];
    // a number where a text belongs may be anything
    const plain =
      value === null || typeof value === 'boolean' || (typeof value === 'number' && PUBLIC_FIGURES.has(key));
    return plain ? [[key, value]] : [];
  });
  return Object.fromEntries(shown);
}

/** Deeper than DynamoDB nests values; text that is nested deeper would not be metadata. */
const MAX_DEPTH = 32;

/** The numbers that metadata call a conversation's, in maps, lists and JSON texts. */
function conversationIds(value: unknown, depth = 0): string[] {
  if (depth > MAX_DEPTH) return [];
  const inner = typeof value === 'string' ? jsonOrUndefined(value) : value;
  if (typeof inner !== 'object' || inner === null || ArrayBuffer.isView(inner)) return [];
  return Object.entries(inner).flatMap(([key, value]) =>
    CONVERSATION.test(key) && isNumber(value) ? [String(value)] : conversationIds(value, depth + 1),
  );
}

const isNumber = (value: unknown): boolean =>
  (typeof value === 'number' || typeof value === 'string') && /^\d+$/.test(String(value));

/** A map, also when it was stored as JSON text; anything else is an empty one. */
const asMap = (value: unknown): Record<string, unknown> =>
  mapSchema.safeParse(typeof value === 'string' ? jsonOrUndefined(value) : value).data ?? {};

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A row of the reports table as its readers see it; rows of today's pipeline may lack what this project adds. */
export interface StoredReport {
  rid_section_model: string;
  timestamp: string;
  report_id?: string | undefined;
  section?: string | undefined;
  model?: string | undefined;
  job_id?: string | undefined;
  /** JSON text */
  report_data?: string | undefined;
  metadata?: unknown;
  errors?: unknown;
}

/** A row that cannot be read as it should be. */
export interface DamagedReport {
  rid_section_model: string;
  timestamp: string;
  /** attributes that cannot be read */
  attributes: string[];
  /** whether the rest of it is answered */
  answered: boolean;
}

const optionalText = z.string().nullish();
const READABLE = {
  report_id: optionalText,
  section: optionalText,
  model: optionalText,
  job_id: optionalText,
  report_data: z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())]).nullish(),
} as const;
const keySchema = z.looseObject({ rid_section_model: z.string().includes('#'), timestamp: z.string().min(1) });

/**
 * Reads rows of the reports table as far as they can be read. A row without its keys is left out. One whose text cannot be read
 * says so in `errors`, so that no reader takes an empty text, or that of another section, for it.
 * @param tell called with every row that is damaged
 */
export function readReports(
  rows: readonly unknown[],
  tell: (damaged: DamagedReport) => void = () => undefined,
): StoredReport[] {
  return rows.flatMap((row) => {
    const keyed = keySchema.safeParse(row);
    if (!keyed.success) {
      tell({ ...namedKeys(row), attributes: keyed.error.issues.map(({ path }) => String(path[0])), answered: false });
      return [];
    }
    const { rid_section_model, timestamp, metadata, errors, ...others } = keyed.data;
    const attributes: string[] = [];
    const read = (name: keyof typeof READABLE): unknown => {
      const { success, data } = READABLE[name].safeParse(others[name]);
      if (!success) attributes.push(name);
      return data ?? undefined;
    };
    const text = (name: Exclude<keyof typeof READABLE, 'report_data'>) => read(name) as string | undefined;
    const data = read('report_data');
    const unreadable = attributes.length > 0;
    const answer: StoredReport = {
      rid_section_model,
      timestamp,
      report_id: text('report_id'),
      section: text('section'),
      model: text('model'),
      job_id: text('job_id'),
      report_data: data === undefined ? undefined : asText(data),
      // what the client takes for no error is none
      ...(unreadable ? { errors: 'damaged: the stored text cannot be read' } : errors ? { errors } : {}),
      ...(metadata === undefined || metadata === null ? {} : { metadata }),
    };
    if (attributes.length > 0) tell({ rid_section_model, timestamp, attributes, answered: true });
    return [answer];
  });
}

/** The keys of a row as far as it has them. */
function namedKeys(row: unknown): Pick<DamagedReport, 'rid_section_model' | 'timestamp'> {
  const { rid_section_model, timestamp } = mapSchema.safeParse(row).data ?? {};
  const name = (key: unknown) => (typeof key === 'string' ? key : '(none)');
  return { rid_section_model: name(rid_section_model), timestamp: name(timestamp) };
}
