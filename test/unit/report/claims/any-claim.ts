import fc from 'fast-check';
import { type Claim, STANCES } from '../../../../lambdas/report/claims/claim.ts';
import { type Tally, tally } from '../../../../lambdas/report/votes.ts';

/** Claims of every kind on groups with these letters. */
export function anyClaim(letters: readonly string[]): fc.Arbitrary<Claim> {
  const stance = fc.constantFrom(...STANCES);
  const groups = fc.subarray([...letters], { minLength: 1 });
  const scope = fc.option(groups, { nil: undefined });
  const withScope = <C extends { groups?: string[] | undefined }>({ groups, ...rest }: C): Claim =>
    ({ ...rest, ...(groups && { groups }) }) as unknown as Claim;
  return fc.oneof(
    fc.constant<Claim>({ kind: 'content' }),
    fc
      .record({ kind: fc.constantFrom('majority', 'near_unanimous', 'minority'), stance, groups: scope })
      .map(withScope),
    fc.record({ kind: fc.constant('consensus' as const), stance }),
    fc.record({ kind: fc.constant('difference' as const), stance, groups, than: groups }),
    fc.record({ kind: fc.constantFrom('divided', 'uncertain', 'thin'), groups: scope }).map(withScope),
  );
}

/** Numbers of votes at and around the smallest ones that claims need. */
const votes = fc.oneof(
  fc.constantFrom(0, 1, 8, 9, 10, 11, 19, 20, 21),
  fc.integer({ min: 0, max: 60 }),
  fc.integer({ min: 0, max: 3_000 }),
);
const SHARES = [0, 0.15, 0.2, 0.25, 0.3, 0.5, 0.6, 0.75, 0.85, 1];

/** Tallies with one share at or beside a limit of some claim, the rest split anyhow. */
export const anyTally: fc.Arbitrary<Tally> = fc
  .record({
    n: votes,
    share: fc.constantFrom(...SHARES),
    beside: fc.integer({ min: -2, max: 2 }),
    rest: fc.double({ min: 0, max: 1, noNaN: true }),
    order: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ n, share, beside, rest, order }) => {
    const first = Math.min(n, Math.max(0, Math.round(n * share) + beside));
    const second = Math.floor((n - first) * rest);
    const counts = [first, second, n - first - second];
    const [agrees = 0, disagrees = 0, passes = 0] = [...counts.slice(order), ...counts.slice(0, order)];
    return tally(agrees, disagrees, passes);
  });
