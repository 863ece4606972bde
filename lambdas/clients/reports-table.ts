import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Reports } from '../ports.ts';
import { writeAll } from './dynamo.ts';

/** `Delphi_NarrativeReports`. */
export const reportsTable = (db: DynamoDBDocumentClient, table: string): Reports => ({
  write: (rows) =>
    writeAll(
      db,
      table,
      rows.map((row) => ({ PutRequest: { Item: { ...row } } })),
    ),
});
