import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { documentClient } from '../stores/dynamodb.ts';
import { jobTable } from '../stores/jobs.ts';
import { ledgerTable } from '../stores/ledger.ts';
import { environment } from './environment.ts';

// What connects to PostgreSQL and to Anthropic has files of its own, so that a bundle holds only the clients that its function uses.
let db: DynamoDBDocumentClient | undefined;

/** The tables every step works with. */
export function connectTables(): {
  db: DynamoDBDocumentClient;
  jobs: ReturnType<typeof jobTable>;
  ledger: ReturnType<typeof ledgerTable>;
} {
  const env = environment('JOB_TABLE', 'LEDGER_TABLE');
  db ??= documentClient();
  return { db, jobs: jobTable(db, env.JOB_TABLE), ledger: ledgerTable(db, env.LEDGER_TABLE) };
}
