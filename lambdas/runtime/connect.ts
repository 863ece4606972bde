import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { documentClient } from '../clients/dynamo.ts';
import { jobTable } from '../clients/job-table.ts';
import { ledgerTable } from '../clients/ledger.ts';
import { environment } from './environment.ts';

/** Days a row of the ledger is kept. Results can be had from the API for 29 days. */
export const LEDGER_DAYS = 180;

/** The tables every step works with. */
export function connectTables(): { db: DynamoDBDocumentClient; jobs: ReturnType<typeof jobTable>; ledger: ReturnType<typeof ledgerTable> } {
  const env = environment('JOB_TABLE', 'LEDGER_TABLE');
  const db = documentClient();
  return { db, jobs: jobTable(db, env.JOB_TABLE), ledger: ledgerTable(db, env.LEDGER_TABLE) };
}
