import { statesError } from './asl.ts';

/** One step as Lambda would run it: takes the hand-off, gives the next one. */
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
