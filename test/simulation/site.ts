import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type pg from 'pg';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { postgresPool } from '../../lambdas/stores/postgres.ts';
import type { ConversationData } from '../../local/conversation.ts';
import { createTables, localAws, startDynamo } from '../../local/embedded/dynamodb.ts';
import { loadPostgres, loadTopics, topicTableInputs } from '../../local/embedded/polis.ts';
import { startPostgres } from '../../local/embedded/postgres.ts';
import { type StreamHandler, StreamPump } from '../../local/machine/stream-pump.ts';
import { synthNarratives } from '../../local/machine/template.ts';
import { sampleConversation } from '../../local/sample.ts';

export const narratives = synthNarratives();
/** A second report of the conversation. */
export const OTHER_REPORT = 'r2secondreport';

/** The sample with its coarse topics only: three topics and the global sections, so that a run takes tenths of a second. */
function smallConversation(): ConversationData {
  const data = sampleConversation();
  const run = data.topicNames[0]?.topic_key.split('#')[0];
  return {
    ...data,
    topicNames: data.topicNames.filter((row) => row.layer_id === 1 && row.topic_key.startsWith(`${run}#`)),
  };
}

/** Polis' PostgreSQL with one conversation; nothing ever writes to it, so that all runs share it. */
export async function openPolis(): Promise<Polis> {
  const postgres = await startPostgres({});
  const pool = postgresPool(postgres.url);
  const data = smallConversation();
  await loadPostgres(pool, data);
  const { rid, report_name } = data.report;
  await pool.query('INSERT INTO reports (rid, report_id, zid, report_name) VALUES ($1, $2, $3, $4)', [
    rid + 1,
    OTHER_REPORT,
    data.conversation.zid,
    report_name,
  ]);
  return {
    data,
    pool,
    async close() {
      await pool.end();
      await postgres.stop();
    },
  };
}

export interface Polis {
  data: ConversationData;
  pool: pg.Pool;
  close(): Promise<void>;
}

/** The tables, their stream, and what it delivers to; several runs after each other share them. */
export async function openTables({ data }: Polis) {
  const dynamo = await startDynamo({});
  const streamArn = await createTables(dynamo.client, [...narratives.tables, ...topicTableInputs]);
  const db = documentClient(dynamo.client);
  await loadTopics(db, data);
  const streams = new DynamoDBStreamsClient(localAws(dynamo.endpoint));
  const deliverTo: { handler: StreamHandler; onDeadLetter: (why: string) => void } = {
    handler: async () => ({ batchItemFailures: [] }),
    onDeadLetter: () => undefined,
  };
  const pump = new StreamPump({
    client: streams,
    streamArn,
    ...narratives,
    handler: (event) => deliverTo.handler(event),
    onDeadLetter: (_record, why) => deliverTo.onDeadLetter(why),
    pollMs: 1,
  });
  return {
    db,
    endpoint: dynamo.endpoint,
    pump,
    deliverTo,
    async close() {
      await pump.close();
      streams.destroy();
      await dynamo.stop();
    },
  };
}

export type Tables = Awaited<ReturnType<typeof openTables>>;
