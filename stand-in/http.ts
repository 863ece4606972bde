import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { idFrom, mulberry32 } from './random.ts';

/** Error types by HTTP status, as the API's errors page lists them. */
const TYPE_OF_STATUS: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** The error type that the API gives with an HTTP status. */
function errorTypeOf(status: number): string {
  return TYPE_OF_STATUS[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

/** An answer other than 200, thrown where the problem is found and written by the server. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly type: string;
  /** Extra response headers. */
  readonly headers: Record<string, string>;
  constructor(status: number, message: string, options: { type?: string; headers?: Record<string, string> } = {}) {
    super(message);
    this.status = status;
    this.type = options.type ?? errorTypeOf(status);
    this.headers = options.headers ?? {};
  }
}

/** What AWS' gateway answers in the place of the API: its class in a header, and a message. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly status: number;
  /** such as AccessDeniedException */
  readonly errorType: string;
  constructor(status: number, errorType: string, message: string) {
    super(message);
    this.status = status;
    this.errorType = errorType;
  }
}

/** Whole-request refusal (HTTP 400). */
export function invalidRequest(message: string): ApiError {
  return new ApiError(400, message);
}

/** HTTP 404. */
export function notFound(message: string): ApiError {
  return new ApiError(404, message);
}

interface ErrorBody {
  type: 'error';
  error: { type: string; message: string };
  request_id: string | null;
}

/** The body of every error, and of the `error` of an errored result. */
export function errorBody(type: string, message: string, requestId: string | null): ErrorBody {
  return { type: 'error', error: { type, message }, request_id: requestId };
}

export const API_VERSIONS = ['2023-06-01', '2026-10-21'] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

/** An id for one HTTP call, as in the `request-id` header. */
export function newRequestId(): string {
  return idFrom('req', randomUUID());
}

/** @throws ApiError 401 unless the key was sent by `x-api-key` or `Authorization: Bearer`; where both were sent, both must be right */
export function checkKey(request: IncomingMessage, apiKey: string): void {
  const header = request.headers['x-api-key'];
  const bearer = request.headers.authorization;
  const given = [
    ...(header === undefined ? [] : [header]),
    ...(bearer === undefined ? [] : [/^Bearer (.+)$/i.exec(bearer)?.[1]]),
  ];
  if (given.length === 0) throw new ApiError(401, 'x-api-key header is required');
  if (given.some((key) => key !== apiKey)) throw new ApiError(401, 'invalid x-api-key');
}

/** @throws ApiError 400 when the `anthropic-version` header is missing or not known */
export function apiVersionOf(request: IncomingMessage): ApiVersion {
  const version = request.headers['anthropic-version'];
  if (version === undefined) throw invalidRequest('anthropic-version: header is required');
  const known = API_VERSIONS.find((one) => one === version);
  if (known === undefined) throw invalidRequest(`anthropic-version: "${String(version)}" is not a valid version`);
  return known;
}

/** The body of a POST, parsed. @throws ApiError 400 when header or content are not JSON */
export function jsonOf(request: IncomingMessage, bytes: Buffer): unknown {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(contentType)) throw invalidRequest('content-type: must be application/json');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalidRequest('The request body is not valid JSON in UTF-8'); // the cause would hold a piece of the body
  }
}

/** The body of a request. @throws ApiError 413 above the limit (the rest is read and discarded) */
export async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length <= maxBytes) parts.push(part);
    else parts.length = 0;
  }
  if (length > maxBytes) throw new ApiError(413, 'Request exceeds the maximum size');
  return Buffer.concat(parts, length);
}

/** Writes a JSON answer. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  requestId: string,
  headers: Record<string, string> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    'request-id': requestId,
    ...headers,
  });
  response.end(bytes);
}

/** Writes an error as AWS' gateway does. */
export function sendGatewayError(response: ServerResponse, { status, errorType, message }: GatewayError): void {
  const headers = { 'x-amzn-errortype': errorType, 'x-amzn-requestid': randomUUID() };
  const bytes = Buffer.from(JSON.stringify({ message }));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers });
  response.end(bytes);
}

/** Writes an error answer. An error that is not an ApiError is a fault of the stand-in and is answered with 500 and its message. */
export function sendError(response: ServerResponse, error: unknown, requestId: string): number {
  const known =
    error instanceof ApiError ? error : new ApiError(500, error instanceof Error ? error.message : String(error));
  sendJson(response, known.status, errorBody(known.type, known.message, requestId), requestId, known.headers);
  return known.status;
}

const SMALLEST_CHUNK = 61;
const LARGEST_CHUNK = 32_768;
const SEARCH_FOR_SPLIT = 512;

/**
 * Cuts lines into chunks of bytes that end inside lines and, where there is one near, inside a multi-byte character.
 * Chunks begin small, so that short results are cut as well, and grow.
 */
export async function* unevenChunks(lines: Iterable<string>, seed: number): AsyncGenerator<Buffer> {
  const random = mulberry32(seed);
  let size = SMALLEST_CHUNK;
  let parts: Buffer[] = [];
  let held = 0;
  for (const line of lines) {
    const bytes = Buffer.from(line);
    parts.push(bytes);
    held += bytes.length;
    if (held <= size + SEARCH_FOR_SPLIT) continue;
    let pending = Buffer.concat(parts, held);
    while (pending.length > size + SEARCH_FOR_SPLIT) {
      const cut = splitPoint(pending, size);
      yield pending.subarray(0, cut);
      pending = pending.subarray(cut);
      size = Math.min(LARGEST_CHUNK, Math.ceil(size * (1 + random())));
    }
    parts = [pending];
    held = pending.length;
    await nextTurn(); // a long stream must not keep other calls waiting
  }
  if (held > 0) yield Buffer.concat(parts, held);
}

/** The first place from `at` on that is inside a multi-byte character, or else inside a line. */
function splitPoint(bytes: Buffer, at: number): number {
  for (let i = at; i < at + SEARCH_FOR_SPLIT; i++) if (((bytes[i] ?? 0) & 0xc0) === 0x80) return i;
  return bytes[at - 1] === 0x0a ? at + 1 : at;
}

/**
 * Streams result bytes at the reader's pace, so that nothing accumulates in memory; with `cutAt`, sends that many bytes and drops
 * the connection. Ends early when the reader disconnects.
 */
export async function sendResults(
  response: ServerResponse,
  chunks: AsyncIterable<Buffer>,
  requestId: string,
  cutAt?: number,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/binary', 'request-id': requestId });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  let left = cutAt ?? Number.POSITIVE_INFINITY;
  for await (const chunk of chunks) {
    if (gone.signal.aborted) return;
    const part = chunk.subarray(0, Math.min(left, chunk.length));
    left -= part.length;
    if (part.length > 0 && !response.write(part)) await drained(response, gone.signal);
    if (left === 0) break;
  }
  if (cutAt === undefined) response.end();
  else await cut(response, gone.signal);
}

async function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  await once(response, 'drain', { signal: gone }).catch(() => {}); // the next chunk notices that the reader has left
}

/** Lets what was written reach the reader before the connection breaks: FIN without the closing chunk. */
async function cut(response: ServerResponse, gone: AbortSignal): Promise<void> {
  response.flushHeaders();
  response.socket?.end();
  if (!gone.aborted) await once(response, 'close', { signal: gone }).catch(() => {});
}
