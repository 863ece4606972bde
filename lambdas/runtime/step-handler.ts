import type { Context } from 'aws-lambda';
import { log, logIds } from './log.ts';

/** What every step is given besides its clients. */
export interface Invocation {
  now: () => Date;
  remainingMs: () => number;
  log: typeof log;
}

/**
 * A Lambda handler around a step: clients are made once per function, the invocation's clock and log each time.
 * @param connect makes the step's clients from environment and secrets
 */
export function stepHandler<D extends object, R>(
  step: (deps: D & Invocation, input: unknown) => Promise<R>,
  connect: () => Promise<D>,
): (input: unknown, context: Context) => Promise<R> {
  let connected: Promise<D> | undefined;
  return async (input, context) => {
    const { job_id, execution } = (input ?? {}) as Record<string, string | undefined>;
    logIds({ job_id, execution });
    try {
      connected ??= connect();
      const deps = await connected;
      return await step(
        { ...deps, log, now: () => new Date(), remainingMs: () => context.getRemainingTimeInMillis() },
        input,
      );
    } catch (error) {
      // a wrong setting may have been put right since: the next invocation connects anew
      connected = undefined;
      log.error('step failed', { error_name: (error as Error).name, why: (error as Error).message });
      throw error;
    }
  };
}
