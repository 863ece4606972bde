import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { queryAll } from './dynamodb.ts';

/** The tables of the Delphi topic pipeline, read only. */
export interface Topics {
  /** Topic rows of every run, not yet parsed. */
  names(conversationId: string): Promise<unknown[]>;
  /** `{comment_id, layer0_cluster_id, …}`, not yet parsed. */
  assignments(conversationId: string): Promise<unknown[]>;
}

/** Layers that the Delphi pipeline may write; only these attributes of an assignment are fetched. */
const MAX_LAYERS = 10;

/** The tables of the Delphi topic pipeline, read only. */
export function topicTables(db: DynamoDBDocumentClient, tables: { names: string; assignments: string }): Topics {
  const all = (TableName: string, conversationId: string, attributes: readonly string[]) =>
    Array.fromAsync(
      queryAll(db, {
        TableName,
        KeyConditionExpression: 'conversation_id = :id',
        ExpressionAttributeValues: { ':id': conversationId },
        ProjectionExpression: attributes.join(', '),
      }),
    );
  const layers = Array.from({ length: MAX_LAYERS }, (_, layer) => `layer${layer}_cluster_id`);
  return {
    names: (id) => all(tables.names, id, ['topic_key', 'layer_id', 'cluster_id', 'topic_name', 'created_at']),
    assignments: (id) => all(tables.assignments, id, ['comment_id', ...layers]),
  };
}
