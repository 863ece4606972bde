import type { StateMachine, StateMachineDefinition } from 'aws-local-stepfunctions';

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
      // A Wait runs as a Task locally, but is told as what it is.
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
