import type { z } from 'zod';

/** What zod found wrong, as `field: what` (never the value: it may be a secret or a comment). */
export function problems(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'value'}: ${describe(issue)}`).join('; ');
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `unknown ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
  return issue.message;
}

/**
 * Parses an outside value, or throws the given error with one line that names the place and each field.
 * @param fail makes the error from that line
 */
export function parseOr<T extends z.ZodType>(schema: T, value: unknown, fail: (line: string) => Error): z.output<T> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw fail(problems(parsed.error));
  return parsed.data;
}

/** JSON text to a value, or undefined when it is not JSON. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
