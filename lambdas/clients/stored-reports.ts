import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { InvalidRow } from '../domain/errors.ts';
import { parseOr } from '../domain/parse.ts';
import { type StoredReport, storedReportSchema } from '../domain/stored-report.ts';
import type { StoredSections } from '../ports.ts';
import { projection, queryAll } from './dynamo.ts';
import { ABOUT_SECTION } from './reports-table.ts';

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
