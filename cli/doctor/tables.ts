import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  ResourceNotFoundException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { bad, type Finding, ok, warn } from './findings.ts';

type Key = readonly [name: string, type: 'S' | 'N'];

/** What a table must have: keys with their types, indexes that project all attributes. */
export interface TableShape {
  keys: readonly Key[];
  indexes: Readonly<Record<string, readonly Key[]>>;
  /** new rows are read from its stream */
  stream?: true;
  /** attribute by which rows expire */
  ttl?: string;
}

/** The tables of Polis and Delphi that this project uses, and its own ledger. */
export const SHAPES = {
  jobs: {
    keys: [['job_id', 'S']],
    indexes: {
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
    },
    stream: true,
  },
  reports: {
    keys: [
      ['rid_section_model', 'S'],
      ['timestamp', 'S'],
    ],
    indexes: {
      ReportIdTimestampIndex: [
        ['report_id', 'S'],
        ['timestamp', 'S'],
      ],
    },
  },
  ledger: {
    keys: [
      ['job_id', 'S'],
      ['entry', 'S'],
    ],
    indexes: {},
    ttl: 'expires_at_epoch',
  },
  topicNames: {
    keys: [
      ['conversation_id', 'S'],
      ['topic_key', 'S'],
    ],
    indexes: {},
  },
  clusterAssignments: {
    keys: [
      ['conversation_id', 'S'],
      ['comment_id', 'N'],
    ],
    indexes: {},
  },
} as const satisfies Record<string, TableShape>;

type Dynamo = Pick<DynamoDBClient, 'send'>;

/** A table's description, or undefined when there is none. */
export async function describeTable(client: Dynamo, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** Checks one table against what it must be like. @param absent what to do when it does not exist */
export async function checkTable(client: Dynamo, name: string, shape: TableShape, absent: string): Promise<Finding[]> {
  return checkDescribed(client, name, await describeTable(client, name), shape, absent);
}

/** The same for a table that is described already. @param table undefined when it does not exist */
export async function checkDescribed(
  client: Dynamo,
  name: string,
  table: TableDescription | undefined,
  shape: TableShape,
  absent: string,
): Promise<Finding[]> {
  const what = `table ${name}`;
  if (!table) return [bad(what, 'does not exist', absent)];
  return [
    checkKeys(what, table, shape),
    ...Object.entries(shape.indexes).map(([index, keys]) => checkIndex(what, table, index, keys)),
    ...(shape.stream ? [checkStream(what, name, table)] : []),
    ...(shape.ttl ? [await checkTtl(client, what, name, shape.ttl)] : []),
    ...checkBilling(what, name, table),
  ];
}

function checkKeys(what: string, table: TableDescription, { keys }: TableShape): Finding {
  const has = keysOf(table, table.KeySchema);
  if (has === wanted(keys)) return ok(what, `keys ${has}`);
  const todo = 'keys of a table cannot be changed: name another table in the settings';
  return bad(what, `has keys ${has}, not ${wanted(keys)}`, todo);
}

function checkIndex(
  what: string,
  table: TableDescription,
  name: string,
  keys: readonly (readonly [string, string])[],
): Finding {
  const index = table.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === name);
  const on = `${what}, index ${name}`;
  const create = `create it with keys ${wanted(keys)} and projection ALL (aws dynamodb update-table --global-secondary-index-updates)`;
  if (!index) return bad(on, 'does not exist', create);
  const has = keysOf(table, index.KeySchema);
  if (has !== wanted(keys)) return bad(on, `has keys ${has}, not ${wanted(keys)}`, `delete it, then ${create}`);
  const projection = index.Projection?.ProjectionType;
  if (projection !== 'ALL') return bad(on, `projects ${projection}, not ALL`, `delete it, then ${create}`);
  if (index.IndexStatus && index.IndexStatus !== 'ACTIVE')
    return warn(on, `is ${index.IndexStatus}`, 'wait until it is ACTIVE');
  return ok(on, `keys ${has}, projects ALL`);
}

function checkStream(what: string, name: string, table: TableDescription): Finding {
  const { StreamEnabled, StreamViewType } = table.StreamSpecification ?? {};
  const on = `${what}, stream`;
  const enable = `aws dynamodb update-table --table-name ${name} --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE`;
  if (!StreamEnabled)
    return bad(on, 'is off: new jobs do not start', `${enable}; then deploy with its LatestStreamArn`);
  if (StreamViewType === 'NEW_IMAGE' || StreamViewType === 'NEW_AND_OLD_IMAGES')
    return ok(on, `is on, ${StreamViewType}`);
  const todo = `turn it off (--stream-specification StreamEnabled=false), then: ${enable}; this interrupts everything else that reads it`;
  return bad(on, `is on with ${StreamViewType}, which lacks the new row`, todo);
}

async function checkTtl(client: Dynamo, what: string, name: string, attribute: string): Promise<Finding> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: name }));
  const { TimeToLiveStatus = 'DISABLED', AttributeName } = TimeToLiveDescription ?? {};
  const on = `${what}, time to live`;
  if (/^ENABL/.test(TimeToLiveStatus) && AttributeName === attribute)
    return ok(on, `${TimeToLiveStatus}, ${attribute}`);
  const todo = `aws dynamodb update-time-to-live --table-name ${name} --time-to-live-specification Enabled=true,AttributeName=${attribute}`;
  return warn(on, `${TimeToLiveStatus}${AttributeName ? `, ${AttributeName}` : ''}: rows never expire`, todo);
}

function checkBilling(what: string, name: string, table: TableDescription): Finding[] {
  const mode = table.BillingModeSummary?.BillingMode;
  const provisioned = mode === 'PROVISIONED' || (!mode && (table.ProvisionedThroughput?.ReadCapacityUnits ?? 0) > 0);
  if (!provisioned) return [ok(`${what}, billing`, 'on demand')];
  const todo = `aws dynamodb update-table --table-name ${name} --billing-mode PAY_PER_REQUEST`;
  return [warn(`${what}, billing`, 'is provisioned: writes may be throttled', todo)];
}

const wanted = (keys: readonly (readonly [string, string])[]): string =>
  keys.map(([name, type]) => `${name} (${type})`).join(', ');

/** `job_id (S), entry (S)`, hash key first. */
function keysOf({ AttributeDefinitions = [] }: TableDescription, schema: KeySchemaElement[] = []): string {
  const type = (name?: string) =>
    AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
  const rank = ({ KeyType }: KeySchemaElement) => (KeyType === 'HASH' ? 0 : 1);
  return schema
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ AttributeName }) => `${AttributeName} (${type(AttributeName)})`)
    .join(', ');
}
