import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Tables as an installation made them long before, under names of its own. */
export const EXISTING = { jobs: 'polis-a-jobs', reports: 'polis-a-reports', ledger: 'polis-a-narrative-ledger' };

type Kind = 'S' | 'N';

/** @returns the ARN of the job table's stream */
export async function createExistingTables(client: DynamoDBClient): Promise<string> {
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      ...table(EXISTING.jobs, { job_id: 'S' }, [
        index('StatusCreatedIndex', 'status', 'created_at'),
        index('ConversationIndex', 'conversation_id', 'created_at'),
        index('JobTypeIndex', 'job_type', 'priority'),
        index('WorkerStatusIndex', 'worker_id', 'status'),
      ]),
      AttributeDefinitions: attributes({
        job_id: 'S',
        status: 'S',
        created_at: 'S',
        conversation_id: 'S',
        job_type: 'S',
        priority: 'N',
        worker_id: 'S',
      }),
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    }),
  );
  await client.send(
    new CreateTableCommand({
      ...table(EXISTING.reports, { rid_section_model: 'S', timestamp: 'S' }, [
        index('ReportIdTimestampIndex', 'report_id', 'timestamp'),
      ]),
      AttributeDefinitions: attributes({ rid_section_model: 'S', timestamp: 'S', report_id: 'S' }),
    }),
  );
  await client.send(
    new CreateTableCommand({
      ...table(EXISTING.ledger, { job_id: 'S', entry: 'S' }),
      AttributeDefinitions: attributes({ job_id: 'S', entry: 'S' }),
    }),
  );
  return TableDescription?.LatestStreamArn as string;
}

const keys = (names: readonly string[]) =>
  names.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? ('HASH' as const) : ('RANGE' as const) }));

const attributes = (kinds: Record<string, Kind>) =>
  Object.entries(kinds).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));

const index = (IndexName: string, ...names: string[]) => ({
  IndexName,
  KeySchema: keys(names),
  Projection: { ProjectionType: 'ALL' as const },
});

const table = (TableName: string, key: Record<string, Kind>, indexes: ReturnType<typeof index>[] = []) => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST' as const,
  KeySchema: keys(Object.keys(key)),
  ...(indexes.length > 0 ? { GlobalSecondaryIndexes: indexes } : {}),
});
