import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { AWAITING_BATCH, CREATE_BATCH } from '../domain/job-row.ts';
import type { ActiveJobs } from '../job/guards.ts';
import { queryAll } from './dynamo.ts';

/** Jobs under way, by the job table's `ConversationIndex`; only what names them is fetched. */
export const activeJobs = (db: DynamoDBDocumentClient, table: string): ActiveJobs => ({
  activeJobs: (conversationId, reportId) =>
    queryAll(db, {
      TableName: table,
      IndexName: 'ConversationIndex',
      KeyConditionExpression: 'conversation_id = :zid',
      FilterExpression: '#report = :report AND #type IN (:create, :awaiting) AND #status IN (:pending, :processing)',
      ProjectionExpression: 'job_id, batch_job_id',
      ExpressionAttributeNames: { '#report': 'report_id', '#type': 'job_type', '#status': 'status' },
      ExpressionAttributeValues: {
        ':zid': conversationId,
        ':report': reportId,
        ':create': CREATE_BATCH,
        ':awaiting': AWAITING_BATCH,
        ':pending': 'PENDING',
        ':processing': 'PROCESSING',
      },
      ScanIndexForward: false,
    }),
});
