import * as z from 'zod';
import { oneLine } from './plain-text.ts';

/** Longest text kept of what the API says about an error. */
const MAX_WORDS = 300;
/** Read of it, so that a secret at the cut is seen whole. */
const MAX_READ = 10_000;

/** Keys, tokens and passwords in the forms that an API or a gateway may quote. */
const SECRETS: [RegExp, string][] = [
  [/\b(?:sk|key|pk)-[\w-]{4,}(?:\*+[\w-]*)?/gi, '(key)'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 (key)'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g, '(key)'],
  [/:\/\/[^\s/@]+@/g, '://(password)@'],
];

/** The body of every error of the API, and the `error` of an errored result. */
const bodySchema = z.object({ error: z.object({ type: z.string(), message: z.string().catch('') }) });
const ownSchema = bodySchema.extend({ type: z.literal('error') });

/** Whether the body of an error is the API's own, and not that of a gateway on the way to it. */
export const isApiBody = (body: unknown): boolean => ownSchema.safeParse(body).success;

/** What the API says about an error. */
export interface ApiWords {
  type: string;
  /** `type: message` on one line, cleaned and cut, without keys and passwords */
  said: string;
}

/**
 * What the API says in the body of an error.
 * @param secret the key that was sent, which must not come back in the words
 * @returns undefined when it says nothing
 */
export function apiWords(body: unknown, secret?: string | null): ApiWords | undefined {
  const error = bodySchema.safeParse(body).data?.error;
  if (!error) return undefined;
  const type = oneLine(error.type, 100);
  const message = withoutSecrets(error.message.slice(0, MAX_READ), secret);
  const said = oneLine(message ? `${type}: ${message}` : type, MAX_WORDS).trim();
  return { type, said };
}

/** Text without keys, tokens and passwords. @param secret one that is known, and must not be in it either */
export function withoutSecrets(text: string, secret?: string | null): string {
  const known = secret ? text.replaceAll(secret, '(key)') : text;
  return SECRETS.reduce((left, [pattern, instead]) => left.replace(pattern, instead), known);
}
