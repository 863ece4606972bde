import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { TABLE_NAMES } from '../../../lib/names.ts';

type Key = readonly [name: string, type: 'S' | 'N'];

/** A table as the script of Polis makes it: on demand, indexes that project everything, and no stream. */
function table(
  TableName: string,
  keys: readonly Key[],
  indexes: Readonly<Record<string, readonly Key[]>> = {},
): CreateTableCommandInput & { TableName: string } {
  const schema = (of: readonly Key[]) =>
    of.map(([AttributeName], at) => ({ AttributeName, KeyType: at === 0 ? ('HASH' as const) : ('RANGE' as const) }));
  const types = new Map([...keys, ...Object.values(indexes).flat()]);
  const names = Object.entries(indexes).map(([IndexName, of]) => ({
    IndexName,
    KeySchema: schema(of),
    Projection: { ProjectionType: 'ALL' as const },
  }));
  return {
    TableName,
    KeySchema: schema(keys),
    AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    BillingMode: 'PAY_PER_REQUEST',
    ...(names.length > 0 ? { GlobalSecondaryIndexes: names } : {}),
  };
}

/** The tables of Delphi that this project uses, by the facts of how its script makes them; the ledger is not among them. */
export const DELPHI_TABLES = [
  table(TABLE_NAMES.jobs, [['job_id', 'S']], {
    StatusCreatedIndex: [
      ['status', 'S'],
      ['created_at', 'S'],
    ],
    ConversationIndex: [
      ['conversation_id', 'S'],
      ['created_at', 'S'],
    ],
    JobTypeIndex: [
      ['job_type', 'S'],
      ['priority', 'N'],
    ],
    WorkerStatusIndex: [
      ['worker_id', 'S'],
      ['status', 'S'],
    ],
  }),
  table(
    TABLE_NAMES.reports,
    [
      ['rid_section_model', 'S'],
      ['timestamp', 'S'],
    ],
    {
      ReportIdTimestampIndex: [
        ['report_id', 'S'],
        ['timestamp', 'S'],
      ],
    },
  ),
  table(TABLE_NAMES.topicNames, [
    ['conversation_id', 'S'],
    ['topic_key', 'S'],
  ]),
  table(TABLE_NAMES.clusterAssignments, [
    ['conversation_id', 'S'],
    ['comment_id', 'N'],
  ]),
  table(TABLE_NAMES.clusterKeywords, [
    ['conversation_id', 'S'],
    ['cluster_key', 'S'],
  ]),
];
