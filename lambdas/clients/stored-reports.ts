import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { InvalidRow } from '../domain/errors.ts';
import { parseOr } from '../domain/parse.ts';
import { type StoredReport, storedReportSchema } from '../domain/stored-report.ts';
import { queryAll } from './dynamo.ts';

/** Every row of one report, by the index; never a scan. */
export async function storedReports(
  db: DynamoDBDocumentClient,
  table: string,
  reportId: string,
): Promise<StoredReport[]> {
  const rows: StoredReport[] = [];
  const query = queryAll(db, {
    TableName: table,
    IndexName: 'ReportIdTimestampIndex',
    KeyConditionExpression: 'report_id = :id',
    ExpressionAttributeValues: { ':id': reportId },
  });
  for await (const row of query)
    rows.push(parseOr(storedReportSchema, row, (line) => new InvalidRow(`row of ${table}: ${line}`)));
  return rows;
}
