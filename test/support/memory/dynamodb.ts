import {
  ConditionalCheckFailedException,
  type CreateTableCommandInput,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { topicTableInputs } from '../../../local/embedded/polis.ts';
import { NARRATIVES } from '../../../local/machine/narratives.ts';
import { condition, type Item, orderOf, type Placeholders, Reader, update } from './expressions.ts';

/** What the template says of tables, state machine and stream. */
export const narratives = NARRATIVES;
/** The template's tables and those of the Delphi topic pipeline. */
export const TABLES: readonly CreateTableCommandInput[] = [...narratives.tables, ...topicTableInputs];

/** A command of the document client. */
export interface Command {
  constructor: { name: string };
  input: object;
}

/** What a write makes of a row; both are undefined where there is none. */
export interface Written {
  before: Item | undefined;
  after: Item | undefined;
}

/** One write that was made. */
export interface Write extends Written {
  table: string;
}

/** Lets a call take place, each at a moment of its own. @param what for a trace */
export type Call = <T>(what: string, act: () => T) => Promise<T>;

/** Every call takes place as it is made. */
export const atOnce: Call = async (_what, act) => act();

/** A document client of the tables in memory. */
export function clientOf(db: MemoryDb, call: Call = atOnce): DynamoDBDocumentClient {
  const send = (command: Command) => call(command.constructor.name, () => db.apply(command));
  return { send } as unknown as DynamoDBDocumentClient;
}

/** The record that a table's stream has of a write; the rest of a record is for the caller to add. */
export const streamRecord = ({ before, after }: Written) => ({
  eventName: !before ? ('INSERT' as const) : after ? ('MODIFY' as const) : ('REMOVE' as const),
  dynamodb: after ? { NewImage: marshall(after, { removeUndefinedValues: true }) } : {},
});

/**
 * DynamoDB in memory, behind the document client's commands: every condition is checked, every call is one moment, and
 * what DynamoDB would refuse is refused. `memory-dynamodb.test.ts` holds it against a real DynamoDB.
 */
export class MemoryDb {
  readonly #tables: Map<string, MemoryTable>;
  readonly #onWrite: (write: Write) => void;
  readonly #statesLate: () => number;
  readonly #transactions = new Set<string>();

  /** @param statesLate how many writes an index has not seen yet, asked at each read of one */
  constructor(
    tables: readonly CreateTableCommandInput[] = TABLES,
    { onWrite = () => undefined, statesLate }: { onWrite?: (write: Write) => void; statesLate?: () => number } = {},
  ) {
    this.#tables = new Map(
      tables.map((table) => [table.TableName ?? '', new MemoryTable(table, statesLate !== undefined)]),
    );
    this.#onWrite = onWrite;
    this.#statesLate = statesLate ?? (() => 0);
  }

  rows(table: string): Item[] {
    return this.#table(table).all();
  }

  /** @throws ConditionalCheckFailedException, TransactionCanceledException, or Error for what is not known here */
  apply(command: Command): Answer {
    const { name } = command.constructor;
    const answer = this.#commands[name];
    if (!answer) throw new Error(`${name} is not known to the tables in memory`);
    // biome-ignore lint/suspicious/noExplicitAny: each command has an input of its own
    return answer(command.input as any);
  }

  // biome-ignore lint/suspicious/noExplicitAny: each command has an input of its own
  readonly #commands: Record<string, (input: any) => Answer> = {
    GetCommand: (input: Keyed) => {
      const found = this.#table(input.TableName).get(input.Key);
      const names = projected(input);
      return found ? { Item: pick(found, names) } : {};
    },
    PutCommand: (input: Keyed) => this.#written(input, { Put: input }),
    UpdateCommand: (input: Keyed) => this.#written(input, { Update: input }),
    DeleteCommand: (input: Keyed) => this.#written(input, { Delete: input }),
    QueryCommand: (input: QueryInput & { TableName: string }) =>
      this.#table(input.TableName).query(input, input.IndexName ? this.#statesLate() : 0),
    ScanCommand: ({ TableName }: { TableName: string }) => ({ Items: this.#table(TableName).all() }),
    BatchGetCommand: ({ RequestItems }: { RequestItems: Record<string, QueryInput & { Keys: Item[] }> }) => ({
      Responses: Object.fromEntries(
        Object.entries(RequestItems).map(([name, asked]) => {
          const table = this.#table(name);
          atMost(MAX_BATCH_READS, asked.Keys.map(table.idOf));
          const names = projected(asked);
          const rows = asked.Keys.map((key) => table.get(key)).filter((row) => row !== undefined);
          return [name, rows.map((row) => pick(row, names))];
        }),
      ),
      UnprocessedKeys: {},
    }),
    BatchWriteCommand: ({ RequestItems }: { RequestItems: Record<string, BatchedWrite[]> }) => {
      for (const [TableName, writes] of Object.entries(RequestItems)) {
        const { idOf } = this.#table(TableName);
        atMost(
          MAX_BATCH_WRITES,
          writes.map(({ PutRequest, DeleteRequest }) => idOf(PutRequest?.Item ?? DeleteRequest?.Key ?? {})),
        );
        for (const { PutRequest, DeleteRequest } of writes)
          if (PutRequest) this.#write({ Put: { TableName, Item: PutRequest.Item } as unknown as Keyed });
          else this.#write({ Delete: { TableName, Key: DeleteRequest?.Key } as unknown as Keyed });
      }
      return { UnprocessedItems: {} };
    },
    TransactWriteCommand: ({ TransactItems, ClientRequestToken: token }: Transaction) => {
      if (token !== undefined && this.#transactions.has(token)) return {};
      atMost(MAX_TRANSACTION, TransactItems.map(this.#rowOf));
      const reasons = TransactItems.map((action) => ({
        Code: this.#holds(action) ? 'None' : 'ConditionalCheckFailed',
      }));
      if (reasons.some(({ Code }) => Code !== 'None'))
        throw new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons: reasons });
      for (const action of TransactItems) this.#write(action);
      if (token !== undefined) this.#transactions.add(token);
      return {};
    },
  };

  #written(input: Keyed & { ReturnValues?: string }, action: Action): Answer {
    if (!this.#holds(action)) throw new ConditionalCheckFailedException({ message: 'failed', $metadata: {} });
    const { after } = this.#write(action);
    return input.ReturnValues === 'ALL_NEW' ? { Attributes: after } : {};
  }

  readonly #rowOf = ({ Put, Update, Delete, ConditionCheck }: Action): string => {
    const input = Put ?? Update ?? Delete ?? ConditionCheck;
    if (!input) throw new Error('an action of a transaction that is not known here');
    return `${input.TableName} ${this.#table(input.TableName).idOf(Put ? Put.Item : input.Key)}`;
  };

  #holds({ Put, Update, Delete, ConditionCheck }: Action): boolean {
    const input = Put ?? Update ?? Delete ?? ConditionCheck;
    if (!input) throw new Error('an action of a transaction that is not known here');
    return this.#table(input.TableName).meets(Put ? Put.Item : input.Key, input);
  }

  #write({ Put, Update, Delete }: Action): Written {
    const input = Put ?? Update ?? Delete;
    if (!input) return { before: undefined, after: undefined };
    const table = this.#table(input.TableName);
    const written = Put ? table.put(Put.Item) : Update ? table.update(Update.Key, Update) : table.remove(input.Key);
    this.#onWrite({ table: input.TableName, ...written });
    return written;
  }

  #table(name: string): MemoryTable {
    const table = this.#tables.get(name);
    if (!table) throw new Error(`there is no table ${name}`);
    return table;
  }
}

type Answer = Record<string, unknown>;
type Keyed = WriteInput & { TableName: string; Key: Item; Item: Item };
type BatchedWrite = { PutRequest?: { Item: Item }; DeleteRequest?: { Key: Item } };
type Action = { Put?: Keyed; Update?: Keyed; Delete?: Keyed; ConditionCheck?: Keyed };
type Transaction = { TransactItems: Action[]; ClientRequestToken?: string };

interface QueryInput extends Placeholders {
  IndexName?: string | undefined;
  KeyConditionExpression?: string | undefined;
  FilterExpression?: string | undefined;
  ProjectionExpression?: string | undefined;
  ScanIndexForward?: boolean | undefined;
  Limit?: number | undefined;
  ExclusiveStartKey?: Item | undefined;
}

interface WriteInput extends Placeholders {
  ConditionExpression?: string | undefined;
  UpdateExpression?: string | undefined;
}

const MAX_BATCH_READS = 100;
const MAX_BATCH_WRITES = 25;
const MAX_TRANSACTION = 100;
/** Bytes of a row. */
const MAX_ITEM = 400 * 1024;
/** How many states of the table an index may lag behind. */
const STATES_KEPT = 6;

/** One table with its indexes. Items are plain values and are copied on their way in and out. */
class MemoryTable {
  readonly #keepsPast: boolean;
  readonly #keys: string[];
  readonly #indexes: Map<string, string[]>;
  readonly #rows = new Map<string, Item>();
  /** the same rows by partition key */
  readonly #partitions = new Map<unknown, Map<string, Item>>();
  /** earlier states, newest first */
  #past: Map<string, Item>[] = [];

  /** @param keepsPast whether its indexes may lag behind */
  constructor({ KeySchema, GlobalSecondaryIndexes = [] }: CreateTableCommandInput, keepsPast: boolean) {
    this.#keepsPast = keepsPast;
    this.#keys = namesOf(KeySchema);
    this.#indexes = new Map(GlobalSecondaryIndexes.map((index) => [index.IndexName ?? '', namesOf(index.KeySchema)]));
  }

  get(key: Item): Item | undefined {
    return copy(this.#rows.get(this.idOf(key)));
  }

  all(): Item[] {
    return [...this.#rows.values()].map((row) => copy(row) as Item);
  }

  /** Whether the row of a key meets a condition; the placeholders of the whole call are checked. */
  meets(key: Item, input: WriteInput): boolean {
    const used = new Set<string>();
    const test = input.ConditionExpression && condition(new Reader(input.ConditionExpression, input, used));
    if (input.UpdateExpression) update(new Reader(input.UpdateExpression, input, used));
    allUsed(input, used);
    return test ? test(this.#rows.get(this.idOf(key)) ?? {}) : true;
  }

  put(item: Item): Written {
    return this.#write(item, cleaned(item));
  }

  remove(key: Item): Written {
    return this.#write(key, undefined);
  }

  update(key: Item, input: WriteInput): Written {
    const change = update(new Reader(input.UpdateExpression ?? '', input, new Set()));
    return this.#write(key, cleaned(change(this.#rows.get(this.idOf(key)) ?? { ...key })));
  }

  /** @param statesLate how many writes an index has not seen yet; the table itself is always read as it is */
  query(input: QueryInput, statesLate = 0): Answer {
    const keys = input.IndexName === undefined ? this.#keys : this.#indexes.get(input.IndexName);
    if (!keys) throw new Error(`there is no index ${input.IndexName}`);
    const used = new Set<string>();
    const { partition, range } = keyCondition(
      new Reader(input.KeyConditionExpression ?? '', input, used),
      keys[0] ?? '',
    );
    const filter = input.FilterExpression ? condition(new Reader(input.FilterExpression, input, used)) : () => true;
    const names = projected(input, used);
    allUsed(input, used);
    const rows =
      input.IndexName === undefined
        ? (this.#partitions.get(partition) ?? new Map<string, Item>())
        : (statesLate > 0 && this.#past[statesLate - 1]) || this.#rows;
    const rangeKey = keys[1] ?? '';
    const found = [...rows.values()]
      .filter((row) => row[keys[0] ?? ''] === partition && keys.every((key) => row[key] !== undefined) && range(row))
      .sort((a, b) => orderOf(a[rangeKey], b[rangeKey]) ?? 0);
    if (input.ScanIndexForward === false) found.reverse();
    const start = input.ExclusiveStartKey && this.idOf(input.ExclusiveStartKey);
    const from = start === undefined ? 0 : found.findIndex((row) => this.idOf(row) === start) + 1;
    const page = found.slice(from, input.Limit === undefined ? undefined : from + input.Limit);
    const last = from + page.length < found.length || page.length === input.Limit ? page.at(-1) : undefined;
    const Items = page.filter(filter).map((row) => pick(copy(row) as Item, names));
    const lastKey = last && { LastEvaluatedKey: pick(last, [...new Set([...this.#keys, ...keys])]) };
    return { Items, Count: Items.length, ...lastKey };
  }

  /** A row's key as text. */
  readonly idOf = (key: Item): string =>
    JSON.stringify(
      this.#keys.map((name) => {
        const value = key[name];
        if (value === undefined || value === '') throw new Error(`the key attribute ${name} is missing or empty`);
        return value;
      }),
    );

  #write(key: Item, item: Item | undefined): Written {
    const id = this.idOf(key);
    const before = this.#rows.get(id);
    if (this.#keepsPast) this.#past = [new Map(this.#rows), ...this.#past].slice(0, STATES_KEPT);
    const partition = key[this.#keys[0] ?? ''];
    const rows = this.#partitions.get(partition) ?? new Map<string, Item>();
    this.#partitions.set(partition, rows);
    for (const map of [this.#rows, rows])
      if (item) map.set(id, item);
      else map.delete(id);
    return { before: copy(before), after: copy(item) };
  }
}

/** A key condition begins with the partition key; what follows is about the sort key. */
function keyCondition(reader: Reader, key: string): { partition: unknown; range: (row: Item) => boolean } {
  if (reader.name() !== key) throw new Error(`a key condition has to begin with ${key}`);
  reader.expect('=');
  const partition = reader.value();
  if (reader.eat('AND')) return { partition, range: condition(reader) };
  if (reader.peek() !== undefined) throw new Error(`the key condition continues with "${reader.peek()}"`);
  return { partition, range: () => true };
}

/** The attributes that a read asks for; undefined: all. */
function projected(input: QueryInput, used = new Set<string>()): string[] | undefined {
  if (!input.ProjectionExpression) return undefined;
  const reader = new Reader(input.ProjectionExpression, input, used);
  const names = [reader.name()];
  while (reader.eat(',')) names.push(reader.name());
  return names;
}

const pick = (row: Item, names: readonly string[] | undefined): Item =>
  names ? Object.fromEntries(names.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]]))) : row;

const namesOf = (schema: CreateTableCommandInput['KeySchema'] = []) =>
  schema.map(({ AttributeName = '' }) => AttributeName);

/** What stands in a row is never changed in place, only replaced. */
const copy = (item: Item | undefined): Item | undefined => item && { ...item };

/** A copy as the document client marshals it: attributes that are undefined are left out, at every depth. */
function cleaned(item: Item): Item {
  checkItem(item);
  return withoutUndefined(item) as Item;
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((one) => one !== undefined).map(withoutUndefined);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const kept = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutUndefined(one)]));
}

/** DynamoDB refuses a call that gives names or values which no expression uses. */
function allUsed(input: Placeholders, used: ReadonlySet<string>): void {
  const given = [
    ...Object.keys(input.ExpressionAttributeNames ?? {}),
    ...Object.keys(input.ExpressionAttributeValues ?? {}),
  ];
  const unused = given.filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`no expression uses ${unused.join(', ')}`);
}

/** DynamoDB refuses a call about too many rows, and one that names a row twice. */
function atMost(most: number, rows: readonly string[]): void {
  if (rows.length === 0 || rows.length > most) throw new Error(`a call is about 1 to ${most} rows, not ${rows.length}`);
  if (new Set(rows).size < rows.length) throw new Error('a call names a row twice');
}

/** @throws Error where DynamoDB would refuse a row: one that is too large, or text that is not UTF-8 */
export function checkItem(row: object): void {
  const size = sizeOf(marshall(row, { removeUndefinedValues: true }));
  if (size > MAX_ITEM) throw new Error(`an item of ${size} bytes is too large`);
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new Error('half of a surrogate pair in an item');
    return Buffer.byteLength(value);
  }
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.entries(value).reduce((sum, [key, inner]) => sum + Buffer.byteLength(key) + sizeOf(inner), 3);
}
