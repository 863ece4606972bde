import * as z from 'zod';
import { jsonOrUndefined } from '../lambdas/shared/parse.ts';

const SERIOUS = ['high', 'critical'];

const reportSchema = z.object({
  auditReportVersion: z.number(),
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), range: z.string().default('') })),
});
const refusalSchema = z.union([
  z.object({ message: z.string() }),
  z.object({ error: z.object({ summary: z.string() }) }).transform(({ error }) => ({ message: error.summary })),
]);

export type AuditAnswer =
  | { kind: 'audited'; packages: number; serious: string[] }
  /** The registry answers no such question: nothing is known, good or bad. */
  | { kind: 'unavailable'; why: string };

/**
 * What `npm audit --json` found.
 * @param text what it printed
 * @throws Error when that is neither a report nor a refusal
 */
export function auditAnswer(text: string): AuditAnswer {
  const answer = jsonOrUndefined(text);
  const report = reportSchema.safeParse(answer);
  if (report.success) {
    const found = Object.entries(report.data.vulnerabilities);
    const serious = found.filter(([, { severity }]) => SERIOUS.includes(severity));
    return {
      kind: 'audited',
      packages: found.length,
      serious: serious.map(([name, { severity, range }]) => `${name} ${range} (${severity})`),
    };
  }
  const refusal = refusalSchema.safeParse(answer);
  if (!refusal.success) throw new Error('npm audit printed neither a report nor an error: look at npm audit --json');
  // the rest of the message is the address
  return { kind: 'unavailable', why: refusal.data.message.split(' - ')[0]?.split('\n')[0] ?? '' };
}
