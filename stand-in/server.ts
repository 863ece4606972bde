import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Batches } from './batches.ts';
import { ApiError } from './errors.ts';
import { type CallFault, FaultScript } from './faults.ts';
import { apiVersionOf, checkKey, newRequestId, readJson, sendError, sendJson } from './http.ts';
import { DEFAULT_MODELS, modelRows, retrieveModel } from './models.ts';
import { pageOf } from './pages.ts';
import { parseCountTokens } from './request-rules.ts';
import { resultLines, unevenChunks } from './results.ts';
import { type Route, routeOf } from './routes.ts';
import { sendResults } from './send-results.ts';
import { folderStore, noStore } from './store.ts';
import { inputTokens } from './tokens.ts';
import type { ApiVersion, StandIn, StandInOptions } from './types.ts';

export type { StandIn, StandInOptions } from './types.ts';

/** For a path or a Host header that makes no URL: no route has this path. */
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
  // A caller that breaks off is no fault of ours; the answer has nowhere to go.
  request.on('error', () => {});
  response.on('error', () => {});
  try {
    const route = routeOf(method, call.url.pathname);
    const fault = context.script.takeCall(route.endpoint);
    if (fault?.kind === 'drop_before') return drop(call);
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
      return batches.list(call.url.searchParams, base);
    case 'cancel':
      return batches.cancel(route.id, base);
    case 'delete':
      return batches.delete(route.id);
    case 'models':
      return route.id === ''
        ? pageOf(modelRows(models), () => true, call.url.searchParams)
        : retrieveModel(models, route.id);
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
