import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, errorBody, invalidRequest } from './errors.ts';
import { idFrom } from './random.ts';
import { API_VERSIONS, type ApiVersion } from './types.ts';

/** An id for one HTTP call, as in the `request-id` header. */
export function newRequestId(): string {
  return idFrom('req', randomUUID());
}

/** @throws ApiError 401 unless the key came by `x-api-key` or `Authorization: Bearer`; where both came, both must be right */
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

/**
 * The body of a POST, parsed and as it came.
 * @throws ApiError 400 when it is not JSON by its header or its content; 413 above the limit (the rest is read and dropped)
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<{ body: unknown; bytes: Buffer }> {
  const bytes = await readBytes(request, maxBytes);
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(contentType)) throw invalidRequest('content-type: must be application/json');
  try {
    return { body: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), bytes };
  } catch {
    throw invalidRequest('The request body is not valid JSON in UTF-8'); // the cause would hold a piece of the body
  }
}

async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
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

/** Writes an error answer. Whatever is no ApiError is a fault of the stand-in and shows as 500 with its message. */
export function sendError(response: ServerResponse, error: unknown, requestId: string): number {
  const known =
    error instanceof ApiError ? error : new ApiError(500, error instanceof Error ? error.message : String(error));
  sendJson(response, known.status, errorBody(known.type, known.message, requestId), requestId, known.headers);
  return known.status;
}
