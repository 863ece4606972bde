import { type Claim, STANCES, type Stance } from '../lambdas/report/claims/claim.ts';
import type { Tally } from '../lambdas/report/votes.ts';

/** The votes on one comment; the groups in the order of their letters. */
export interface Voted {
  all: Tally;
  groups: readonly Tally[];
}

/**
 * How many standard errors k of n lies above a share: the score test. A bound of Wilson's interval lies beyond the share exactly
 * when this is larger than the interval's z, so the checker's rules are followed here without its formulas.
 */
const score = (k: number, n: number, share: number): number => (k - share * n) / Math.sqrt(share * (1 - share) * n);

const Z = { '90': 1.2816, '95': 1.645, twoSided95: 1.96 } as const;
const ENOUGH = 10;

const of = (votes: Tally, stance: Stance): number => (stance === 'agree' ? votes.agrees : votes.disagrees);
const enough = ({ votes }: Tally): boolean => votes >= ENOUGH;
const isAtLeast = (k: number, n: number, percents: number): boolean => 100 * k >= percents * n;

function isMajority(tally: Tally, stance: Stance): boolean {
  return enough(tally) && score(of(tally, stance), tally.votes, 0.5) > Z['95'];
}

function isNearUnanimous(tally: Tally, stance: Stance): boolean {
  const k = of(tally, stance);
  return enough(tally) && isAtLeast(k, tally.votes, 85) && score(k, tally.votes, 0.75) > Z['90'];
}

function isMinority(tally: Tally, stance: Stance): boolean {
  const k = of(tally, stance);
  return enough(tally) && k > 0 && score(k, tally.votes, 0.5) < -Z['95'];
}

function isShared(tally: Tally, stance: Stance): boolean {
  const k = of(tally, stance);
  return enough(tally) && isAtLeast(k, tally.votes, 60) && score(k, tally.votes, 0.5) > Z['90'];
}

function isDivided(tally: Tally): boolean {
  const { votes, agrees, disagrees } = tally;
  const bothSides = votes >= 2 * ENOUGH && isAtLeast(Math.min(agrees, disagrees), votes, 25);
  return bothSides && !STANCES.some((stance) => isMajority(tally, stance));
}

function isUncertain(tally: Tally): boolean {
  const { votes, passes } = tally;
  return enough(tally) && isAtLeast(passes, votes, 20) && score(passes, votes, 0.15) >= Z['90'];
}

/** How far from its share the bounds of Wilson's interval lie: where the score is z, the roots of a quadratic equation. */
function spread(k: number, n: number, z: number): { below: number; above: number } {
  const [a, b, c] = [n + z * z, -(2 * k + z * z), (k * k) / n];
  const root = Math.sqrt(b * b - 4 * a * c);
  return { below: k / n - (-b - root) / (2 * a), above: (-b + root) / (2 * a) - k / n };
}

/** Whether the first group takes this side more than the second: 30 points apart, and Newcombe's interval above zero. */
function isMore(first: Tally, second: Tally, stance: Stance): boolean {
  if (!enough(first) || !enough(second)) return false;
  const [k, l] = [of(first, stance), of(second, stance)];
  if (10 * (k * second.votes - l * first.votes) < 3 * first.votes * second.votes) return false;
  const apart = k / first.votes - l / second.votes;
  return apart > Math.hypot(spread(k, first.votes, Z.twoSided95).below, spread(l, second.votes, Z.twoSided95).above);
}

type Single = Exclude<Claim['kind'], 'content' | 'consensus' | 'difference'>;
const HOLDS: Record<Single, (tally: Tally, stance: Stance) => boolean> = {
  majority: isMajority,
  near_unanimous: isNearUnanimous,
  minority: isMinority,
  divided: isDivided,
  uncertain: isUncertain,
  thin: ({ votes }) => votes < ENOUGH,
};

/** Whether the votes on one comment bear a claim out. @param letters of the groups, in the order of their tallies */
export function holds(claim: Claim, { all, groups }: Voted, letters: readonly string[]): boolean {
  const named = (list: readonly string[]) => list.map((letter) => groups[letters.indexOf(letter)]);
  const each = (tallies: readonly (Tally | undefined)[], check: (tally: Tally) => boolean) =>
    tallies.every((tally) => tally !== undefined && check(tally));
  switch (claim.kind) {
    case 'content':
      return true;
    case 'consensus':
      return groups.length > 1 && groups.every((tally) => isShared(tally, claim.stance));
    case 'difference':
      return each(named(claim.groups), (first) =>
        each(named(claim.than), (second) => isMore(first, second, claim.stance)),
      );
    default: {
      const stance = 'stance' in claim ? claim.stance : 'agree';
      return each(claim.groups ? named(claim.groups) : [all], (tally) => HOLDS[claim.kind](tally, stance));
    }
  }
}

/** The strongest that can be said of one tally: at most one side, and doubt. */
function strongest(tally: Tally): { kind: Single; stance?: Stance }[] {
  if (HOLDS.thin(tally, 'agree')) return [{ kind: 'thin' }];
  const sides = (kind: Single) =>
    STANCES.filter((stance) => HOLDS[kind](tally, stance)).map((stance) => ({ kind, stance }));
  const split: { kind: Single }[] = isDivided(tally) ? [{ kind: 'divided' }] : [];
  const side = [sides('near_unanimous'), sides('majority'), split, sides('minority')].find((list) => list.length > 0);
  return [...(side ?? []), ...(isUncertain(tally) ? [{ kind: 'uncertain' } as const] : [])];
}

/**
 * What the votes on a comment show, each time as the claims of one sentence: groups that take opposite sides are two claims.
 * Empty when nothing can be said but what the comment is about.
 */
export function findingsOf(voted: Voted, letters: readonly string[]): Claim[][] {
  const overall = strongest(voted.all).map((found) => [found as Claim]);
  // where few have voted on a comment at all, few have in each group
  if (HOLDS.thin(voted.all, 'agree')) return overall;
  const shared = STANCES.filter((stance) => holds({ kind: 'consensus', stance }, voted, letters));
  const consensus = shared.map((stance): Claim[] => [{ kind: 'consensus', stance }]);
  return [...overall, ...consensus, ...ofGroups(voted, letters, shared), ...between(voted, letters)];
}

/** What can be said of groups by themselves, but not again what is common ground. */
function ofGroups({ groups }: Voted, letters: readonly string[], shared: readonly Stance[]): Claim[][] {
  const found = groups.flatMap((tally, at) => strongest(tally).map((one) => ({ ...one, letter: letters[at] ?? '' })));
  return [...Map.groupBy(found, ({ kind, stance }) => `${kind} ${stance}`).values()].flatMap((same) => {
    const [{ kind, stance } = { kind: 'thin' as const, stance: undefined }] = same;
    if (stance && shared.includes(stance) && same.length === groups.length) return [];
    return [[{ kind, ...(stance ? { stance } : {}), groups: same.map(({ letter }) => letter) } as Claim]];
  });
}

/** How groups differ: opposite majorities, and the group that takes a side the most beside all that do so less. */
function between({ groups }: Voted, letters: readonly string[]): Claim[][] {
  const where = (check: (tally: Tally) => boolean) => letters.filter((_, at) => check(groups[at] as Tally));
  const [agreeing, disagreeing] = STANCES.map((stance) => where((tally) => isMajority(tally, stance)));
  const opposite: Claim[][] =
    agreeing?.length && disagreeing?.length
      ? [
          [
            { kind: 'majority', stance: 'agree', groups: agreeing },
            { kind: 'majority', stance: 'disagree', groups: disagreeing },
          ],
        ]
      : [];
  const [more] = STANCES.flatMap((stance): Claim[][] => {
    const ranked = groups.filter(enough).toSorted((a, b) => of(b, stance) / b.votes - of(a, stance) / a.votes);
    const first = ranked[0];
    const than = first ? where((second) => isMore(first, second, stance)) : [];
    const groupsOf = [letters[groups.indexOf(first as Tally)] ?? ''];
    return than.length > 0 ? [[{ kind: 'difference', stance, groups: groupsOf, than }]] : [];
  });
  return [...opposite, ...(more ? [more] : [])];
}
