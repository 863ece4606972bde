import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { anthropicBatches, anthropicClient, type Batches } from '../stores/anthropic.ts';
import { documentClient } from '../stores/dynamodb.ts';
import { jobTable } from '../stores/jobs.ts';
import { ledgerTable } from '../stores/ledger.ts';
import { type Conversations, conversationsOf, postgresPool } from '../stores/postgres.ts';
import { type Topics, topicTables } from '../stores/topics.ts';
import { environment } from './environment.ts';
import { anthropicKey, databaseUrl } from './secrets.ts';
import { keptWhile } from './step-handler.ts';

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

const batchesFor = keptWhile((apiKey) => {
  const { ANTHROPIC_BASE_URL } = environment('ANTHROPIC_BASE_URL');
  return anthropicBatches(anthropicClient({ apiKey, baseURL: ANTHROPIC_BASE_URL }));
});

/** The Anthropic API with the key that Secrets Manager holds now. */
export const connectAnthropic = async (): Promise<Batches> =>
  batchesFor(await anthropicKey(environment('ANTHROPIC_SECRET_NAME').ANTHROPIC_SECRET_NAME));

const poolFor = keptWhile(
  (url) => {
    const { DATABASE_TLS, DATABASE_CA } = environment('DATABASE_TLS', 'DATABASE_CA');
    return postgresPool(url, { tls: DATABASE_TLS, ca: DATABASE_CA });
  },
  (old) => void old.end(),
);

/** Polis' PostgreSQL, with the address that Secrets Manager holds now. */
export async function connectConversations(): Promise<Conversations> {
  const env = environment('DATABASE_SECRET_NAME', 'MATH_ENV');
  return conversationsOf(poolFor(await databaseUrl(env.DATABASE_SECRET_NAME)), env.MATH_ENV);
}

/** Polis' PostgreSQL and Delphi's topic tables. */
export async function connectPolis(
  db: DynamoDBDocumentClient,
): Promise<{ conversations: Conversations; topics: Topics }> {
  const env = environment('TOPIC_NAMES_TABLE', 'CLUSTER_ASSIGNMENTS_TABLE');
  return {
    conversations: await connectConversations(),
    topics: topicTables(db, { names: env.TOPIC_NAMES_TABLE, assignments: env.CLUSTER_ASSIGNMENTS_TABLE }),
  };
}
