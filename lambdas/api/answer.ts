import { NarrativesError, StoreUnavailable } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';

/** What a route needs of an HTTP request. */
export interface ApiRequest {
  query: Readonly<Record<string, string | undefined>>;
  /** what stands in the path where its route has a name in braces, decoded; absent when it has none */
  params?: Readonly<Record<string, string | undefined>>;
  /** text, decoded; empty when there is none */
  body: string;
}

/** What a route answers; the body is sent as JSON. */
export interface ApiAnswer {
  status: number;
  body: object;
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

/** Runs a route; what it throws becomes an answer that tells nothing of the inside, and a line in the log that does. */
export async function answered(log: Log, work: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  try {
    return await work();
  } catch (error) {
    log.error('request failed', told(error as Error));
    return error instanceof StoreUnavailable
      ? refusal(503, 'the databases cannot be reached just now: try again', { 'retry-after': RETRY_AFTER })
      : refusal(500, 'this failed on our side: the log says why');
  }
}

/**
 * Our own messages hold ids and counts; those of others may quote data, so only where they arose is told. The steps'
 * `tellable` tells more: the messages that name code or resources, and causes.
 */
const told = (error: Error): Record<string, unknown> =>
  error instanceof NarrativesError
    ? { error_name: error.name, why: error.message }
    : {
        error_name: error.name,
        at: (error.stack ?? '')
          .split('\n')
          .filter((line) => /^\s+at /.test(line))
          .slice(0, 10),
      };
