import { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '../ports.ts';

const logger = new Logger();

/** The function's log; every line carries the ids of the job at hand. */
export const log: Log = {
  info: (message, fields = {}) => logger.info(message, fields),
  warn: (message, fields = {}) => logger.warn(message, fields),
  error: (message, fields = {}) => logger.error(message, fields),
};

/** Puts ids on every following line, and drops those of the job before. */
export function logIds(ids: Record<string, string | undefined>): void {
  logger.resetKeys();
  logger.appendKeys(ids);
}
