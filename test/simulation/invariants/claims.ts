import { clausesOf, storedReportSchema } from '../../../lambdas/report/shape.ts';
import { type CountsByScope, judge } from '../../../perf/bench/claims-oracle.ts';
import type { Left } from './left.ts';

/** Every clause that is published has a claim that its section's own votes prove, by an oracle written apart from the checker. */
export function claimsHold({ reports }: Left): string[] {
  return reports.flatMap(({ section, report_data, errors }) => {
    const { evidence, ...report } = storedReportSchema.parse(JSON.parse(String(report_data)));
    if (errors !== undefined) return [];
    if (!evidence) return [`section ${section} is published without what proves it`];
    const scopes = ['', ...evidence.groups.map(({ letter }) => letter)];
    const votes: CountsByScope = new Map(
      [...evidence.votes].map(([tid, tallies]) => [
        tid,
        new Map(tallies.map(({ agrees, disagrees, passes }, at) => [scopes[at] ?? '', [agrees, disagrees, passes]])),
      ]),
    );
    const wrong = clausesOf(report).filter(
      ({ claim, citations }) =>
        !claim || !['proven', 'content', 'thin'].includes(judge(claim, citations, scopes.slice(1), votes)),
    );
    return wrong.map(({ claim }) => `section ${section} says what its votes do not prove: ${JSON.stringify(claim)}`);
  });
}
