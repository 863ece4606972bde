import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { conversationsOf, postgresPool } from '../clients/postgres.ts';
import { topicTables } from '../clients/topics.ts';
import type { Conversations, Topics } from '../ports.ts';
import { environment } from './environment.ts';
import { secret } from './secrets.ts';
import { keptWhile } from './step-handler.ts';

const poolFor = keptWhile(postgresPool, (old) => void old.end());

/** Polis' PostgreSQL, with the URL that Secrets Manager holds now, and the topic tables. */
export async function connectPolis(
  db: DynamoDBDocumentClient,
): Promise<{ conversations: Conversations; topics: Topics }> {
  const env = environment('DATABASE_SECRET_NAME', 'MATH_ENV', 'TOPIC_NAMES_TABLE', 'CLUSTER_ASSIGNMENTS_TABLE');
  return {
    conversations: conversationsOf(poolFor(await secret(env.DATABASE_SECRET_NAME)), env.MATH_ENV),
    topics: topicTables(db, { names: env.TOPIC_NAMES_TABLE, assignments: env.CLUSTER_ASSIGNMENTS_TABLE }),
  };
}
