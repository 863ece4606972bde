import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Reports } from '../ports.ts';
import { projection, readAll, writeAll } from './dynamo.ts';

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
