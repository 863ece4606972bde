import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';

/** Names of one set of tables of the benchmark; their prefix keeps them apart from other tables of the same endpoint. */
export interface Tables {
  jobs: string;
  reports: string;
  ledger: string;
  topicNames: string;
  assignments: string;
}

const KEYS: Record<keyof Tables, [string, 'S' | 'N'][]> = {
  jobs: [['job_id', 'S']],
  reports: [
    ['rid_section_model', 'S'],
    ['timestamp', 'S'],
  ],
  ledger: [
    ['job_id', 'S'],
    ['entry', 'S'],
  ],
  topicNames: [
    ['conversation_id', 'S'],
    ['topic_key', 'S'],
  ],
  assignments: [
    ['conversation_id', 'S'],
    ['comment_id', 'N'],
  ],
};

const kinds = Object.keys(KEYS) as (keyof Tables)[];

/** Creates one table of each kind, with the indexes that production has on what is written here. */
export async function createTables(db: DynamoDBClient, prefix: string): Promise<Tables> {
  const names = Object.fromEntries(kinds.map((kind) => [kind, `${prefix}_${kind}`])) as unknown as Tables;
  for (const kind of kinds) {
    const keys = KEYS[kind];
    const attributes = kind === 'reports' ? [...keys, ['report_id', 'S'] as const] : keys;
    await db.send(
      new CreateTableCommand({
        TableName: names[kind],
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: attributes.map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
        KeySchema: keySchema(keys.map(([name]) => name)),
        ...(kind === 'reports' ? { GlobalSecondaryIndexes: [REPORTS_INDEX] } : {}),
      }),
    );
  }
  return names;
}

const keySchema = (names: string[]) =>
  names.map((AttributeName, index) => ({
    AttributeName,
    KeyType: index === 0 ? ('HASH' as const) : ('RANGE' as const),
  }));

const REPORTS_INDEX = {
  IndexName: 'ReportIdTimestampIndex',
  KeySchema: keySchema(['report_id', 'timestamp']),
  Projection: { ProjectionType: 'ALL' as const },
};

export async function dropTables(db: DynamoDBClient, tables: Tables): Promise<void> {
  for (const TableName of Object.values(tables)) await db.send(new DeleteTableCommand({ TableName }));
}

type Item = Record<string, AttributeValue>;

/** One BatchWriteItem call: rows of one table, at most 25, as the low-level client takes them. */
export interface WriteCall {
  table: string;
  items: Item[];
}

/** Rows of one table in calls of 25. */
export function* writeCalls(table: string, rows: Iterable<object>): Generator<WriteCall> {
  let items: Item[] = [];
  for (const row of rows) {
    items.push(marshall(row, { removeUndefinedValues: true }));
    if (items.length === 25) {
      yield { table, items };
      items = [];
    }
  }
  if (items.length > 0) yield { table, items };
}

/** Makes the calls, `lanes` at once. @throws Error when DynamoDB leaves rows unprocessed: the figures would not be comparable */
export async function writeAtOnce(db: DynamoDBClient, calls: Iterable<WriteCall>, lanes: number): Promise<void> {
  const next = calls[Symbol.iterator]();
  const lane = async () => {
    for (let call = next.next(); !call.done; call = next.next()) {
      const { table, items } = call.value;
      const RequestItems = { [table]: items.map((Item) => ({ PutRequest: { Item } })) };
      const { UnprocessedItems } = await db.send(new BatchWriteItemCommand({ RequestItems }));
      if (Object.keys(UnprocessedItems ?? {}).length > 0) throw new Error(`DynamoDB left rows of ${table} unprocessed`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
