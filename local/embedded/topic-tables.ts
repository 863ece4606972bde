import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { TABLE_NAMES } from '../../lib/contract.ts';

const table = (TableName: string, range: string, type: 'S' | 'N'): CreateTableCommandInput => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'conversation_id', KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'conversation_id', AttributeType: 'S' },
    { AttributeName: range, AttributeType: type },
  ],
});

/** The Delphi pipeline's own tables: in a real installation they exist already, so no stack creates them. */
export const topicTableInputs: CreateTableCommandInput[] = [
  table(TABLE_NAMES.topicNames, 'topic_key', 'S'),
  table(TABLE_NAMES.clusterAssignments, 'comment_id', 'N'),
  table(TABLE_NAMES.clusterKeywords, 'cluster_key', 'S'),
];
