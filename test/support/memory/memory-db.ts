import {
  ConditionalCheckFailedException,
  type CreateTableCommandInput,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './expressions.ts';
import { MemoryTable, pick, projected, type QueryInput, type WriteInput, type Written } from './memory-table.ts';

/** A command of the document client. */
export interface Command {
  constructor: { name: string };
  input: object;
}

/** One write that was made. */
export interface Write extends Written {
  table: string;
}

type Keyed = WriteInput & { TableName: string; Key: Item; Item: Item };
type Answer = Record<string, unknown>;

/**
 * DynamoDB in memory, behind the document client's commands: every condition is checked, every call is one moment.
 * `memory-table.test.ts` holds it against a real DynamoDB.
 */
export class MemoryDb {
  readonly #tables: Map<string, MemoryTable>;
  readonly #onWrite: (write: Write) => void;
  readonly #statesLate: () => number;

  /** @param statesLate how many writes an index has not seen yet, asked at each read of one */
  constructor(
    tables: readonly CreateTableCommandInput[],
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
    GetCommand: ({ TableName, Key }: Keyed) => {
      const found = this.#table(TableName).get(Key);
      return found ? { Item: found } : {};
    },
    PutCommand: (input: Keyed) => this.#written(input, { Put: input }),
    UpdateCommand: (input: Keyed) => this.#written(input, { Update: input }),
    DeleteCommand: (input: Keyed) => this.#written(input, { Delete: input }),
    QueryCommand: (input: QueryInput & { TableName: string }) => {
      const Items = this.#table(input.TableName).query(input, input.IndexName ? this.#statesLate() : 0);
      return { Items, Count: Items.length };
    },
    ScanCommand: ({ TableName }: { TableName: string }) => ({ Items: this.#table(TableName).all() }),
    BatchGetCommand: ({ RequestItems }: { RequestItems: Record<string, QueryInput & { Keys: Item[] }> }) => ({
      Responses: Object.fromEntries(
        Object.entries(RequestItems).map(([table, asked]) => {
          const names = projected(asked);
          const rows = asked.Keys.map((key) => this.#table(table).get(key)).filter((row) => row !== undefined);
          return [table, rows.map((row) => pick(row, names))];
        }),
      ),
      UnprocessedKeys: {},
    }),
    BatchWriteCommand: ({ RequestItems }: { RequestItems: Record<string, BatchedWrite[]> }) => {
      for (const [TableName, writes] of Object.entries(RequestItems))
        for (const { PutRequest, DeleteRequest } of writes)
          if (PutRequest) this.#write({ Put: { TableName, Item: PutRequest.Item } as unknown as Keyed });
          else this.#write({ Delete: { TableName, Key: DeleteRequest?.Key } as unknown as Keyed });
      return { UnprocessedItems: {} };
    },
    TransactWriteCommand: ({ TransactItems }: { TransactItems: Action[] }) => {
      const reasons = TransactItems.map((action) => ({
        Code: this.#holds(action) ? 'None' : 'ConditionalCheckFailed',
      }));
      if (reasons.some(({ Code }) => Code !== 'None'))
        throw new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons: reasons });
      for (const action of TransactItems) this.#write(action);
      return {};
    },
  };

  #written(input: Keyed & { ReturnValues?: string }, action: Action): Answer {
    if (!this.#holds(action)) throw new ConditionalCheckFailedException({ message: 'failed', $metadata: {} });
    const { after } = this.#write(action);
    return input.ReturnValues === 'ALL_NEW' ? { Attributes: after } : {};
  }

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

type BatchedWrite = { PutRequest?: { Item: Item }; DeleteRequest?: { Key: Item } };
type Action = { Put?: Keyed; Update?: Keyed; Delete?: Keyed; ConditionCheck?: Keyed };
