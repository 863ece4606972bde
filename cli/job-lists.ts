import type { DynamoDBDocumentClient, QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { AWAITING_BATCH, CREATE_BATCH } from '../lambdas/shared/job-row.ts';
import { queryAll } from '../lambdas/stores/dynamodb.ts';

/** Lists of narrative jobs by the indexes of the job table, newest first, page by page as they are read. */
export function jobLists(db: DynamoDBDocumentClient, table: string) {
  const list = (IndexName: string, attribute: string, value: string) => {
    const query: QueryCommandInput = {
      TableName: table,
      IndexName,
      KeyConditionExpression: '#key = :key',
      FilterExpression: '#type IN (:create, :awaiting)',
      ExpressionAttributeNames: { '#key': attribute, '#type': 'job_type' },
      ExpressionAttributeValues: { ':key': value, ':create': CREATE_BATCH, ':awaiting': AWAITING_BATCH },
      ScanIndexForward: false,
    };
    return queryAll(db, query);
  };
  return {
    withStatus: (status: string) => list('StatusCreatedIndex', 'status', status),
    ofConversation: (zid: string) => list('ConversationIndex', 'conversation_id', zid),
  };
}
