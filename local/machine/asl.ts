import type { StateMachineDefinition } from 'aws-local-stepfunctions';

type State = StateMachineDefinition['States'][string];
type WaitState = Extract<State, { Type: 'Wait' }>;

/**
 * The definition as the library should run it: retry intervals scaled, and every Wait turned into a Task that the
 * runner itself handles, because the library's own override of a Wait knows neither its state nor its input.
 */
export function localDefinition(definition: StateMachineDefinition, retryScale: number): StateMachineDefinition {
  const states = Object.entries(definition.States).map(([name, state]) => [
    name,
    localState(state, definition, retryScale),
  ]);
  return { ...definition, States: Object.fromEntries(states) };
}

function localState(state: State, { TimeoutSeconds }: StateMachineDefinition, retryScale: number): State {
  if (state.Type === 'Wait') {
    const { Type, Seconds, SecondsPath, ...rest } = state;
    return { ...rest, Type: 'Task', Resource: 'local:wait', TimeoutSeconds: TimeoutSeconds ?? 86_400 } as State;
  }
  if (!('Retry' in state) || !state.Retry) return state;
  const Retry = state.Retry.map((retrier) => ({
    ...retrier,
    IntervalSeconds: (retrier.IntervalSeconds ?? 1) * retryScale,
    ...(retrier.MaxDelaySeconds && { MaxDelaySeconds: retrier.MaxDelaySeconds * retryScale }),
  }));
  return { ...state, Retry };
}

/**
 * How long a Wait state pauses for an input, in seconds.
 * @throws Error named States.Runtime, as Step Functions does, when SecondsPath points at no whole number of 0 or more
 */
export function waitSeconds(state: WaitState, input: unknown): number {
  const path = state.SecondsPath;
  const seconds = path === undefined ? state.Seconds : fieldAt(path, input);
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 0) return seconds;
  throw statesError(
    'States.Runtime',
    `${path ?? 'Seconds'} should be a whole number of seconds, not ${JSON.stringify(seconds)}`,
  );
}

/** The value at a plain reference path such as `$.wait_seconds`. */
function fieldAt(path: string, input: unknown): unknown {
  const fields = path.split('.').slice(1);
  return fields.reduce<unknown>(
    (value, field) => (value as Record<string, unknown> | null | undefined)?.[field],
    input,
  );
}

/** An error that ends the execution at once: no Retry and no Catch applies to it, not even States.ALL. */
export function statesError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, isRetryable: false, isCatchable: false });
}

/** One step as Lambda would run it: takes the state's input and returns its output. */
export type Step = (input: unknown) => Promise<unknown>;

/** What one state may pass to the next, in bytes of JSON. */
const LARGEST_PAYLOAD = 256 * 1024;

/**
 * Calls a step the way Step Functions calls a Lambda function: the step gets a copy of its input, and only what
 * survives JSON comes back.
 * @throws an Error whose name and message are the Error and the Cause that Retry and Catch see
 */
export async function callAsLambda(step: Step, input: unknown): Promise<unknown> {
  let output: unknown;
  try {
    output = await step(structuredClone(input));
  } catch (error) {
    throw lambdaError(error);
  }
  const json = JSON.stringify(output ?? null);
  if (Buffer.byteLength(json) <= LARGEST_PAYLOAD) return JSON.parse(json);
  throw statesError(
    'States.DataLimitExceeded',
    `a step returned ${Buffer.byteLength(json)} bytes; ${LARGEST_PAYLOAD} may be passed on`,
  );
}

/** Lambda reports a thrown error as its name, and as a Cause that is JSON text of name, message and stack lines. */
function lambdaError(thrown: unknown): Error {
  const isError = thrown instanceof Error;
  const errorType = isError ? thrown.name : typeof thrown;
  const errorMessage = isError ? thrown.message : String(thrown);
  const trace = isError ? (thrown.stack ?? '').split('\n') : [];
  return Object.assign(new Error(JSON.stringify({ errorType, errorMessage, trace })), { name: errorType });
}
