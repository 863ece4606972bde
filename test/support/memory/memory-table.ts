import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { condition, type Item, orderOf, type Placeholders, Reader, update } from './expressions.ts';

export interface QueryInput extends Placeholders {
  IndexName?: string | undefined;
  KeyConditionExpression?: string | undefined;
  FilterExpression?: string | undefined;
  ProjectionExpression?: string | undefined;
  ScanIndexForward?: boolean | undefined;
  Limit?: number | undefined;
}

export interface WriteInput extends Placeholders {
  ConditionExpression?: string | undefined;
  UpdateExpression?: string | undefined;
}

/** What a write makes of a row; both are undefined where there is none. */
export interface Written {
  before: Item | undefined;
  after: Item | undefined;
}

/** How many states of the table an index may lag behind. */
const STATES_KEPT = 6;

/** One table in memory, with its indexes. Items are plain values and are copied on their way in and out. */
export class MemoryTable {
  readonly #keepsPast: boolean;
  readonly #keys: string[];
  readonly #indexes: Map<string, string[]>;
  #rows = new Map<string, Item>();
  /** earlier states, newest first */
  #past: Map<string, Item>[] = [];

  /** @param keepsPast whether its indexes may lag behind */
  constructor({ KeySchema, GlobalSecondaryIndexes = [] }: CreateTableCommandInput, keepsPast: boolean) {
    this.#keepsPast = keepsPast;
    this.#keys = namesOf(KeySchema);
    this.#indexes = new Map(GlobalSecondaryIndexes.map((index) => [index.IndexName ?? '', namesOf(index.KeySchema)]));
  }

  get(key: Item): Item | undefined {
    return copy(this.#rows.get(this.#idOf(key)));
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
    return test ? test(this.#rows.get(this.#idOf(key)) ?? {}) : true;
  }

  put(item: Item): Written {
    return this.#write(this.#idOf(item), cleaned(item));
  }

  remove(key: Item): Written {
    return this.#write(this.#idOf(key), undefined);
  }

  update(key: Item, input: WriteInput): Written {
    const change = update(new Reader(input.UpdateExpression ?? '', input, new Set()));
    const id = this.#idOf(key);
    return this.#write(id, cleaned(change(this.#rows.get(id) ?? { ...key })));
  }

  /** @param statesLate how many writes an index has not seen yet; the table itself is always read as it is */
  query(input: QueryInput, statesLate = 0): Item[] {
    const keys = input.IndexName === undefined ? this.#keys : this.#indexes.get(input.IndexName);
    if (!keys) throw new Error(`there is no index ${input.IndexName}`);
    const used = new Set<string>();
    const test = (text: string | undefined) => text && condition(new Reader(text, input, used));
    const tests = [test(input.KeyConditionExpression), test(input.FilterExpression)];
    const names = projected(input, used);
    allUsed(input, used);
    const rows = input.IndexName === undefined || statesLate === 0 ? this.#rows : this.#past[statesLate - 1];
    const range = keys[1] ?? '';
    const found = [...(rows ?? this.#rows).values()]
      .filter((row) => keys.every((key) => row[key] !== undefined) && tests.every((one) => !one || one(row)))
      .sort((a, b) => orderOf(a[range], b[range]) ?? 0);
    if (input.ScanIndexForward === false) found.reverse();
    return found.slice(0, input.Limit).map((row) => pick(copy(row) as Item, names));
  }

  #write(id: string, item: Item | undefined): Written {
    const before = this.#rows.get(id);
    if (this.#keepsPast) this.#past = [new Map(this.#rows), ...this.#past].slice(0, STATES_KEPT);
    if (item) this.#rows.set(id, item);
    else this.#rows.delete(id);
    return { before: copy(before), after: copy(item) };
  }

  #idOf(key: Item): string {
    return JSON.stringify(
      this.#keys.map((name) => {
        const value = key[name];
        if (value === undefined || value === '') throw new Error(`the key attribute ${name} is missing or empty`);
        return value;
      }),
    );
  }
}

/** The attributes that a read asks for; undefined: all. */
export function projected(input: QueryInput, used = new Set<string>()): string[] | undefined {
  if (!input.ProjectionExpression) return undefined;
  const reader = new Reader(input.ProjectionExpression, input, used);
  const names = [reader.name()];
  while (reader.eat(',')) names.push(reader.name());
  return names;
}

export const pick = (row: Item, names: readonly string[] | undefined): Item =>
  names ? Object.fromEntries(names.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]]))) : row;

const namesOf = (schema: CreateTableCommandInput['KeySchema'] = []) =>
  schema.map(({ AttributeName = '' }) => AttributeName);

/** What stands in a row is never changed in place, only replaced. */
const copy = (item: Item | undefined): Item | undefined => item && { ...item };

/** A copy as the document client marshals it: attributes that are undefined are left out, at every depth. */
const cleaned = (item: Item): Item => withoutUndefined(item) as Item;

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
