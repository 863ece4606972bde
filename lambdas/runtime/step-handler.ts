import type { Context } from 'aws-lambda';
import type { Metrics } from '../shared/metrics.ts';
import { leaving, log, logIds, tellable } from './log.ts';
import { metrics, publishMetrics } from './metrics.ts';

/** What every step is given besides its clients. */
export interface Invocation {
  now: () => Date;
  remainingMs: () => number;
  log: typeof log;
  metrics: Metrics;
}

/**
 * A Lambda handler around a step.
 * @param connect gives the step's clients; asked at every invocation, so that a new secret is in use soon. Clients are
 * kept as long as what they were made from stays the same.
 */
export function stepHandler<D extends object, R>(
  step: (deps: D & Invocation, input: unknown) => Promise<R>,
  connect: () => Promise<D>,
): (input: unknown, context: Context) => Promise<R> {
  return async (input, context) => {
    const { job_id, report_id, execution } = (input ?? {}) as Record<string, string | undefined>;
    logIds({ job_id, report_id, execution });
    try {
      const deps = await connect();
      const remainingMs = () => context.getRemainingTimeInMillis();
      return await step({ ...deps, log, metrics, now: () => new Date(), remainingMs }, input);
    } catch (error) {
      log.error('step failed', { ...tellable(error) });
      throw leaving(error);
    } finally {
      publishMetrics();
    }
  };
}

/**
 * Keeps what was made from a value until the value changes.
 * @param dispose is given what was kept before
 */
export function keptWhile<T>(
  make: (value: string) => T,
  dispose: (old: T) => void = () => undefined,
): (value: string) => T {
  let kept: { value: string; made: T } | undefined;
  return (value) => {
    if (kept?.value === value) return kept.made;
    if (kept) dispose(kept.made);
    kept = { value, made: make(value) };
    return kept.made;
  };
}
