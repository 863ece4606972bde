import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type StoredReport, storedReportSchema } from '../report/public.ts';
import type { ReportKey, ReportRow } from '../report/row.ts';
import { InvalidRow } from '../shared/errors.ts';
import { parseOr } from '../shared/parse.ts';
import { projection, queryAll, readAll, writeAll } from './dynamodb.ts';

export interface Reports {
  /** Puts rows; the same rows put twice leave the same table. */
  write(rows: ReportRow[]): Promise<void>;
  /** Whole rows, consistently read and not yet parsed, in any order; those that are not there are absent. */
  read(keys: readonly ReportKey[]): Promise<Record<string, unknown>[]>;
}

export interface StoredSections {
  /** Rows of a report without their text, newest first, not yet parsed; by an index, which may be a moment late. */
  newest(reportId: string): AsyncIterable<Record<string, unknown>>;
}

/** What is needed of a row beside its text. */
export const ABOUT_SECTION = [
  'rid_section_model',
  'timestamp',
  'job_id',
  'section',
  'model',
  'batch_id',
  'metadata',
  'errors',
];

/** `Delphi_NarrativeReports`. */
export const reportsTable = (db: DynamoDBDocumentClient, table: string): Reports => ({
  write: (rows) =>
    writeAll(
      db,
      table,
      rows.map((row) => ({ PutRequest: { Item: { ...row } } })),
    ),
  read: (keys) => readAll(db, table, keys, projection([...ABOUT_SECTION, 'report_data'])),
});

const byReport = (table: string, reportId: string) => ({
  TableName: table,
  IndexName: 'ReportIdTimestampIndex',
  KeyConditionExpression: 'report_id = :id',
  ExpressionAttributeValues: { ':id': reportId },
});

/** The index by report of `Delphi_NarrativeReports`, for finding what is stored. */
export const storedSections = (db: DynamoDBDocumentClient, table: string): StoredSections => ({
  newest: (reportId) =>
    queryAll(db, { ...byReport(table, reportId), ScanIndexForward: false, ...projection(ABOUT_SECTION) }),
});

/** Every row of one report, by the index; never a scan. */
export async function storedReports(
  db: DynamoDBDocumentClient,
  table: string,
  reportId: string,
): Promise<StoredReport[]> {
  const rows: StoredReport[] = [];
  for await (const row of queryAll(db, byReport(table, reportId)))
    rows.push(parseOr(storedReportSchema, row, (line) => new InvalidRow(`row of ${table}: ${line}`)));
  return rows;
}
