import { readFileSync } from 'node:fs';
import { type AttributeValue, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { postgresPool, SQL } from '../../lambdas/stores/postgres.ts';
import type { Tables } from '../data/tables.ts';
import { input, measure } from './measure.ts';

/**
 * The bare reads under a submit step: the same statements and queries in the same order, as many at once, and nothing
 * done with the rows. The parameters of the vote count (who is in which group) are prepared beforehand.
 */
const { databaseUrl, tables, zid, rid, reportId, countsFile } = input<{
  databaseUrl: string;
  tables: Tables;
  zid: number;
  rid: number;
  reportId: string;
  countsFile: string;
}>();
const counts = JSON.parse(readFileSync(countsFile, 'utf8')) as { pids: number[]; gids: number[] };
const pool = postgresPool(databaseUrl);
const db = new DynamoDBClient();
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
  await Promise.all([
    pool.query(SQL.math, [zid, 'prod']),
    pool.query(SQL.comments, [zid, rid]),
    query(tables.topicNames, ['topic_key', 'layer_id', 'cluster_id', 'topic_name', 'created_at']),
    query(tables.assignments, ['comment_id', ...layers]),
    pool.query(SQL.topic, [zid]),
  ]);
  const { rows } = await pool.query(SQL.counts, [zid, counts.pids, counts.gids, -1, 1, 0]);
  if (rows.length === 0) throw new Error('the conversation has no votes');
});
await pool.end();
