import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type DamagedReport, readReports, type StoredReport } from '../report/public.ts';
import { MAX_TOGETHER, type ReportRow } from '../report/row.ts';
import { queryAll, transact, writeAll } from './dynamodb.ts';

export interface Reports {
  /** Puts rows, 25 at a time; the same rows put twice leave the same table. */
  write(rows: readonly ReportRow[]): Promise<void>;
  /** Puts the rows of a report: all of them at once, or, where they are more than DynamoDB writes at once, 25 at a time. */
  writeTogether(rows: readonly ReportRow[]): Promise<void>;
}

/** What DynamoDB writes in one transaction is 4 MB, of which some is left for names and keys. */
const MAX_TOGETHER_BYTES = 3_500_000;

/** `Delphi_NarrativeReports`. */
export function reportsTable(db: DynamoDBDocumentClient, table: string): Reports {
  const write = (rows: readonly ReportRow[]) =>
    writeAll(
      db,
      table,
      rows.map((row) => ({ PutRequest: { Item: { ...row } } })),
    );
  return {
    write,
    async writeTogether(rows) {
      const bytes = rows.reduce((sum, { report_data }) => sum + Buffer.byteLength(report_data), 0);
      if (rows.length > MAX_TOGETHER || bytes > MAX_TOGETHER_BYTES) return write(rows);
      if (rows.length > 0)
        await transact(
          db,
          `write ${table}`,
          rows.map((Item) => ({ Put: { TableName: table, Item } })),
        );
    },
  };
}

/** Every row of one report, by the index, the oldest first; never a scan. They are not read yet. */
export const reportRows = (
  db: DynamoDBDocumentClient,
  table: string,
  reportId: string,
): Promise<Record<string, unknown>[]> =>
  Array.fromAsync(
    queryAll(db, {
      TableName: table,
      IndexName: 'ReportIdTimestampIndex',
      KeyConditionExpression: 'report_id = :id',
      ExpressionAttributeValues: { ':id': reportId },
    }),
  );

/** The same, as far as they can be read. @param tell called with every row that is damaged */
export const storedReports = async (
  db: DynamoDBDocumentClient,
  table: string,
  reportId: string,
  tell?: (damaged: DamagedReport) => void,
): Promise<StoredReport[]> => readReports(await reportRows(db, table, reportId), tell);
