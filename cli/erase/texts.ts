import type { DynamoDBDocumentClient, QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { erasedRow, isErased } from '../../lambdas/report/row.ts';
import { InvalidRow } from '../../lambdas/shared/errors.ts';
import { answeredSchema, planSchema, sectionSchema, unfiledSchema } from '../../lambdas/shared/ledger-rows.ts';
import { answerKey, customIdReader, entry, ordinalOf, placeOf } from '../../lambdas/shared/names.ts';
import { unpack } from '../../lambdas/shared/packed.ts';
import { parseOr } from '../../lambdas/shared/parse.ts';
import { projection, queryAll, readAll, readRow, writeAll } from '../../lambdas/stores/dynamodb.ts';
import { reportRows } from '../../lambdas/stores/reports.ts';
import type { Scope, Tables } from './scope.ts';

type Row = Record<string, unknown>;
type Key = Record<string, string>;

/** What is to be done about one row. */
export interface Erasure {
  table: 'reports' | 'ledger';
  /** what kind of row it is: `report`, or the beginning of its key in the ledger */
  kind: string;
  key: Key;
  /** the row without its text; undefined deletes the row */
  put?: Row;
}

/** Finds every row that holds text of a conversation. */
export async function textsOfConversation(
  db: DynamoDBDocumentClient,
  tables: Tables,
  scope: Scope,
): Promise<Erasure[]> {
  const found: Erasure[] = [];
  for (const reportId of scope.reports)
    found.push(...(await reportRows(db, tables.reports, reportId)).map((row) => ofReport(row)));
  for (const jobId of scope.jobs) found.push(...(await allOfJob(db, tables, jobId)));
  return eachOnce(found);
}

async function allOfJob(db: DynamoDBDocumentClient, tables: Tables, jobId: string): Promise<Erasure[]> {
  const rows = await Array.fromAsync(ofJob(db, tables, jobId, '', ['job_id', 'entry']));
  return [...(await knownAnswersOf(db, tables, jobId, () => true)), ...rows.map(ofLedger)];
}

/** Jobs that asked the same questions share the rows by which answers are found. */
const eachOnce = (all: readonly Erasure[]): Erasure[] => [
  ...new Map(all.map((erasure) => [JSON.stringify(erasure.key), erasure])).values(),
];

/**
 * Finds every row that holds the text of one comment, or text that was made from it: prompts that show it, the answers to
 * them, and what was published of these. Where it is not known what was shown, as for a report of the old pipeline, that is what cites it.
 */
export async function textsOfComment(
  db: DynamoDBDocumentClient,
  tables: Tables,
  scope: Scope,
  tid: number,
): Promise<Erasure[]> {
  const found: Erasure[] = [];
  const jobs = new Map<string, Showing>();
  for (const jobId of scope.jobs) {
    const showing = await readShowing(db, tables, jobId, tid);
    jobs.set(jobId, showing);
    const inJob = showing === 'not known' ? allOfJob(db, tables, jobId) : inLedger(db, tables, jobId, showing, tid);
    found.push(...(await inJob));
  }
  for (const reportId of scope.reports) {
    for (const row of await reportRows(db, tables.reports, reportId)) {
      const madeFrom = isMadeFrom(jobs.get(String(row.job_id)), row) || cites(row.report_data, tid);
      if (madeFrom && !isErased(row)) found.push({ ...ofReport(row), put: erasedRow(row) });
    }
  }
  return eachOnce(found);
}

/** Which sections of a job showed the comment; not known of rows that another version of this project wrote. */
type Showing = 'not known' | { sections: ReadonlyMap<number, { name: string; shows: boolean }> };

const shows = ({ sections }: Exclude<Showing, string>, ordinal: number | undefined): boolean =>
  ordinal !== undefined && sections.get(ordinal)?.shows === true;

/** Whether any of the sections of a name showed it; an answer under a name of its own may be that of any section. */
function showsNamed({ sections }: Exclude<Showing, string>, name: string): boolean {
  const all = [...sections.values()];
  const named = all.filter((section) => section.name === name);
  return (named.length > 0 ? named : all).some((section) => section.shows);
}

/** Whether a row of a report is a text that was made from the comment, as far as the ledger of its job says so. A gap holds none. */
function isMadeFrom(showing: Showing | undefined, row: Row): boolean {
  if (showing === undefined || typeof row.errors === 'string') return false;
  return showing === 'not known' || showsNamed(showing, String(row.section ?? ''));
}

async function readShowing(db: DynamoDBDocumentClient, tables: Tables, jobId: string, tid: number): Promise<Showing> {
  const plan = await readRow(db, tables.ledger, { job_id: jobId, entry: entry.plan });
  if (plan && !planSchema.safeParse(plan).success) return 'not known';
  const sections = new Map<number, { name: string; shows: boolean }>();
  for await (const row of ofJob(db, tables, jobId, entry.sections)) {
    const section = sectionSchema.safeParse(row).data;
    if (!section) return 'not known';
    sections.set(section.ordinal, { name: section.section, shows: section.shown.includes(tid) });
  }
  return { sections };
}

const notReadable = (line: string) => new InvalidRow(`ledger row: ${line}; delete the row, then erase again`);

async function inLedger(
  db: DynamoDBDocumentClient,
  tables: Tables,
  jobId: string,
  showing: Exclude<Showing, string>,
  tid: number,
): Promise<Erasure[]> {
  const found = await knownAnswersOf(db, tables, jobId, (ordinal) => shows(showing, ordinal));
  for await (const row of ofJob(db, tables, jobId, entry.answeredAll)) {
    const { raw, ...answer } = parseOr(answeredSchema, row, notReadable);
    if (raw && (shows(showing, placeOf(answer.entry).ordinal) || cites(unpack(raw), tid)))
      found.push({ ...ofLedger(row), put: { ...answer, kind: 'failed', reason: 'erased' } });
  }
  const ordinalIn = customIdReader(jobId);
  for await (const row of ofJob(db, tables, jobId, entry.unfiledAll)) {
    const { raw, ...line } = parseOr(unfiledSchema, row, notReadable);
    const ordinal = ordinalIn(line.custom_id ?? '')?.ordinal;
    const answersIt = ordinal === undefined ? showsNamed(showing, line.filed_as ?? '') : shows(showing, ordinal);
    if (raw && (answersIt || cites(unpack(raw), tid))) found.push({ ...ofLedger(row), put: line });
  }
  for (const prefix of [entry.prompts, entry.askedAll])
    for await (const row of ofJob(db, tables, jobId, prefix, ['job_id', 'entry']))
      if (shows(showing, ordinalOf(String(row.entry)))) found.push(ofLedger(row));
  return found;
}

/** Rows by which later jobs find the answers of a job's sections. */
async function knownAnswersOf(
  db: DynamoDBDocumentClient,
  tables: Tables,
  jobId: string,
  wanted: (ordinal: number) => boolean,
): Promise<Erasure[]> {
  const hashes = new Set<string>();
  for await (const row of ofJob(db, tables, jobId, entry.sections)) {
    const { ordinal, prompt_hash } = sectionSchema.safeParse(row).data ?? {};
    if (prompt_hash !== undefined && wanted(ordinal as number)) hashes.add(prompt_hash);
  }
  for await (const { entry: key, prompt_hash } of ofJob(db, tables, jobId, entry.askedAll, ['entry', 'prompt_hash']))
    if (typeof prompt_hash === 'string' && wanted(ordinalOf(String(key)))) hashes.add(prompt_hash);
  return (await readAll(db, tables.ledger, [...hashes].map(answerKey))).map(ofLedger);
}

/** Rows of a job in the ledger whose keys begin alike. */
function ofJob(db: DynamoDBDocumentClient, tables: Tables, jobId: string, prefix: string, names: string[] = []) {
  const query: QueryCommandInput = {
    TableName: tables.ledger,
    ConsistentRead: true,
    KeyConditionExpression: prefix === '' ? 'job_id = :job_id' : 'job_id = :job_id AND begins_with(entry, :prefix)',
    ExpressionAttributeValues: { ':job_id': jobId, ...(prefix === '' ? {} : { ':prefix': prefix }) },
    ...(names.length > 0 ? projection(names) : {}),
  };
  return queryAll(db, query);
}

const ofReport = ({ rid_section_model, timestamp }: Row): Erasure => ({
  table: 'reports',
  kind: 'report',
  key: { rid_section_model: String(rid_section_model), timestamp: String(timestamp) },
});

const ofLedger = ({ job_id, entry: range }: Row): Erasure => ({
  table: 'ledger',
  kind: String(range).split('#')[0] ?? '',
  key: { job_id: String(job_id), entry: String(range) },
});

/** Whether a text in the form of a report, also in quotes or cut off, has the comment among its citations. */
export function cites(text: unknown, tid: number): boolean {
  const json = typeof text === 'string' ? text : JSON.stringify(text ?? '');
  return [...json.matchAll(/citations([^\]}]*)/g)].some(([, list = '']) =>
    [...list.matchAll(/\d+(?:\.\d+)?/g)].some(([number]) => Number(number) === tid),
  );
}

/** Sections and plans are removed last: they say where the rest is, should this be interrupted. */
const LAST = ['section', 'plan'];

/** Removes texts. May be interrupted and run again. */
export async function erase(db: DynamoDBDocumentClient, tables: Tables, all: readonly Erasure[]): Promise<void> {
  const rank = ({ table, kind }: Erasure) => (table === 'reports' ? 0 : kind === 'answer' ? 1 : LAST.indexOf(kind) + 3);
  for (let step = 0; step <= LAST.length + 2; step++) {
    for (const table of ['reports', 'ledger'] as const) {
      const rows = all.filter((row) => row.table === table && rank(row) === step);
      const writes = rows.map(({ key, put }) =>
        put ? { PutRequest: { Item: put } } : { DeleteRequest: { Key: key } },
      );
      await writeAll(db, tables[table], writes);
    }
  }
}
