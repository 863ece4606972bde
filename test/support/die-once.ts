import { StoreUnavailable } from '../../lambdas/shared/errors.ts';

/**
 * Makes the next call of a client's method die, after its effect or before it.
 * @returns what puts the method back
 */
export function dieOnce<T extends object, K extends keyof T>(
  client: T,
  method: K,
  when: 'before' | 'after',
): () => void {
  const original = client[method] as (...args: unknown[]) => Promise<unknown>;
  let dead = false;
  client[method] = (async (...args: unknown[]) => {
    if (dead) return original.apply(client, args);
    dead = true;
    if (when === 'after') await original.apply(client, args);
    throw new StoreUnavailable(`${String(method)} died ${when} its effect`);
  }) as T[K];
  return () => {
    client[method] = original as T[K];
  };
}
