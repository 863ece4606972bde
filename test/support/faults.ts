import { StoreUnavailable } from '../../lambdas/shared/errors.ts';

/** What a killed process does in the middle of a step. */
export const killed = (): never => {
  throw new Error('the process was killed');
};

/** What a store does that is lost in the middle of a call: the step is tried again. */
export const lost = (): never => {
  throw new StoreUnavailable('lost');
};

/**
 * Makes the next call of a client's method do something before, or after, its effect.
 * @returns what takes that back, should it not have been called
 */
export function onNextCall<T extends object, K extends keyof T>(
  client: T,
  method: K,
  what: { before?: () => unknown; after?: () => unknown },
): () => void {
  const original = client[method] as (...args: unknown[]) => Promise<unknown>;
  const restore = () => {
    client[method] = original as T[K];
  };
  client[method] = (async (...args: unknown[]) => {
    restore();
    await what.before?.();
    const answer = await original.apply(client, args);
    await what.after?.();
    return answer;
  }) as T[K];
  return restore;
}
