import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { NarrativesError, StoreUnavailable } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';

/** What a route needs of an HTTP request. */
export interface ApiRequest {
  query: Readonly<Record<string, string | undefined>>;
  /** the path parameters (in braces in the route), decoded; absent when the route has none */
  params?: Readonly<Record<string, string | undefined>>;
  /** text, decoded; empty when there is none */
  body: string;
}

/** What a route answers; an object is sent as JSON, a text as it is, with a content-type of its own among the headers. */
export interface ApiAnswer {
  status: number;
  body: object | string;
  headers?: Readonly<Record<string, string>>;
}

/** One route: requests to answers. */
export type Route = (request: ApiRequest) => Promise<ApiAnswer>;

/** A refusal in the shape that the Polis server gives its own. @param message says what to do; it holds no zid */
export const refusal = (
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): ApiAnswer => ({
  status,
  body: { status: 'error', message },
  headers,
});

/** Seconds after which a caller may try again. */
const RETRY_AFTER = '5';

/** Runs a route. An error becomes an answer without internal details, and a line in the log with them. */
export async function answered(log: Log, work: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  try {
    return await work();
  } catch (error) {
    log.error('request failed', logged(error as Error));
    return error instanceof StoreUnavailable
      ? refusal(503, 'the databases cannot be reached at the moment: try again', { 'retry-after': RETRY_AFTER })
      : refusal(500, 'this failed on our side: the log says why');
  }
}

/**
 * What is logged of an error. Our own messages hold ids and counts; messages of other errors may quote data, so only the
 * name and the place are logged. The steps' `tellable` logs more: messages that name code or resources, and causes.
 */
const logged = (error: Error): Record<string, unknown> =>
  error instanceof NarrativesError
    ? { error_name: error.name, why: error.message }
    : {
        error_name: error.name,
        at: (error.stack ?? '')
          .split('\n')
          .filter((line) => /^\s+at /.test(line))
          .slice(0, 10),
      };

/** The HTTP API's routes, the Polis server's and one of this project's own, by the function behind them. */
export const ROUTES = {
  'api-reports': { method: 'GET', path: '/api/v3/delphi/reports' },
  'api-report-page': { method: 'GET', path: '/api/v3/delphi/reports/{report_id}/html' },
  'api-batch-reports': { method: 'POST', path: '/api/v3/delphi/batchReports' },
  'api-cancel': { method: 'POST', path: '/api/v3/delphi/batchReports/{job_id}/cancel' },
} as const;

/** Lambda takes 6 MB of answer, counted after it has wrapped it into JSON. */
const MAX_BYTES = 6_000_000;
/** Below this, packing is not worth a caller's time. */
const PACKED_FROM_CHARACTERS = 64_000;

const TOO_LARGE =
  'the report is too large for one answer: ask by section (&section=…), or accept a compressed answer (accept-encoding: gzip)';

/**
 * An answer as API Gateway takes it from a function: packed when that is worth it and the caller can unpack it. One that
 * is too large for Lambda becomes a 413.
 */
export function payload(answer: ApiAnswer, acceptEncoding = ''): APIGatewayProxyStructuredResultV2 {
  const text = bodyText(answer);
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
  if (Buffer.byteLength(JSON.stringify(result)) <= MAX_BYTES) return result;
  return payload(refusal(413, TOO_LARGE));
}

/** The body of an answer as it is sent. */
export const bodyText = ({ body }: ApiAnswer): string => (typeof body === 'string' ? body : JSON.stringify(body));

/** Whether `accept-encoding` allows gzip; a weight of 0 forbids it. */
const accepts = (header: string): boolean =>
  header.split(',').some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part));

/**
 * A Lambda handler of an HTTP API (payload format 2.0) around a route.
 * @param connect gives the route with its clients; asked at every request, so that a new secret is in use soon
 */
export const httpHandler =
  (log: Log, connect: () => Promise<Route>) =>
  async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
    const params = event.pathParameters;
    const request = { query: event.queryStringParameters ?? {}, body, ...(params ? { params } : {}) };
    const answer = await answered(log, async () => (await connect())(request));
    return payload(answer, event.headers?.['accept-encoding']);
  };
