import * as z from 'zod';

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

/** A whole number that may come as a float (3.0) or as text ("3", "3.0"); null, true and the empty text are refused. */
export const wholeNumber = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^-?\d+(\.0+)?$/)
      .transform(Number),
  ])
  .refine((value) => Math.abs(value - Math.round(value)) < 1e-9, 'must be a whole number')
  .transform(Math.round);

/** The same, for ids and counts, which are not negative. */
export const wholeCount = wholeNumber.refine((value) => value >= 0, 'must not be negative');

/** JSON text to a value, or undefined when it is not JSON. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
