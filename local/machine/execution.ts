import type { StateMachine, StateMachineDefinition } from 'aws-local-stepfunctions';

/** The state of an execution; error and cause only when it failed, output only when it succeeded. */
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

/** Runs nothing for an aborted execution, whose retries the library would still make, and stops waiting when it is aborted. */
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

type Logged = Awaited<ReturnType<ReturnType<StateMachine['run']>['eventLogs']['next']>>['value'];

/** One event of an execution's history. */
export interface MachineEvent {
  type: NonNullable<Logged>['type'];
  /** ms since the epoch */
  at: number;
  /** The state it is about, and its type in the template; absent for events of the whole execution. */
  state?: string;
  stateType?: string;
  input?: unknown;
  output?: unknown;
  /** The error's name, and its cause: for a step, JSON text as the Lambda service writes it. */
  error?: string;
  cause?: string;
  /** On StateRetried: 1 for the first retry. */
  attempt?: number;
}

/** The library's event in this project's shape. */
export function toMachineEvent(logged: NonNullable<Logged>, definition: StateMachineDefinition): MachineEvent {
  return {
    type: logged.type,
    at: logged.timestamp,
    ...('state' in logged && {
      state: logged.state.name,
      // A Wait runs as a Task locally, but is reported as a Wait.
      stateType: definition.States[logged.state.name]?.Type ?? logged.state.type,
      input: logged.state.input,
      ...(logged.state.output !== undefined && { output: logged.state.output }),
    }),
    ...('input' in logged && { input: logged.input }),
    ...('output' in logged && { output: logged.output }),
    ...('Error' in logged && { error: logged.Error, cause: String(logged.Cause) }),
    ...('retry' in logged && { attempt: logged.retry.attempt }),
  };
}

/** The names of the states that an execution entered, in order; a retried state counts once. */
export function statesEntered(history: readonly MachineEvent[]): string[] {
  return history.flatMap(({ type, state }) => (type === 'StateEntered' && state ? [state] : []));
}
