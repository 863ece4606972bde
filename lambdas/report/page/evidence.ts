import type { Evidence } from '../claims/evidence.ts';
import { prove } from '../claims/prove.ts';
import { tally } from '../votes.ts';
import { clausesOf, type PageData } from './data.ts';

/** What the claims of a page are proven from: the votes in its own data. */
export const evidenceOf = ({ groups, comments }: PageData): Evidence => ({
  groups: groups.map((group) => ({ size: 0, ...group })),
  votes: new Map(
    comments.flatMap(({ tid, votes }) => (votes ? [[tid, votes.map(([a, d, p]) => tally(a, d, p))] as const] : [])),
  ),
});

/** The clauses whose claim does not hold, by their addresses, and how many do. Clauses that were never checked have no part in it. */
export function proveAgain(data: PageData): { holds: number; failed: string[] } {
  const evidence = evidenceOf(data);
  const checked = clausesOf(data).filter(({ clause }) => clause.standing !== 'unchecked');
  const failed = checked.filter(
    ({ clause }) =>
      clause.standing === 'failed' || prove(clause.claim, clause.citations, evidence).verdict !== clause.standing,
  );
  return { holds: checked.length - failed.length, failed: failed.map(({ id }) => id) };
}
