import type { NarrativesError } from '../../lambdas/shared/errors.ts';
import { plainLine } from '../print.ts';

/** What one check found. */
export interface Finding {
  state: 'ok' | 'warn' | 'FAIL';
  /** what was checked */
  what: string;
  found: string;
  /** '' when there is nothing to do */
  todo: string;
}

export const ok = (what: string, found: string): Finding => ({ state: 'ok', what, found, todo: '' });
export const warn = (what: string, found: string, todo: string): Finding => ({ state: 'warn', what, found, todo });
export const bad = (what: string, found: string, todo: string): Finding => ({ state: 'FAIL', what, found, todo });

/** A check by its name; what it throws is a finding too. */
export type Check = readonly [what: string, run: () => Promise<Finding | Finding[]>];

/** Runs every check, in order, whatever the others find. @param translated an error as one of ours */
export async function runChecks(
  checks: readonly Check[],
  translated: (error: unknown) => NarrativesError,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [what, run] of checks) {
    try {
      findings.push(...[await run()].flat());
    } catch (error) {
      const { message } = translated(error);
      // the messages of this project end with what to do
      findings.push(bad(what, message, ''));
    }
  }
  return findings;
}

/** A line for each check, and the counts. */
export function findingsText(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ state, what, found, todo }) => `${state.padEnd(4)}  ${what}: ${found}${todo ? `; ${todo}` : ''}`,
  );
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  return [...lines.map(plainLine), `${count('ok')} ok, ${count('warn')} warnings, ${count('FAIL')} failed`].join('\n');
}
