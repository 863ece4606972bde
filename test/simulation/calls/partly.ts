import { Readable } from 'node:stream';
import type { Side } from '../fault.ts';

/** An HTTP answer of DynamoDB, as its client's handler gives it. */
export interface Answer {
  response: unknown;
}

interface Request {
  headers: Record<string, string>;
  body?: unknown;
}

type Items = Record<string, { Keys: unknown[] } | unknown[]>;

/**
 * A BatchWriteItem or BatchGetItem call of which DynamoDB does none (before) or half (after), and names the rest as
 * unprocessed.
 */
export async function partly<R extends Request>(
  request: R,
  body: string,
  side: Side,
  send: (request: R) => Promise<Answer>,
): Promise<Answer> {
  const json = JSON.parse(body) as { RequestItems: Items };
  const writes = Object.values(json.RequestItems).some(Array.isArray);
  const rest = writes ? 'UnprocessedItems' : 'UnprocessedKeys';
  const [done, left] = split(json.RequestItems, side === 'before' ? 0 : 0.5);
  if (Object.keys(done).length === 0) return answerOf({ Responses: {}, [rest]: left });
  const text = JSON.stringify({ ...json, RequestItems: done });
  const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(text)) };
  const { body: stream } = (await send({ ...request, headers, body: text })).response as { body: Readable };
  const told = JSON.parse(Buffer.concat(await stream.toArray()).toString()) as object;
  return answerOf({ ...told, [rest]: left });
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

/** @param status HTTP status; 200 unless it is a refusal */
export function answerOf(json: unknown, statusCode = 200): Answer {
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return { response: { statusCode, headers, body: Readable.from([Buffer.from(JSON.stringify(json))]) } };
}
