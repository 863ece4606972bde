/**
 * What the steps need of the outside world. Clients fetch and store; they decide nothing. "Not there" and "somebody
 * else was first" are values; errors worth a retry are StoreUnavailable and AnthropicUnavailable.
 */
/** What happened to a job, for whoever follows a run by its log lines: the field `event` of a line. */
export type JobEvent =
  | 'job_planned'
  | 'batch_submitted'
  | 'batch_not_confirmed'
  | 'batch_status'
  | 'section_unproven'
  | 'round_collected'
  | 'api_unavailable';

type Fields = Record<string, unknown> & { event?: JobEvent };

export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** Puts ids on every following line of this invocation; undefined takes one off. */
  ids?(ids: Record<string, string | undefined>): void;
}
