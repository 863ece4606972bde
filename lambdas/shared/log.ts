/**
 * What the steps need of the outside world. Clients fetch and store; they decide nothing. "Not there" and "somebody
 * else was first" are values; trouble worth a retry is StoreUnavailable or AnthropicUnavailable.
 */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** Puts ids on every following line of this invocation; undefined takes one off. */
  ids?(ids: Record<string, string | undefined>): void;
}
