import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type ApiAnswer, refusal } from './answer.ts';

/** Lambda takes 6 MB of answer, counted after it has wrapped it into JSON. */
const MOST_BYTES = 6_000_000;
/** Below this, packing is not worth a caller's time. */
const PACKED_FROM_CHARACTERS = 64_000;

const TOO_LARGE =
  'the report is larger than one answer may be: ask by section (&section=…), or allow a packed answer (accept-encoding: gzip)';

/**
 * An answer as API Gateway takes it from a function: packed when that is worth it and the caller can unpack it. One that
 * is too large for Lambda becomes a 413.
 */
export function payload(answer: ApiAnswer, acceptEncoding = ''): APIGatewayProxyStructuredResultV2 {
  const text = JSON.stringify(answer.body);
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...answer.headers };
  const packs = text.length > PACKED_FROM_CHARACTERS && accepts(acceptEncoding);
  const result = packs
    ? {
        statusCode: answer.status,
        headers: { ...headers, 'content-encoding': 'gzip', vary: 'accept-encoding' },
        body: gzipSync(text).toString('base64'),
        isBase64Encoded: true,
      }
    : { statusCode: answer.status, headers, body: text };
  if (Buffer.byteLength(JSON.stringify(result)) <= MOST_BYTES) return result;
  return payload(refusal(413, TOO_LARGE));
}

/** Whether `accept-encoding` allows gzip; a weight of 0 forbids it. */
const accepts = (header: string): boolean =>
  header.split(',').some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part));
