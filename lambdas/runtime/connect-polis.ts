import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Conversations, conversationsOf, postgresPool } from '../stores/postgres.ts';
import { type Topics, topicTables } from '../stores/topics.ts';
import { environment } from './environment.ts';
import { databaseUrl } from './secrets.ts';
import { keptWhile } from './step-handler.ts';

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
