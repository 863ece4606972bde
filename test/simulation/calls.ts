import { randomUUID } from 'node:crypto';
import { InternalServerError } from '@aws-sdk/client-dynamodb';
import {
  type DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type pg from 'pg';
import type { LocalStateMachine } from '../../local/machine/local-machine.ts';
import type { Pool } from '../support/memory/postgres.ts';
import type { Failing, Kind, Side } from './faults.ts';
import { currentInvocation, type Gate, type Invocation, never } from './gate.ts';
import type { Provider } from './world.ts';

/**
 * `fetch` for the Anthropic SDK, every call of which passes the gate.
 * @param cancels hears of a cancel before its effect
 * @param provider with aws, errors are those of its gateway
 * @param check the last thing before a call is sent; throws when it must not be
 */
export function gatedFetch(
  gate: () => Gate,
  cancels: (batchId: string) => Promise<void>,
  provider: Provider = 'anthropic',
  check: () => void = () => undefined,
): typeof fetch {
  const refusal = provider === 'aws' ? gatewayError : apiError;
  return async (input, init) => {
    const url = new URL(String(input));
    const what = operationOf(init?.method ?? 'GET', url.pathname);
    const effect = async () => {
      check();
      if (what === 'cancel') await cancels(url.pathname.split('/').at(-2) ?? '');
      return fetch(input, init);
    };
    const tries = what === 'list' || what === 'models' ? triesOf(init?.headers) : undefined;
    return gate().pass<Response>({
      service: 'anthropic',
      what,
      ...(tries === undefined ? {} : { tries }),
      effect,
      fail: (kind) => {
        if (kind === 'timeout') throw new DOMException('the request timed out', 'TimeoutError');
        return refusal(kind === 'error' ? 500 : 429);
      },
      ...(what === 'results'
        ? { half: async (kind: Kind, kill: () => void) => brokenOff(await effect(), kind, kill) }
        : {}),
    });
  };
}

function operationOf(method: string, path: string): string {
  if (path.startsWith('/v1/models')) return 'models';
  if (path.endsWith('/cancel')) return 'cancel';
  if (path.endsWith('/results')) return 'results';
  if (method.toUpperCase() === 'POST') return 'create';
  return path.endsWith('/batches') ? 'list' : 'retrieve';
}

const lookUps = new WeakMap<Invocation, number>();
/** The SDK numbers its retries: the first try of a look-up gets a name of its own, and its retries have the same. */
function triesOf(headers: RequestInit['headers']): string | undefined {
  const invocation = currentInvocation();
  if (!invocation) return undefined;
  const first = (new Headers(headers).get('x-stainless-retry-count') ?? '0') === '0';
  const nth = (lookUps.get(invocation) ?? 0) + (first ? 1 : 0);
  lookUps.set(invocation, nth);
  return `${invocation.label} look-up ${nth}`;
}

const AT_ONCE = { 'content-type': 'application/json', 'retry-after-ms': '1' };

function apiError(status: 500 | 429): Response {
  const type = status === 500 ? 'api_error' : 'rate_limit_error';
  const body = { type: 'error', error: { type, message: 'simulated' }, request_id: 'req_simulated' };
  return Response.json(body, { status, headers: AT_ONCE });
}

/** AWS' gateway has a format of its own, and throttles with 400 as well as with 429. */
function gatewayError(status: 500 | 429): Response {
  const name = status === 500 ? 'InternalFailure' : 'ThrottlingException';
  const headers = { ...AT_ONCE, 'x-amzn-errortype': name };
  return Response.json({ message: 'simulated' }, { status: status === 500 ? 500 : 400, headers });
}

/** An answer whose first half arrives. */
async function brokenOff(answer: Response, kind: Kind, kill: () => void): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const half = bytes.slice(0, Math.floor(bytes.length / 2));
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!sent && half.length > 0) {
        sent = true;
        return controller.enqueue(half);
      }
      if (kind !== 'killed') return controller.error(new TypeError('terminated'));
      kill();
      return never();
    },
  });
  return new Response(body, { status: answer.status, headers: { 'content-type': 'application/x-jsonl' } });
}

/** As many tries as the deployed functions' client makes, without its pauses. */
const TRIES = 5;

/** DynamoDB's own names of what the document client's commands do. */
export const OPERATIONS: Record<string, string> = {
  GetCommand: 'GetItem',
  PutCommand: 'PutItem',
  UpdateCommand: 'UpdateItem',
  DeleteCommand: 'DeleteItem',
  QueryCommand: 'Query',
  ScanCommand: 'Scan',
  BatchGetCommand: 'BatchGetItem',
  BatchWriteCommand: 'BatchWriteItem',
  TransactWriteCommand: 'TransactWriteItems',
};

/** What a call says, as far as it is looked at here. */
export interface Call {
  TableName?: string;
  Key?: Record<string, unknown>;
  Item?: Record<string, unknown>;
  RequestItems?: Items;
  TransactItems?: Record<string, { TableName?: string }>[];
  ClientRequestToken?: string;
}

type Items = Record<string, { Keys: unknown[] } | unknown[]>;

interface Command {
  constructor: new (input: object) => Command;
  input: Call;
}

class Simulated extends Error {}

/**
 * A document client whose every call passes the gate, its own retries included.
 * @param db a document client of a real DynamoDB, or of the tables in memory
 * @param wrote hears of a write of one row that has taken effect, before its caller does
 * @param check the last thing before a call is sent; throws when it must not be
 */
export function gatedDynamo(
  db: DynamoDBDocumentClient,
  gate: () => Gate,
  wrote: (table: string, call: Call) => Promise<void>,
  check: () => void = () => undefined,
): DynamoDBDocumentClient {
  let sent = 0;
  const toDb = async (command: Command) => {
    check();
    return db.send(command as never) as Promise<object>;
  };

  async function send(command: Command): Promise<object> {
    const { input } = command;
    const operation = OPERATIONS[command.constructor.name];
    if (!operation) throw new Error(`${command.constructor.name} is not known to the gate`);
    // as the SDK does, so that a transaction whose answer was lost is not made twice
    if (input.TransactItems) input.ClientRequestToken ??= randomUUID();
    const tries = String(sent++);
    for (let nth = 1; ; nth++) {
      try {
        return await gate().pass<object>({
          service: 'dynamodb',
          what: `${operation} ${tableOf(input)}`,
          tries,
          async effect() {
            const answer = await toDb(command);
            if (operation === 'PutItem' || operation === 'UpdateItem') await wrote(input.TableName ?? '', input);
            return answer;
          },
          fail: (kind) => {
            throw Object.assign(new Simulated('simulated'), { cause: failure(kind) });
          },
          ...(input.RequestItems ? { partly: (side) => partly(command, side, toDb) } : {}),
        });
      } catch (error) {
        if (!(error instanceof Simulated)) throw error;
        if (nth === TRIES) throw error.cause;
      }
    }
  }

  return { send } as unknown as DynamoDBDocumentClient;
}

/** The table a call is about; of a transaction, the first. */
function tableOf({ TableName, RequestItems, TransactItems }: Call): string {
  if (TableName) return TableName;
  if (RequestItems) return Object.keys(RequestItems)[0] ?? '';
  return Object.values(TransactItems?.[0] ?? {})[0]?.TableName ?? '';
}

/** What the client throws at last. */
function failure(kind: Failing): Error {
  if (kind === 'error') return new InternalServerError({ message: 'simulated', $metadata: { httpStatusCode: 500 } });
  return Object.assign(new Error('simulated'), { name: kind === 'timeout' ? 'TimeoutError' : 'ThrottlingException' });
}

/**
 * A BatchWriteItem or BatchGetItem call of which DynamoDB does none (before) or half (after), and names the rest as
 * unprocessed.
 */
async function partly(command: Command, side: Side, send: (command: Command) => Promise<object>): Promise<object> {
  const items = command.input.RequestItems ?? {};
  const rest = Object.values(items).some(Array.isArray) ? 'UnprocessedItems' : 'UnprocessedKeys';
  const [done, left] = split(items, side === 'before' ? 0 : 0.5);
  if (Object.keys(done).length === 0) return { Responses: {}, [rest]: left };
  return { ...(await send(new command.constructor({ ...command.input, RequestItems: done }))), [rest]: left };
}

/** The first share of each table's items, and the others; tables without any are left out. */
function split(items: Items, share: number): [Items, Items] {
  const done: Items = {};
  const left: Items = {};
  for (const [table, asked] of Object.entries(items)) {
    const list = Array.isArray(asked) ? asked : asked.Keys;
    const at = Math.floor(list.length * share);
    const part = (some: unknown[]) => (Array.isArray(asked) ? some : { ...asked, Keys: some });
    if (at > 0) done[table] = part(list.slice(0, at));
    if (at < list.length) left[table] = part(list.slice(at));
  }
  return [done, left];
}

const CODES = { error: '57P01', throttle: '53300' } as const;

/** PostgreSQL, every query of which passes the gate. */
export function gatedPool(pool: Pool, gate: () => Gate): pg.Pool {
  const query = (sql: string, values: unknown[]) =>
    gate().pass({
      service: 'postgres',
      what: /\bFROM (\w+)/.exec(sql)?.[1] ?? 'query',
      effect: () => pool.query(sql, values),
      fail: (kind) => {
        throw kind === 'timeout'
          ? new Error('Query read timeout')
          : Object.assign(new Error('simulated'), { code: CODES[kind] });
      },
    });
  return { query } as unknown as pg.Pool;
}

/** Step Functions as its client sees it, over the local state machine; every call passes the gate. */
export function gatedStepFunctions(machine: () => LocalStateMachine, gate: () => Gate): SFNClient {
  const send = (command: unknown) => {
    const starts = command instanceof StartExecutionCommand;
    return gate().pass({
      service: 'states',
      what: starts ? 'StartExecution' : 'DescribeExecution',
      effect: async () =>
        starts ? start(machine(), command) : describe(machine(), command as DescribeExecutionCommand),
      fail: (kind) => {
        throw Object.assign(new Error('simulated'), { name: NAMES[kind] });
      },
    });
  };
  return { send } as unknown as SFNClient;
}

const NAMES = { error: 'ServiceUnavailable', timeout: 'TimeoutError', throttle: 'ThrottlingException' } as const;

function start(machine: LocalStateMachine, { input }: StartExecutionCommand) {
  const answer = machine.start(input.name ?? '', JSON.parse(input.input ?? '{}'));
  if (answer === 'already_started') throw new ExecutionAlreadyExists({ message: 'exists', $metadata: {} });
  return {};
}

function describe(machine: LocalStateMachine, { input }: DescribeExecutionCommand) {
  const state = machine.status(input.executionArn?.split(':').at(-1) ?? '');
  if (!state) throw new ExecutionDoesNotExist({ message: 'does not exist', $metadata: {} });
  return { status: state.status };
}
