/**
 * DynamoDB's condition and update expressions, as far as this project's clients and an old poller use them. Whatever is
 * not known here throws: a table that let it pass would prove nothing.
 */
export type Item = Record<string, unknown>;

export interface Placeholders {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
}

type Operand = (item: Item) => unknown;
type Test = (item: Item) => boolean;

const TOKEN = /\s*(<=|>=|<>|[=<>(),+-]|[#:]?[A-Za-z_][\w]*|$)/y;
const KEYWORDS = new Set(['AND', 'OR', 'NOT', 'SET', 'REMOVE', 'ADD', 'DELETE', 'BETWEEN', 'IN']);

/** Reads one expression, a token at a time; remembers which placeholders were used. */
export class Reader {
  readonly #tokens: string[] = [];
  readonly #names: Record<string, string>;
  readonly #values: Record<string, unknown>;
  readonly used: Set<string>;

  constructor(text: string, placeholders: Placeholders, used: Set<string>) {
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const at = TOKEN.lastIndex;
      const token = TOKEN.exec(text)?.[1];
      if (token === undefined) throw new Error(`expression not understood from "${text.slice(at)}"`);
      if (token === '') break;
      this.#tokens.push(token);
    }
    this.#names = placeholders.ExpressionAttributeNames ?? {};
    this.#values = placeholders.ExpressionAttributeValues ?? {};
    this.used = used;
  }

  peek = (): string | undefined => this.#tokens[0];
  take = (): string | undefined => this.#tokens.shift();
  /** Takes the next token if it is this one. */
  eat = (token: string): boolean => this.#tokens[0] === token && this.#tokens.shift() !== undefined;
  expect(token: string): void {
    if (!this.eat(token)) throw new Error(`expression lacks "${token}" before "${this.#tokens.join(' ')}"`);
  }

  /** The name of a top-level attribute. */
  name(): string {
    const token = this.take() ?? '';
    if (!token.startsWith('#')) {
      if (!/^[A-Za-z_]\w*$/.test(token) || KEYWORDS.has(token) || token === 'status')
        throw new Error(`"${token}" is no name that may stand by itself`);
      return token;
    }
    this.used.add(token);
    const name = this.#names[token];
    if (name === undefined) throw new Error(`${token} is not among the names`);
    return name;
  }

  value(): unknown {
    const token = this.take() ?? '';
    this.used.add(token);
    if (this.#values[token] === undefined) throw new Error(`${token} is not among the values`);
    return this.#values[token];
  }
}

/** Whether an item meets a condition. */
export function condition(reader: Reader): Test {
  const test = either(reader);
  if (reader.peek() !== undefined) throw new Error(`condition continues with "${reader.peek()}"`);
  return test;
}

function either(reader: Reader): Test {
  const tests = [both(reader)];
  while (reader.eat('OR')) tests.push(both(reader));
  return (item) => tests.some((test) => test(item));
}

function both(reader: Reader): Test {
  const tests = [single(reader)];
  while (reader.eat('AND')) tests.push(single(reader));
  return (item) => tests.every((test) => test(item));
}

function single(reader: Reader): Test {
  if (reader.eat('NOT')) {
    const test = single(reader);
    return (item) => !test(item);
  }
  if (reader.eat('(')) {
    const test = either(reader);
    reader.expect(')');
    return test;
  }
  const word = reader.peek() ?? '';
  if (['attribute_exists', 'attribute_not_exists', 'begins_with'].includes(word)) return asked(reader);
  const left = operand(reader);
  return compared(reader, left);
}

function asked(reader: Reader): Test {
  const word = reader.take();
  reader.expect('(');
  const name = reader.name();
  let prefix: unknown;
  if (word === 'begins_with') {
    reader.expect(',');
    prefix = reader.value();
  }
  reader.expect(')');
  if (word === 'attribute_exists') return (item) => item[name] !== undefined;
  if (word === 'attribute_not_exists') return (item) => item[name] === undefined;
  return ({ [name]: value }) => typeof value === 'string' && value.startsWith(String(prefix));
}

const ORDERS: Record<string, (order: number) => boolean> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

function compared(reader: Reader, left: Operand): Test {
  const sign = reader.take() ?? '';
  if (sign === 'BETWEEN') {
    const low = operand(reader);
    reader.expect('AND');
    const high = operand(reader);
    return (item) => (orderOf(left(item), low(item)) ?? -1) >= 0 && (orderOf(left(item), high(item)) ?? 1) <= 0;
  }
  if (sign === 'IN') return among(reader, left);
  const right = operand(reader);
  if (sign === '=') return (item) => orderOf(left(item), right(item)) === 0;
  if (sign === '<>') return (item) => orderOf(left(item), right(item)) !== 0;
  const holds = ORDERS[sign];
  if (!holds) throw new Error(`"${sign}" is no comparison known here`);
  return (item) => {
    const order = orderOf(left(item), right(item));
    return order !== undefined && holds(order);
  };
}

function among(reader: Reader, left: Operand): Test {
  reader.expect('(');
  const values = [operand(reader)];
  while (reader.eat(',')) values.push(operand(reader));
  reader.expect(')');
  return (item) => values.some((value) => orderOf(left(item), value(item)) === 0);
}

/** How two values of one type stand to each other; undefined for values of two types, or where one is missing. */
export function orderOf(a: unknown, b: unknown): number | undefined {
  if (a === undefined || b === undefined || typeof a !== typeof b) return undefined;
  if (typeof a === 'number') return a - (b as number);
  if (typeof a === 'boolean' || a === null) return a === b ? 0 : undefined;
  if (typeof a === 'string') return textOrder(a, b as string);
  return JSON.stringify(a) === JSON.stringify(b) ? 0 : undefined;
}

/** Strings are ordered by their UTF-8 bytes, which differs from JavaScript's order only where there are surrogates. */
function textOrder(a: string, b: string): number {
  if (a === b) return 0;
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

const SURROGATE = /[\ud800-\udfff]/;

function operand(reader: Reader): Operand {
  const word = reader.peek() ?? '';
  if (word.startsWith(':')) {
    const value = reader.value();
    return () => value;
  }
  if (word !== 'if_not_exists') {
    const name = reader.name();
    return (item) => item[name];
  }
  reader.take();
  reader.expect('(');
  const name = reader.name();
  reader.expect(',');
  const otherwise = operand(reader);
  reader.expect(')');
  return (item) => (item[name] === undefined ? otherwise(item) : item[name]);
}

/** What an update makes of an item; every value is taken from the item as it was. */
export function update(reader: Reader): (item: Item) => Item {
  const changes: ((before: Item, after: Item) => void)[] = [];
  while (reader.peek() !== undefined) {
    const clause = reader.take();
    if (clause !== 'SET' && clause !== 'REMOVE' && clause !== 'ADD')
      throw new Error(`"${clause}" is no clause known here`);
    do changes.push(CLAUSES[clause](reader));
    while (reader.eat(','));
  }
  return (before) => {
    const after = { ...before };
    for (const change of changes) change(before, after);
    return after;
  };
}

type Change = (before: Item, after: Item) => void;

const CLAUSES: Record<'SET' | 'REMOVE' | 'ADD', (reader: Reader) => Change> = {
  SET(reader) {
    const name = reader.name();
    reader.expect('=');
    const first = operand(reader);
    const sign = reader.eat('+') ? 1 : reader.eat('-') ? -1 : 0;
    const second = sign === 0 ? undefined : operand(reader);
    return (before, after) => {
      const value = first(before);
      if (value === undefined) throw new Error(`${name} is set to an attribute that is not there`);
      after[name] = second ? sum(value, second(before), sign) : value;
    };
  },
  REMOVE(reader) {
    const name = reader.name();
    return (_before, after) => void delete after[name];
  },
  ADD(reader) {
    const name = reader.name();
    const value = reader.value();
    return (before, after) => {
      after[name] = sum(before[name] ?? 0, value);
    };
  },
};

/** DynamoDB adds up decimals, exactly: 0.1 and 0.2 make 0.3. */
function sum(a: unknown, b: unknown, sign = 1): number {
  if (typeof a !== 'number' || typeof b !== 'number') throw new Error('only numbers are added up');
  return Number(`${scaled(a) + BigInt(sign) * scaled(b)}e-${PLACES}`);
}

/** More decimal places than any number here has. */
const PLACES = 30;

function scaled(value: number): bigint {
  const [digits = '', exponent = '0'] = String(value).split('e');
  const [whole = '', fraction = ''] = digits.split('.');
  return BigInt(whole + fraction) * 10n ** BigInt(PLACES + Number(exponent) - fraction.length);
}
