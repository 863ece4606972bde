import type { Tally } from '../votes.ts';
import { STANCES, type Stance } from './claim.ts';
import type { Evidence } from './evidence.ts';
import { Z_90 } from './statistics.ts';

/** A comment that stands for an opinion group, and the side that the group takes on it. */
export interface Representative {
  tid: number;
  stance: Stance;
}

/** How much of what stands for an opinion group a report cites. */
export interface GroupCoverage {
  /** of the group */
  letter: string;
  /** the most representative first */
  representative: Representative[];
  /** tids of those that the report cites, in the same order */
  cited: number[];
  /** 0 to 1; null where nothing represents the group, because nobody of it agreed or disagreed with anything */
  share: number | null;
}

export interface Coverage {
  groups: GroupCoverage[];
  /** tids of representative comments that no section cites, ascending */
  missing: number[];
}

/**
 * How much of what stands for each opinion group a report cites.
 * @param evidence of every comment that the report could have shown, not only of those it cites
 * @param cited tids that any section cites
 */
export function coverageOf(evidence: Evidence, cited: ReadonlySet<number>): Coverage {
  const groups = evidence.groups.map(({ letter }, at): GroupCoverage => {
    const representative = representativeComments(evidence, at);
    const found = representative.flatMap(({ tid }) => (cited.has(tid) ? [tid] : []));
    return {
      letter,
      representative,
      cited: found,
      share: representative.length > 0 ? found.length / representative.length : null,
    };
  });
  const all = groups.flatMap(({ representative }) => representative.map(({ tid }) => tid));
  return { groups, missing: [...new Set(all)].filter((tid) => !cited.has(tid)).sort((a, b) => a - b) };
}

/** So many comments stand for a group in Polis' own report. */
const MAX_REPRESENTATIVE = 5;

/**
 * The comments that Polis' own report shows for an opinion group: the one that the group agrees with most, then those that pass
 * both tests below, the highest product of the four measures first; five in all. Not all that pass count: the more people voted
 * the more comments pass (204 of 522 for one group of 761 people), and a share of those would say how long a report is.
 *
 * Source: `select-rep-comments` in Polis, math/src/polismath/math/repness.clj; the measure is explained in Small, C. et al. (2021),
 * Polis: Scaling Deliberation by Mapping High Dimensional Opinion Spaces, Recerca 26(2). The one difference is deliberate: a
 * comment that nobody of the group agreed or disagreed with never stands for it.
 * @param group place of the group in the evidence
 */
function representativeComments({ groups, votes }: Evidence, group: number): Representative[] {
  const candidates = [...votes]
    .sort(([a], [b]) => a - b)
    .flatMap(([tid, tallies]) => {
      const own = tallies[group + 1];
      if (!own || own.agrees + own.disagrees === 0) return [];
      const others = groups.flatMap((_, at) => (at === group ? [] : (tallies[at + 1] ?? [])));
      return [{ tid, ...sidesOf(own, others) }];
    });
  const passing = candidates.filter(({ agree, disagree }) => passes(agree) || passes(disagree));
  const agreed = mostAgreed(candidates);
  const first = agreed && { tid: agreed.tid, stance: 'agree' as const };
  // a group that nothing sets apart is still shown with its most particular comment
  const found = passing.length > 0 || first ? passing : candidates.toSorted(by((side) => side.zMore)).slice(0, 1);
  const rest = found.filter(({ tid }) => tid !== first?.tid).toSorted(by((side) => side.rank));
  const named = rest.map((candidate) => ({ tid: candidate.tid, stance: particular(candidate).stance }));
  return [...(first ? [first] : []), ...named].slice(0, MAX_REPRESENTATIVE);
}

/** One side that a group takes on a comment, measured as Polis does it. A pass counts as a vote. */
interface Side {
  stance: Stance;
  /** of the group's votes, estimated: 0 to 1 */
  share: number;
  /** whether that is more than half */
  z: number;
  /** the share, divided by that of the other groups */
  ratio: number;
  /** whether it is more than that of the other groups */
  zMore: number;
  /** the product of the four */
  rank: number;
}
type Candidate = { tid: number } & Record<Stance, Side>;

/** @param others of the other groups; people in no group count for nobody */
function sidesOf(own: Tally, others: readonly Tally[]): Record<Stance, Side> {
  const sum = (count: (tally: Tally) => number) => others.reduce((total, tally) => total + count(tally), 0);
  const otherVotes = sum(({ votes }) => votes);
  const [agree, disagree] = STANCES.map((stance): Side => {
    const on = (tally: Tally) => (stance === 'agree' ? tally.agrees : tally.disagrees);
    const share = estimated(on(own), own.votes);
    const z = halfTest(on(own), own.votes);
    const ratio = share / estimated(sum(on), otherVotes);
    const zMore = moreTest(on(own), own.votes, sum(on), otherVotes);
    return { stance, share, z, ratio, zMore, rank: share * z * ratio * zMore };
  });
  return { agree, disagree } as Record<Stance, Side>;
}

/** A share of few votes is drawn towards one half: one vote is added to either side. */
const estimated = (k: number, n: number): number => (k + 1) / (n + 2);

/** Proportion test of k of n against one half, with one added to both. Source: `prop-test` in Polis, math/stats.clj. @returns z */
const halfTest = (k: number, n: number): number => 2 * Math.sqrt(n + 1) * ((k + 1) / (n + 1) - 0.5);

/**
 * Two-proportion test with the pooled share, with one added to each of the four. Source: `two-prop-test` in Polis, math/stats.clj.
 * @returns z, above 0 when the first share is the larger one
 */
function moreTest(k: number, n: number, otherK: number, otherN: number): number {
  const [k1, n1, k2, n2] = [k + 1, n + 1, otherK + 1, otherN + 1];
  const pooled = (k1 + k2) / (n1 + n2);
  // everybody is on this side, in both
  if (pooled === 1) return 0;
  return (k1 / n1 - k2 / n2) / Math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2));
}

/** Most of the group are on this side, and more than in the other groups, both at 90 % (one-sided). */
const passes = ({ z, zMore }: Side): boolean => z > Z_90 && zMore > Z_90;

/** The side that sets the group apart from the others. */
const particular = ({ agree, disagree }: Candidate): Side => (agree.zMore > disagree.zMore ? agree : disagree);

/** Orders by a measure of that side, the highest first. */
const by =
  (measure: (side: Side) => number) =>
  (a: Candidate, b: Candidate): number =>
    measure(particular(b)) - measure(particular(a));

/** What the group agrees with most: a comment that sets it apart, or else one that most of it agree with. */
function mostAgreed(candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    const { agree } = candidate;
    const better = best ? beats(agree, best.agree) : agree.z > Z_90 || (agree.ratio > 1 && agree.share > 0.5);
    if (better) best = candidate;
  }
  return best;
}

const beats = (side: Side, best: Side): boolean =>
  best.ratio > 1 ? side.rank > best.rank : side.share * side.z > best.share * best.z;
