import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type Conversations,
  conversationsOf,
  mayBeRotated,
  type PageConversations,
  postgresPool,
  readOnly,
} from '../stores/postgres.ts';
import { type Topics, topicTables } from '../stores/topics.ts';
import { environment } from './environment.ts';
import { databaseUrl } from './secrets.ts';
import { keptWhile } from './step-handler.ts';

const poolFor = keptWhile(
  (url) => {
    const env = environment('DATABASE_TLS', 'DATABASE_CA', 'DATABASE_TLS_SERVER_NAME');
    return postgresPool(url, {
      tls: env.DATABASE_TLS,
      ca: env.DATABASE_CA,
      serverName: env.DATABASE_TLS_SERVER_NAME,
    });
  },
  (old) => void old.end(),
);

/**
 * Polis' PostgreSQL, with the address that Secrets Manager holds now. When user or password is refused, it is looked up again, once a
 * connection.
 */
export async function connectConversations(): Promise<PageConversations> {
  const env = environment('DATABASE_SECRET_NAME', 'MATH_ENV');
  const poolNow = async (fresh: boolean) => poolFor(await databaseUrl(env.DATABASE_SECRET_NAME, fresh));
  let pool = await poolNow(false);
  const connect = async () => {
    try {
      return await pool.connect();
    } catch (error) {
      if (!mayBeRotated(error)) throw error;
      pool = await poolNow(true);
      return pool.connect();
    }
  };
  return conversationsOf(readOnly({ connect }), env.MATH_ENV);
}

/**
 * Polis' PostgreSQL for a function that can do without it: nothing is looked up before it is asked, so that a secret or a
 * database that is out of reach is an error of the question only.
 */
export const conversationsWhenAsked: Pick<Conversations, 'votersCited'> = {
  votersCited: async (...asked) => (await connectConversations()).votersCited(...asked),
};

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
