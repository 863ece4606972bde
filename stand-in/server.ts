import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { Batches, type BatchRecord, type LieRecord, type PaidRequest, type ProcessingOptions } from './batches.ts';
import { type CallFault, type Endpoint, FaultScript, type LieOption } from './faults.ts';
import {
  ApiError,
  type ApiVersion,
  apiVersionOf,
  checkKey,
  invalidRequest,
  newRequestId,
  notFound,
  readJson,
  sendError,
  sendJson,
  sendResults,
  unevenChunks,
} from './http.ts';
import { DEFAULT_MODELS, inputTokens, modelRows, retrieveModel } from './models.ts';
import { resultLines } from './results.ts';
import { parseCountTokens } from './rules.ts';
import { folderStore, noStore } from './store.ts';

export interface StandInOptions {
  /** The only key that is let in, by `x-api-key` or `Authorization: Bearer`. */
  apiKey: string;
  /** 0 or absent: any free port. */
  port?: number;
  /** Address to listen on; 127.0.0.1 unless an emulator's containers have to reach it. */
  host?: string;
  /** ms since the epoch */
  clock?: () => number;
  /** Keeps batches on disk, so that a new process can continue with them. */
  stateDir?: string;
  processing?: ProcessingOptions;
  /** Ids of the models that exist here. */
  models?: string[];
  /** The largest request body in bytes; the real API takes 256 MB. */
  maxBodyBytes?: number;
  /** Seed of the order of result lines and of where the stream is cut into chunks. */
  seed?: number;
  /** One section in three of every batch is answered with a lie, so that a person can watch it being caught. */
  lie?: LieOption | undefined;
}

export interface StandIn {
  /** Base URL for the SDK, without a trailing slash. */
  url: string;
  close(): Promise<void>;
  /** What was received, oldest first, deleted batches included. */
  batches(): BatchRecord[];
  /** Every request that was billed: its batch has ended and its result is `succeeded`, shown in the results or not. */
  paidRequests(): PaidRequest[];
  /** Every lie of the batches that have ended, and whether the section offered a way to tell it. */
  lies(): LieRecord[];
  script: FaultScript;
  /** Every HTTP call in the order of the answers; status 0 means that the connection was dropped. */
  calls: { method: string; path: string; status: number }[];
}

/** Used when path and Host header make no valid URL; no route has this path. */
const NO_URL = new URL('http://localhost/');
const MAX_BODY_BYTES = 256 * 1024 * 1024;

interface Context {
  apiKey: string;
  maxBodyBytes: number;
  models: readonly string[];
  seed: number;
  batches: Batches;
  script: FaultScript;
  calls: StandIn['calls'];
  /** How often results were fetched: each fetch has an order of its own. */
  fetches: number;
}

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  requestId: string;
  url: URL;
  log: (status: number) => void;
}

/**
 * Starts a stand-in of the Message Batches API.
 * @throws InvalidSetting when a file in `stateDir` is not in the agreed shape
 */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const script = new FaultScript();
  const models = options.models ?? DEFAULT_MODELS;
  const store = options.stateDir === undefined ? noStore : folderStore(options.stateDir);
  const batches = new Batches({
    clock: options.clock ?? Date.now,
    models,
    processing: options.processing ?? {},
    store,
    script,
    lie: options.lie,
  });
  const context: Context = {
    apiKey: options.apiKey,
    maxBodyBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
    models,
    seed: options.seed ?? 1,
    batches,
    script,
    calls: [],
    fetches: 0,
  };
  const server = createServer((request, response) => void answer(context, request, response));
  const host = options.host ?? '127.0.0.1';
  const port = await listening(server, options.port ?? 0, host);
  return {
    url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`,
    close: () => closed(server),
    batches: () => batches.records(),
    paidRequests: () => batches.paid(),
    lies: () => batches.lies(),
    script,
    calls: context.calls,
  };
}

async function answer(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url: path = '/' } = request;
  const call: Call = {
    request,
    response,
    requestId: newRequestId(),
    url: URL.parse(path, `http://${request.headers.host ?? 'localhost'}`) ?? NO_URL,
    log: (status) => void context.calls.push({ method, path, status }),
  };
  // A caller that disconnects is not an error of the stand-in; there is nobody left to answer.
  request.on('error', () => {});
  response.on('error', () => {});
  try {
    const route = routeOf(method, call.url.pathname);
    const fault = context.script.takeCall(route.endpoint);
    if (fault?.kind === 'drop_before') return drop(call);
    if (fault?.kind === 'page') return gatewayPage(call, fault.status);
    if (fault?.kind === 'answer') throw scriptedError(fault);
    checkKey(request, context.apiKey);
    await handle(context, call, route, apiVersionOf(request), fault);
  } catch (error) {
    if (request.destroyed && !request.complete) return;
    request.resume();
    call.log(error instanceof ApiError ? error.status : 500);
    if (response.headersSent) response.destroy();
    else sendError(response, error, call.requestId);
  }
}

async function handle(
  context: Context,
  call: Call,
  route: Route,
  version: ApiVersion,
  fault: CallFault | undefined,
): Promise<void> {
  if (route.endpoint === 'results') return streamResults(context, call, route.id, fault);
  const body = await result(context, call, route, version);
  if (fault?.kind === 'drop_after') return drop(call);
  call.log(200);
  sendJson(call.response, 200, body, call.requestId);
}

async function result(
  { batches, models, maxBodyBytes }: Context,
  call: Call,
  route: Route,
  version: ApiVersion,
): Promise<unknown> {
  const base = call.url.origin;
  switch (route.endpoint) {
    case 'create': {
      const { body, bytes } = await readJson(call.request, maxBodyBytes);
      return batches.create(body, bytes, version, base);
    }
    case 'list':
      return pageOf(batches.rows(base), call.url.searchParams);
    case 'cancel':
      return batches.cancel(route.id, base);
    case 'delete':
      return batches.delete(route.id);
    case 'models':
      if (route.id !== '') return retrieveModel(models, route.id);
      return pageOf(
        modelRows(models).map((row) => ({ id: row.id, shown: true, row })),
        call.url.searchParams,
      );
    case 'count_tokens': {
      const { body } = await readJson(call.request, maxBodyBytes);
      return { input_tokens: inputTokens(parseCountTokens(body, version, models)) };
    }
    default:
      return batches.retrieve(route.id, base);
  }
}

async function streamResults(context: Context, call: Call, id: string, fault: CallFault | undefined): Promise<void> {
  const batch = context.batches.results(id);
  if (fault?.kind === 'drop_after') return drop(call);
  const seed = context.seed + context.fetches++;
  call.log(200);
  const cutAt = fault?.kind === 'cut_results' ? fault.atByte : undefined;
  await sendResults(call.response, unevenChunks(resultLines(batch, seed), seed), call.requestId, cutAt);
}

function drop(call: Call): void {
  call.log(0);
  call.request.socket.destroy();
}

function gatewayPage(call: Call, status: number): void {
  call.request.resume();
  call.log(status);
  call.response.writeHead(status, { 'content-type': 'text/html' }).end(`<html><h1>${status}</h1></html>`);
}

function scriptedError({ status, type, message, retryAfterSeconds }: CallFault & { kind: 'answer' }): ApiError {
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return new ApiError(status, message ?? `scripted answer ${status}`, {
    ...(type === undefined ? {} : { type }),
    headers,
  });
}

function listening(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

interface Route {
  endpoint: Endpoint;
  /** Batch or model id; empty for calls on a whole collection. */
  id: string;
}

const ROUTES: { method: string; path: RegExp; endpoint: Endpoint }[] = [
  { method: 'POST', path: /^\/v1\/messages\/batches$/, endpoint: 'create' },
  { method: 'GET', path: /^\/v1\/messages\/batches$/, endpoint: 'list' },
  { method: 'GET', path: /^\/v1\/messages\/batches\/([^/]+)$/, endpoint: 'retrieve' },
  { method: 'DELETE', path: /^\/v1\/messages\/batches\/([^/]+)$/, endpoint: 'delete' },
  { method: 'POST', path: /^\/v1\/messages\/batches\/([^/]+)\/cancel$/, endpoint: 'cancel' },
  { method: 'GET', path: /^\/v1\/messages\/batches\/([^/]+)\/results$/, endpoint: 'results' },
  { method: 'POST', path: /^\/v1\/messages\/count_tokens$/, endpoint: 'count_tokens' },
  { method: 'GET', path: /^\/v1\/models(?:\/([^/]+))?$/, endpoint: 'models' },
];

/** @throws ApiError 404 for a path that does not exist, 405 for a method that it does not take */
function routeOf(method: string, pathname: string): Route {
  const onPath = ROUTES.filter(({ path }) => path.test(pathname));
  if (onPath.length === 0) throw notFound('Not found');
  const route = onPath.find((one) => one.method === method);
  if (route === undefined) throw new ApiError(405, 'Method Not Allowed');
  return { endpoint: route.endpoint, id: decoded(route.path.exec(pathname)?.[1] ?? '') };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw notFound('Not found');
  }
}

const PageQuery = z
  .object({
    limit: z.coerce.number().int().min(1).max(1000).default(20),
    after_id: z.string().min(1).optional(),
    before_id: z.string().min(1).optional(),
  })
  .refine((query) => query.after_id === undefined || query.before_id === undefined, {
    message: 'after_id and before_id cannot be given together',
  });

interface Page<Row> {
  data: Row[];
  has_more: boolean;
  first_id: string | null;
  last_id: string | null;
}

/**
 * One page of a list that is already in the order it is shown in. `after_id` gives what comes after that row,
 * `before_id` the rows just before it; a row that is no longer shown still works as a cursor.
 * @throws ApiError 400 for a limit outside 1..1000, two cursors, or a cursor that names nothing
 */
function pageOf<Row extends { id: string }>(
  known: readonly { id: string; shown: boolean; row: Row }[],
  search: URLSearchParams,
): Page<Row> {
  const parsed = PageQuery.safeParse(Object.fromEntries(search));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalidRequest(`${issue?.path.join('.') || 'query'}: ${issue?.message ?? 'is not valid'}`);
  }
  const { limit, after_id, before_id } = parsed.data;
  const shownIn = (rows: typeof known) => rows.filter(({ shown }) => shown).map(({ row }) => row);
  if (before_id !== undefined) {
    const newer = shownIn(known.slice(0, positionOf(known, 'before_id', before_id)));
    return page(newer.slice(-limit), newer.length > limit);
  }
  const start = after_id === undefined ? 0 : positionOf(known, 'after_id', after_id) + 1;
  const rest = shownIn(known.slice(start));
  return page(rest.slice(0, limit), rest.length > limit);
}

function positionOf(rows: readonly { id: string }[], field: string, id: string): number {
  const position = rows.findIndex((row) => row.id === id);
  if (position < 0) throw invalidRequest(`${field}: no such id`);
  return position;
}

function page<Row extends { id: string }>(data: Row[], hasMore: boolean): Page<Row> {
  return { data, has_more: hasMore, first_id: data.at(0)?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
