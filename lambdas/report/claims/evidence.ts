import * as z from 'zod';
import { wholeCount } from '../../shared/parse.ts';
import { type Tally, tally } from '../votes.ts';

/** An opinion group as claims and texts name it. */
export interface ClaimGroup {
  /** as in the table of comments: A, B … */
  letter: string;
  /** "Group A", or the report's own name for it */
  label: string;
  /** participants */
  size: number;
}

/** What claims are proven from: the votes that the model was shown. */
export interface Evidence {
  /** in the order of the tallies */
  groups: readonly ClaimGroup[];
  /** by tid: of all participants first, then of each group */
  votes: ReadonlyMap<number, readonly Tally[]>;
}

const counts = z.tuple([wholeCount, wholeCount, wholeCount]).transform(([a, d, p]) => tally(a, d, p));

/** Evidence inside `report_data`: `votes` by tid, each `[[agrees, disagrees, passes], …]` of all participants, then of each group. */
export const evidenceSchema = z
  .object({
    groups: z.array(z.object({ letter: z.string().min(1), label: z.string(), size: wholeCount })),
    votes: z.record(z.string().regex(/^\d+$/), z.array(counts)),
  })
  .refine(({ groups, votes }) => Object.values(votes).every((tallies) => tallies.length === groups.length + 1))
  .transform(
    ({ groups, votes }): Evidence => ({
      groups,
      votes: new Map(Object.entries(votes).map(([tid, tallies]) => [Number(tid), tallies])),
    }),
  );

/** The evidence of some comments as `report_data` keeps it; comments without votes are left out. */
export function storedEvidence({ groups, votes }: Evidence, tids: Iterable<number>): z.input<typeof evidenceSchema> {
  const rows = [...tids].flatMap((tid) => {
    const tallies = votes.get(tid);
    return tallies
      ? [[String(tid), tallies.map((t): [number, number, number] => [t.agrees, t.disagrees, t.passes])] as const]
      : [];
  });
  return {
    groups: groups.map(({ letter, label, size }) => ({ letter, label, size })),
    votes: Object.fromEntries(rows),
  };
}
