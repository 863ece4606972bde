import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  type BatchGetCommandInput,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { StoreUnavailable } from '../shared/errors.ts';
import { awsTrouble } from './aws-trouble.ts';

/** A document client; the endpoint, region and credentials come from the environment as the AWS SDK reads it. */
export const documentClient = (client = new DynamoDBClient({ maxAttempts: 5 })): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
    // a number too large to be exact must not keep a row from being read
    unmarshallOptions: { wrapNumbers: Number },
  });

/**
 * Runs a DynamoDB call; an error that may pass becomes StoreUnavailable. The SDK has already retried it.
 * @throws StoreUnavailable, or the SDK's own error where trying again would not help
 */
export async function stored<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw awsTrouble(`DynamoDB could not ${what}`, error);
  }
}

/** One row, consistently read and not yet parsed; undefined when it does not exist. */
export async function readRow(
  db: DynamoDBDocumentClient,
  TableName: string,
  Key: Record<string, string>,
): Promise<Record<string, unknown> | undefined> {
  const read = new GetCommand({ TableName, Key, ConsistentRead: true });
  return (await stored(`read ${TableName}`, () => db.send(read))).Item;
}

/** Runs a conditional write: whether the condition held is a value. */
export async function conditionally(what: string, call: () => Promise<unknown>): Promise<boolean> {
  try {
    await stored(what, call);
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Every item of a query, page by page. */
export async function* queryAll(
  db: DynamoDBDocumentClient,
  input: QueryCommandInput,
): AsyncGenerator<Record<string, unknown>> {
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const start = ExclusiveStartKey;
    const page = await stored(`query ${input.TableName}`, () =>
      db.send(new QueryCommand({ ...input, ExclusiveStartKey: start })),
    );
    yield* page.Items ?? [];
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

/** Every item of a table, page by page: for an operator's command or a small table only. */
export async function* scanAll(
  db: DynamoDBDocumentClient,
  input: ScanCommandInput,
): AsyncGenerator<Record<string, unknown>> {
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const start = ExclusiveStartKey;
    const page = await stored(`scan ${input.TableName}`, () =>
      db.send(new ScanCommand({ ...input, ExclusiveStartKey: start })),
    );
    yield* page.Items ?? [];
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

/** Attributes to read of each row; by aliases, as any name may be a reserved word. */
export function projection(names: readonly string[]) {
  const aliases = names.map((name, index) => [`#p${index}`, name] as const);
  return {
    ProjectionExpression: aliases.map(([alias]) => alias).join(', '),
    ExpressionAttributeNames: Object.fromEntries(aliases),
  };
}

/** Rows in one BatchWriteItem call, and calls under way at once. */
const WRITES = 25;
const WRITES_UNDER_WAY = 4;
const KEYS = 100;
const ATTEMPTS = 8;

type Write = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

/** Puts or deletes rows of one table, 25 a call; what DynamoDB leaves unprocessed is sent again with back-off. */
export async function writeAll(db: DynamoDBDocumentClient, table: string, writes: readonly Write[]): Promise<void> {
  const calls: Write[][] = [];
  for (let from = 0; from < writes.length; from += WRITES) calls.push(writes.slice(from, from + WRITES));
  const next = calls.values();
  // every lane draws from the same iterator
  const lane = async () => {
    for (const call of next) await writeOnce(db, table, call);
  };
  const lanes = Array.from({ length: Math.min(WRITES_UNDER_WAY, calls.length) }, lane);
  // when one fails, the others end first, so that they do not write during the next attempt
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
}

async function writeOnce(db: DynamoDBDocumentClient, table: string, writes: Write[]): Promise<void> {
  await untilProcessed(`write ${table}`, { [table]: writes }, async (RequestItems) => {
    const answer = await db.send(new BatchWriteCommand({ RequestItems }));
    return answer.UnprocessedItems;
  });
}

/** Reads rows of one table by key, 100 a call, in any order; each key once, and those that are not there are absent. */
export async function readAll(
  db: DynamoDBDocumentClient,
  table: string,
  keys: readonly Record<string, unknown>[],
  projection: { ProjectionExpression?: string; ExpressionAttributeNames?: Record<string, string> } = {},
): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (let from = 0; from < keys.length; from += KEYS) {
    const asked: NonNullable<BatchGetCommandInput['RequestItems']> = {
      [table]: { Keys: keys.slice(from, from + KEYS), ConsistentRead: true, ...projection },
    };
    await untilProcessed(`read ${table}`, asked, async (RequestItems) => {
      const answer = await db.send(new BatchGetCommand({ RequestItems }));
      rows.push(...(answer.Responses?.[table] ?? []));
      return answer.UnprocessedKeys;
    });
  }
  return rows;
}

/** Sends a batch call until nothing is left unprocessed. */
async function untilProcessed<T extends object>(
  what: string,
  all: T,
  send: (left: T) => Promise<T | undefined>,
): Promise<void> {
  let left = all;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const rest = left;
    const unprocessed = await stored(what, () => send(rest));
    if (!unprocessed || Object.keys(unprocessed).length === 0) return;
    left = unprocessed;
    await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempt));
  }
  throw new StoreUnavailable(`DynamoDB could not ${what}: it left items unprocessed ${ATTEMPTS} times`);
}

/** Others at the same rows are waited for, a little longer each time. */
const TRIES = 8;
const PAUSE_MS = 20;
const MAX_PAUSE_MS = 1_000;
/** Why a transaction is cancelled that would be cancelled again; for any other reason, the rows are only busy. */
const PERMANENT = new Set(['AccessDenied', 'DuplicateItem', 'ItemCollectionSizeLimitExceeded', 'ValidationError']);

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/**
 * Writes all of some rows, or none of them.
 * @returns the indexes of the items whose conditions do not hold; empty when everything was written
 * @throws StoreUnavailable when the rows stay busy
 */
export async function transact(
  db: DynamoDBDocumentClient,
  what: string,
  TransactItems: readonly TransactItem[],
): Promise<number[]> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      await stored(what, () => db.send(new TransactWriteCommand({ TransactItems: [...TransactItems] })));
      return [];
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
      const failed = codes.flatMap((code, at) => (code === 'ConditionalCheckFailed' ? [at] : []));
      if (failed.length > 0) return failed;
      if (codes.some((code) => PERMANENT.has(code))) throw error;
      // requests that collided must not collide again
      const pause = Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** attempt) * (0.5 + Math.random());
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  throw new StoreUnavailable(`DynamoDB could not ${what}: the rows were changed by others ${TRIES} times`);
}
