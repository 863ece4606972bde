import * as z from 'zod';
import { jsonOrUndefined } from '../../shared/parse.ts';
import { provenCount } from './figures.ts';

const counts = z.record(z.string(), z.number());
const claimFiguresSchema = z.object({
  clauses: z.number(),
  proven: counts,
  content: z.number(),
  thin: z.number(),
  unguarded: z.number(),
  taken_out: z.number(),
});
const coverageSchema = z.object({
  groups: z.array(z.object({ letter: z.string(), representative: z.array(z.unknown()), cited: z.array(z.number()) })),
  missing: z.array(z.number()),
  voters: z.object({ voters: z.number(), cited: z.number() }).optional(),
});
const trustSchema = z.object({
  claims: claimFiguresSchema,
  taken_out: z.array(z.object({ section: z.string(), why: z.string() })).default([]),
  coverage: coverageSchema.optional().catch(undefined),
});

export type CoverageFigures = z.output<typeof coverageSchema>;

/** How much of what stands for each group a report cites. @param jobResults of its job row @returns undefined where it is not known */
export const coverageIn = (jobResults: unknown): CoverageFigures | undefined =>
  trustSchema.safeParse(jsonOrUndefined(String(jobResults ?? ''))).data?.coverage;

const number = (value: number): string => value.toLocaleString('en');

/** What a person should know of how far a report can be trusted, a line each; none where claims are not checked. @param jobResults of its job row */
export function trustLines(jobResults: unknown): string[] {
  const results = trustSchema.safeParse(jsonOrUndefined(String(jobResults ?? ''))).data;
  if (!results) return [];
  const { claims, coverage, taken_out } = results;
  const { clauses, proven, content, thin, unguarded } = claims;
  const kinds = Object.entries(proven).map(([kind, count]) => `${count} ${kind.replaceAll('_', ' ')}`);
  return [
    `${number(clauses)} clauses: ${number(provenCount(claims))} proven by the votes (${kinds.join(', ')}), ${content} only tell what comments say, ${thin} say that few voted`,
    ...(unguarded > 0
      ? [`the words of ${unguarded} clauses are in a language without a word list, and were not checked`]
      : []),
    ...taken_out.map(({ section, why }) => `taken out of ${section}: ${why}`),
    ...(coverage ? [coverageLine(coverage)] : []),
  ];
}

function coverageLine({ groups, missing, voters }: z.output<typeof coverageSchema>): string {
  const shares = groups.map(
    ({ letter, representative, cited }) => `${letter} ${cited.length} of ${representative.length}`,
  );
  const people = voters
    ? `; ${number(voters.cited)} of ${number(voters.voters)} voters took a side on a cited comment`
    : '';
  const left = missing.length > 0 ? `; not cited: ${missing.join(', ')}` : '';
  return `cited of the comments that stand for each group: ${shares.join(', ')}${left}${people}`;
}
