import type { Claim, Stance } from '../../lambdas/report/claims/claim.ts';

/** Participants who agree, disagree and pass. */
export type Counts = readonly [agrees: number, disagrees: number, passes: number];

/** Counts by comment, then by letter of an opinion group; `''` is all participants. */
export type CountsByScope = ReadonlyMap<number, ReadonlyMap<string, Counts>>;

export type OracleVerdict = 'proven' | 'content' | 'thin' | 'untestable' | 'refuted';
type Found = 'holds' | 'too few' | 'fails';

/** A quantile of the normal distribution as a fraction. */
type Z = readonly [bigint, bigint];
const Z_ONE_SIDED_90: Z = [12_816n, 10_000n];
const Z_ONE_SIDED_95: Z = [1_645n, 1_000n];
/** 1.96² */
const SQUARE_TWO_SIDED_95: Z = [2_401n, 625n];

/**
 * Judges a claim as docs/claims.md defines it, apart from the code that it tests: whole numbers of any size instead of
 * floating point, and a bound of an interval is compared without being computed where that is possible.
 * @param letters of the opinion groups
 * @param votes of every cited comment
 */
export function judge(
  claim: Claim,
  tids: readonly number[],
  letters: readonly string[],
  votes: CountsByScope,
): OracleVerdict {
  if (claim.kind === 'content') return 'content';
  if (claim.kind === 'consensus' && letters.length < 2) return 'refuted';
  const found = tids.flatMap((tid) => foundOn(claim, letters, (letter) => countsOf(votes, tid, letter)));
  if (found.length === 0 || found.includes('fails')) return 'refuted';
  if (found.includes('too few')) return 'untestable';
  return claim.kind === 'thin' ? 'thin' : 'proven';
}

export function countsOf(votes: CountsByScope, tid: number, letter: string): Counts {
  const counts = votes.get(tid)?.get(letter);
  if (!counts) throw new RangeError(`the oracle has no votes of "${letter}" on comment ${tid}`);
  return counts;
}

function foundOn(
  claim: Exclude<Claim, { kind: 'content' }>,
  letters: readonly string[],
  of: (letter: string) => Counts,
): Found[] {
  if (claim.kind === 'difference')
    return claim.groups.flatMap((more) => claim.than.map((less) => difference(claim.stance, of(more), of(less))));
  const scope = claim.kind === 'consensus' ? letters : (claim.groups ?? ['']);
  return scope.map((letter) => foundIn(claim, of(letter)));
}

function foundIn(claim: Exclude<Claim, { kind: 'content' | 'difference' }>, counts: Counts): Found {
  const n = total(counts);
  switch (claim.kind) {
    case 'majority':
      return whereEnough(n, isMajority(side(counts, claim.stance), n));
    case 'near_unanimous': {
      const k = side(counts, claim.stance);
      return whereEnough(n, 20n * k >= 17n * n && isAbove(k, n, 75n, Z_ONE_SIDED_90));
    }
    case 'minority': {
      const k = side(counts, claim.stance);
      return whereEnough(n, k > 0n && isBelow(k, n, 50n, Z_ONE_SIDED_95));
    }
    case 'consensus': {
      const k = side(counts, claim.stance);
      return whereEnough(n, 5n * k >= 3n * n && isAbove(k, n, 50n, Z_ONE_SIDED_90));
    }
    case 'divided':
      return divided(counts);
    case 'uncertain':
      return uncertain(BigInt(counts[2]), n);
    case 'thin':
      return n < 10n ? 'holds' : 'fails';
  }
}

const total = ([agrees, disagrees, passes]: Counts): bigint => BigInt(agrees) + BigInt(disagrees) + BigInt(passes);
const side = ([agrees, disagrees]: Counts, stance: Stance): bigint => BigInt(stance === 'agree' ? agrees : disagrees);
const whereEnough = (n: bigint, holds: boolean): Found => (n < 10n ? 'too few' : holds ? 'holds' : 'fails');

const isMajority = (k: bigint, n: bigint): boolean => isAbove(k, n, 50n, Z_ONE_SIDED_95);

function divided(counts: Counts): Found {
  const [n, agrees, disagrees] = [total(counts), BigInt(counts[0]), BigInt(counts[1])];
  if (n < 10n) return 'too few';
  const bothLarge = 4n * agrees >= n && 4n * disagrees >= n;
  return n >= 20n && bothLarge && !isMajority(agrees, n) && !isMajority(disagrees, n) ? 'holds' : 'fails';
}

function uncertain(passes: bigint, n: bigint): Found {
  const atLeast15 = 100n * passes > 15n * n && fromScore(passes, n, 15n, Z_ONE_SIDED_90) >= 0n;
  return whereEnough(n, 5n * passes >= n && atLeast15);
}

/**
 * The score interval of k of n is the set of all shares c that a score test does not reject: those with
 * (k − cn)² ≤ z²·c(1 − c)·n. So c lies outside exactly when this is above 0, and on a bound when it is 0.
 * @param percent c, in hundredths
 */
function fromScore(k: bigint, n: bigint, percent: bigint, [z, scale]: Z): bigint {
  const away = 100n * k - percent * n;
  return away * away * scale * scale - z * z * percent * (100n - percent) * n;
}

/** Whether the whole interval lies above a share. */
const isAbove = (k: bigint, n: bigint, percent: bigint, z: Z): boolean =>
  100n * k > percent * n && fromScore(k, n, percent, z) > 0n;
/** Whether the whole interval lies below a share. */
const isBelow = (k: bigint, n: bigint, percent: bigint, z: Z): boolean =>
  100n * k < percent * n && fromScore(k, n, percent, z) > 0n;

/** Fixed point: 40 decimal digits. */
const ONE = 10n ** 40n;

/** 30 points, and Newcombe's lower bound above 0: the difference is longer than the way to both bounds together. */
function difference(stance: Stance, more: Counts, less: Counts): Found {
  const [k1, n1, k2, n2] = [side(more, stance), total(more), side(less, stance), total(less)];
  if (n1 < 10n || n2 < 10n) return 'too few';
  const apart = k1 * n2 - k2 * n1;
  if (10n * apart < 3n * n1 * n2) return 'fails';
  const difference = (apart * ONE) / (n1 * n2);
  const down = (k1 * ONE) / n1 - scoreBounds(k1, n1).low;
  const up = scoreBounds(k2, n2).high - (k2 * ONE) / n2;
  return difference * difference > down * down + up * up ? 'holds' : 'fails';
}

/**
 * The bounds are the roots x of (n + z²)x² − (2k + z²)x + k²/n = 0. With z² = q/r and both sides times rn:
 * ax² − bx + c with a = n(rn + q), b = n(2rk + q), c = rk². The smaller root is 2c/(b + √(b² − 4ac)).
 */
function scoreBounds(k: bigint, n: bigint): { low: bigint; high: bigint } {
  const [q, r] = SQUARE_TWO_SIDED_95;
  const [a, b, c] = [n * (r * n + q), n * (2n * r * k + q), r * k * k];
  const root = b * ONE + squareRoot((b * b - 4n * a * c) * ONE * ONE);
  return { low: (2n * c * ONE * ONE) / root, high: root / (2n * a) };
}

/** The largest whole number whose square is at most `value` (Newton's method, from above). */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/**
 * Numbers of the oracle's own, to hold them against a table from elsewhere: Newcombe's lower bound of the difference at z = 1.96.
 * @returns -1 to 1, exact to the precision of a number
 */
export function differenceBound([k1, n1]: readonly [number, number], [k2, n2]: readonly [number, number]): number {
  const [first, second] = [scoreBounds(BigInt(k1), BigInt(n1)), scoreBounds(BigInt(k2), BigInt(n2))];
  const apart = ((BigInt(k1) * BigInt(n2) - BigInt(k2) * BigInt(n1)) * ONE) / (BigInt(n1) * BigInt(n2));
  const down = (BigInt(k1) * ONE) / BigInt(n1) - first.low;
  const up = second.high - (BigInt(k2) * ONE) / BigInt(n2);
  return Number(apart - squareRoot(down * down + up * up)) / Number(ONE);
}
