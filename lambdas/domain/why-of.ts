import { NarrativesError } from './errors.ts';

/** What a step may log of an error it has caught: our own messages; of another only the name, as its message may quote data. */
export function whyOf(error: unknown): string {
  if (error instanceof NarrativesError) return error.message;
  return error instanceof Error ? `an unexpected ${error.name}` : 'something was thrown that is no error';
}
