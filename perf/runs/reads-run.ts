import { readFileSync } from 'node:fs';
import { type AttributeValue, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { postgresPool, SQL } from '../../lambdas/stores/postgres.ts';
import type { Tables } from '../data/tables.ts';
import { addLatency } from './latency.ts';
import { input, measure } from './measure.ts';

/**
 * The bare reads under a submit step: the same statements and queries in the same order, as many at once, and nothing
 * done with the rows. The parameter of the vote count (who is in which group) is prepared beforehand.
 */
const { databaseUrl, tables, zid, rid, reportId, countsFile, latencyMs } = input<{
  databaseUrl: string;
  tables: Tables;
  zid: number;
  rid: number;
  reportId: string;
  countsFile: string;
  latencyMs: number;
}>();
const gids = JSON.parse(readFileSync(countsFile, 'utf8')) as number[];
const pool = postgresPool(databaseUrl);
const db = new DynamoDBClient();
addLatency(latencyMs, db, pool);
const layers = Array.from({ length: 10 }, (_, layer) => `layer${layer}_cluster_id`);

async function query(TableName: string, attributes: readonly string[]): Promise<void> {
  let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
  do {
    const page = await db.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'conversation_id = :id',
        ExpressionAttributeValues: { ':id': { S: String(zid) } },
        ProjectionExpression: attributes.join(', '),
        ExclusiveStartKey,
      }),
    );
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

await measure(async () => {
  await pool.query(SQL.report, [reportId]);
  const math = pool.query(SQL.math, [zid, 'prod']);
  const [, counts] = await Promise.all([
    math,
    math.then(() => pool.query(SQL.counts, [zid, gids, -1, 1, 0])),
    pool.query(SQL.comments, [zid, rid]),
    query(tables.topicNames, ['topic_key', 'layer_id', 'cluster_id', 'topic_name', 'created_at']),
    query(tables.assignments, ['comment_id', ...layers]),
    pool.query(SQL.topic, [zid]),
  ]);
  if (counts.rows.length === 0) throw new Error('the conversation has no votes');
});
await pool.end();
