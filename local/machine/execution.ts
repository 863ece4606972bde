import type { MachineEvent } from './machine-event.ts';

/** How an execution stands; error and cause only when it failed, output only when it succeeded. */
export interface ExecutionStatus {
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT';
  output?: unknown;
  error?: string;
  cause?: string;
}

/** One run of the machine, kept by its name. */
export interface Execution {
  readonly name: string;
  readonly inputJson: string;
  readonly events: MachineEvent[];
  readonly aborted: AbortController;
  state: ExecutionStatus;
  stop: () => void;
  finished: Promise<void>;
}

/** Starts nothing for an aborted execution, whose retries the library would still carry out, and waits for nothing more. */
export async function unlessAborted<T>(aborted: AbortSignal, work: () => Promise<T>): Promise<T> {
  aborted.throwIfAborted();
  const { promise: abortion, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(aborted.reason);
  aborted.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(), abortion]);
  } finally {
    aborted.removeEventListener('abort', onAbort);
  }
}

/** The status that an event ends an execution with; undefined for every other event. */
export function endOf(event: MachineEvent): ExecutionStatus | undefined {
  switch (event.type) {
    case 'ExecutionSucceeded':
      return { status: 'SUCCEEDED', output: event.output };
    case 'ExecutionFailed':
      return { status: 'FAILED', error: event.error ?? '', cause: event.cause ?? '' };
    case 'ExecutionAborted':
      return { status: 'ABORTED' };
    case 'ExecutionTimeout':
      return { status: 'TIMED_OUT' };
    default:
      return undefined;
  }
}
