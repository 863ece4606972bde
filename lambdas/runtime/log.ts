import { Logger } from '@aws-lambda-powertools/logger';
import { NarrativesError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';

const logger = new Logger();

type Ids = Record<string, string | undefined>;

/** The function's log; every line carries the ids of the job at hand. */
export const log: Log & { ids(ids: Ids): void } = {
  info: (message, fields = {}) => logger.info(message, fields),
  warn: (message, fields = {}) => logger.warn(message, fields),
  error: (message, fields = {}) => logger.error(message, fields),
  ids(ids) {
    // appending undefined would leave what was there
    logger.removeKeys(Object.keys(ids));
    logger.appendKeys(ids);
  },
};

/** Puts ids on every following line, and drops those of the job before. */
export function logIds(ids: Ids): void {
  logger.resetKeys();
  logger.appendKeys(ids);
}

/** Errors of the language whose messages name code, never data. JSON.parse's SyntaxError quotes what it could not read. */
const TELLS_NO_DATA = new Set(['TypeError', 'RangeError', 'ReferenceError', 'AbortError', 'TimeoutError']);

/** An error of the AWS SDK: its message names resources and fields. */
const isAwsError = (error: object): boolean => '$metadata' in error;

/**
 * What may be logged of an error. Our own messages hold ids and counts; messages of other errors may quote an answer, a
 * comment or a query. Bodies, headers and causes that a client attaches to its errors are left out.
 */
export function tellable(error: unknown): { error_name: string; why: string; causes?: string; at?: string[] } {
  if (!(error instanceof Error)) return { error_name: 'Error', why: 'a non-error value was thrown' };
  const safe = error instanceof NarrativesError || TELLS_NO_DATA.has(error.name) || isAwsError(error);
  const why = safe
    ? error.message
    : `an unexpected ${error.name}; its message may quote data and is left out: see where it was thrown in the function's log`;
  const causes = causesOf(error);
  // frames only: a stack begins with the message
  const at = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    error_name: error.name,
    why,
    ...(causes ? { causes } : {}),
    ...(error instanceof NarrativesError ? {} : { at: at.slice(0, 10).map((line) => line.trim()) }),
  };
}

const MAX_CAUSES = 4;

/** Names and codes of what led to an error, as `a, b`. */
function causesOf(error: Error): string {
  const names: string[] = [];
  for (let cause = error.cause; cause instanceof Error && names.length < MAX_CAUSES; cause = cause.cause) {
    const { code, status } = cause as { code?: unknown; status?: unknown };
    const tags = [code, status].filter((tag) => typeof tag === 'number' || /^\w{1,40}$/.test(String(tag ?? '')));
    names.push([cause.name, ...tags].join(' '));
  }
  return names.join(', ');
}

/** The error that the function throws. The runtime logs everything attached to it, and the state machine keeps it. */
export function leaving(error: unknown): Error {
  if (error instanceof NarrativesError) return error;
  const { error_name, why, at = [] } = tellable(error);
  const bare = new Error(why);
  bare.name = error_name;
  bare.stack = [`${error_name}: ${why}`, ...at.map((line) => `    ${line}`)].join('\n');
  return bare;
}
