import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { writeAll } from '../../lambdas/stores/dynamodb.ts';
import { TABLE_NAMES } from '../../lib/contract.ts';
import type { ConversationData } from './conversation-data.ts';

/** Puts a conversation's topics into the three tables of the Delphi pipeline. */
export async function loadTopics(db: DynamoDBDocumentClient, data: ConversationData): Promise<void> {
  const put = (table: string, rows: readonly object[]) =>
    writeAll(
      db,
      table,
      rows.map((row) => ({ PutRequest: { Item: { ...row } } })),
    );
  await put(TABLE_NAMES.topicNames, data.topicNames);
  await put(TABLE_NAMES.clusterAssignments, data.clusterAssignments);
  await put(TABLE_NAMES.clusterKeywords, data.keywords);
}
