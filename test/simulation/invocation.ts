import { AsyncLocalStorage } from 'node:async_hooks';

/** How Step Functions hears of a function whose process died under it. */
export class ProcessDied extends Error {
  override readonly name = 'Runtime.ExitError';
}

/** What a hand-off says of the execution that it belongs to. */
export interface HandOff {
  job_id: string;
  execution: string;
}

/** One run of one function; what it calls outside is counted, and when it is killed it never does anything again. */
export interface Invocation {
  label: string;
  /** the hand-off that an execution called it with; absent for what is not called by an execution */
  state: HandOff | undefined;
  dead: boolean;
  kill(): void;
  /** how often each kind of call was made so far */
  made: Map<string, number>;
}

const current = new AsyncLocalStorage<Invocation>();

/** The invocation that the code now running belongs to; undefined for the test's own code. */
export const currentInvocation = (): Invocation | undefined => current.getStore();

/**
 * Runs a function as one invocation.
 * @throws ProcessDied when it was killed; its code is then stuck for good at the call where it died
 */
export async function invoke<T>(label: string, work: () => Promise<T>, state?: HandOff): Promise<T> {
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => undefined);
  const invocation: Invocation = {
    label,
    state,
    dead: false,
    made: new Map(),
    kill() {
      invocation.dead = true;
      death.reject(new ProcessDied('the process was killed'));
    },
  };
  return current.run(invocation, () => Promise.race([work(), death.promise]));
}

/** A promise of a dead process. */
export const never = (): Promise<never> => new Promise(() => undefined);
