import { spawnSync } from 'node:child_process';
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

type AuditAnswer =
  | { kind: 'audited'; packages: number; serious: string[] }
  /** The registry has no audit service: nothing is known, good or bad. */
  | { kind: 'unavailable'; why: string };

/**
 * What `npm audit --json` found.
 * @param text what it printed
 * @throws Error when that is neither a report nor a registry's refusal
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
  // what follows in the message is the address
  return { kind: 'unavailable', why: refusal.data.message.split(' - ')[0]?.split('\n')[0] ?? '' };
}

/** `npm run audit`: exit code 1 when a package that is deployed or run has a known vulnerability of high severity. */
function audit(): void {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
    encoding: 'utf8',
    // when the registry refuses, the reason is in the JSON too
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  });
  const answer = auditAnswer(stdout);
  if (answer.kind === 'unavailable') {
    console.log(`audit skipped: the registry in use has no audit service (${answer.why}); nothing was checked`);
    return;
  }
  for (const line of answer.serious) console.error(line);
  console.log(
    `${answer.packages} packages with known vulnerabilities, ${answer.serious.length} of them high or critical`,
  );
  process.exitCode = answer.serious.length > 0 ? 1 : 0;
}

if (import.meta.main) audit();
