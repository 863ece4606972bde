import type { Tally } from '../votes.ts';
import type { Evidence } from './evidence.ts';
// not from claim.ts: the report's page proves claims in the browser, without the parser
import { type Claim, KIND_CODES, STANCES, type Stance } from './kinds.ts';
import type { Bound, Counted, Share } from './phrases.ts';
import { newcombeLow, wilson, Z_90, Z_95, Z_95_TWO_SIDED } from './statistics.ts';

/** With fewer votes nothing can be said but that few voted. */
export const MIN_VOTES = 10;
const MIN_VOTES_DIVIDED = 20;

/** One comparison that a claim rests on: a comment, and whose votes on it. */
export interface Figure {
  tid: number;
  /** letter of a group; absent: all participants */
  group?: string;
  /** of a difference, the letter of the other group */
  than?: string;
  holds: boolean;
  /** there are too few votes to say more than that */
  tooFew: boolean;
  /** every vote counted is on the side of the claim: "everyone" is true */
  all?: boolean;
  /** the numbers, which `phraseOf` writes for people */
  counted: Counted;
}

/** Why a clause fails, by the votes alone. */
export type VoteReason = 'no_claim' | 'unknown_group' | 'no_votes' | 'votes';

/** What the votes say of a claim, with the numbers that led to it. */
export type Verdict =
  | { verdict: 'proven' | 'content' | 'thin'; figures: Figure[] }
  | { verdict: 'untestable' | 'refuted'; reason: VoteReason; figures: Figure[] };

/**
 * Proves or refutes a claim from the votes on every cited comment and, if it names groups, of every group.
 * @param claim undefined: the clause has none that can be read
 * @param citations the comments that the clause cites
 */
export function prove(claim: Claim | undefined, citations: readonly number[], evidence: Evidence): Verdict {
  if (!claim) return refuted('no_claim');
  const letters = [...('groups' in claim ? (claim.groups ?? []) : []), ...('than' in claim ? claim.than : [])];
  if (letters.some((letter) => columnOf(evidence, letter) === undefined)) return refuted('unknown_group');
  if (claim.kind === 'content') return { verdict: 'content', figures: [] };
  if (citations.length === 0 || citations.some((tid) => !evidence.votes.has(tid))) return refuted('no_votes');
  const figures = citations.flatMap((tid) => figuresOf(claim, tid, evidence));
  const failed = figures.filter(({ holds }) => !holds);
  if (failed.length === 0 && figures.length > 0) return { verdict: claim.kind === 'thin' ? 'thin' : 'proven', figures };
  const verdict = failed.length > 0 && failed.every(({ tooFew }) => tooFew) ? 'untestable' : 'refuted';
  return { verdict, reason: 'votes', figures };
}

const refuted = (reason: VoteReason): Verdict => ({ verdict: 'refuted', reason, figures: [] });

/** Place of a group's tally among those of a comment; 0 is all participants. */
function columnOf({ groups }: Evidence, letter: string): number | undefined {
  const at = groups.findIndex((group) => group.letter === letter);
  return at < 0 ? undefined : at + 1;
}

/** What one comparison found. */
type Found = Pick<Figure, 'holds' | 'tooFew' | 'all' | 'counted'>;

function figuresOf(claim: Exclude<Claim, { kind: 'content' }>, tid: number, evidence: Evidence): Figure[] {
  const tallies = evidence.votes.get(tid) ?? [];
  const of = (letter: string) => tallies[columnOf(evidence, letter) ?? -1] as Tally;
  if (claim.kind === 'difference')
    return claim.groups.flatMap((group) =>
      claim.than.map((than) => ({
        tid,
        group,
        than,
        ...difference(claim.stance, { group, of: of(group) }, { group: than, of: of(than) }),
      })),
    );
  const letters = claim.kind === 'consensus' ? evidence.groups.map(({ letter }) => letter) : claim.groups;
  if (claim.kind === 'consensus' && evidence.groups.length < 2) return [];
  const found = (tally: Tally) => FOUND[claim.kind](tally, 'stance' in claim ? claim.stance : 'agree');
  if (!letters) return [{ tid, ...found(tallies[0] as Tally) }];
  return letters.map((group) => ({ tid, group, ...found(of(group)) }));
}

const tooFew = (n: number, least = MIN_VOTES): Found => ({
  holds: false,
  tooFew: n < MIN_VOTES,
  counted: { is: 'few', n, least },
});
const sideOf = (tally: Tally, stance: Stance): number => (stance === 'agree' ? tally.agrees : tally.disagrees);

/** Shares are compared as whole numbers, so that no rounding decides: k / n ≥ percents / 100. */
const atLeast = (k: number, n: number, percents: number): boolean => k * 100 >= percents * n;

const isMajority = (k: number, n: number): boolean => wilson(k, n, Z_95).low > 0.5;

/** The kinds that look at one tally at a time. Definitions: docs/claims.md. */
const FOUND: Record<Exclude<Claim['kind'], 'content' | 'difference'>, (tally: Tally, stance: Stance) => Found> = {
  majority(tally, stance) {
    const [k, n] = [sideOf(tally, stance), tally.votes];
    if (n < MIN_VOTES) return tooFew(n);
    return bounded({ does: stance, k, n }, { value: wilson(k, n, Z_95).low, how: 'above', limit: 0.5 });
  },
  near_unanimous(tally, stance) {
    const [k, n] = [sideOf(tally, stance), tally.votes];
    if (n < MIN_VOTES) return tooFew(n);
    if (!atLeast(k, n, 85)) return notReached({ does: stance, k, n }, 85);
    const found = bounded({ does: stance, k, n }, { value: wilson(k, n, Z_90).low, how: 'above', limit: 0.75 });
    return { ...found, all: k === n };
  },
  minority(tally, stance) {
    const [k, n] = [sideOf(tally, stance), tally.votes];
    if (n < MIN_VOTES) return tooFew(n);
    if (k < 1) return { holds: false, tooFew: false, counted: { is: 'nobody', n, stance } };
    return bounded({ does: stance, k, n }, { value: wilson(k, n, Z_95).high, how: 'below', limit: 0.5 });
  },
  consensus(tally, stance) {
    const [k, n] = [sideOf(tally, stance), tally.votes];
    if (n < MIN_VOTES) return tooFew(n);
    if (!atLeast(k, n, 60)) return notReached({ does: stance, k, n }, 60);
    return bounded({ does: stance, k, n }, { value: wilson(k, n, Z_90).low, how: 'above', limit: 0.5 });
  },
  divided({ votes: n, agrees, disagrees }) {
    if (n < MIN_VOTES_DIVIDED) return tooFew(n, MIN_VOTES_DIVIDED);
    const sides = { is: 'sides' as const, n, agrees, disagrees };
    if (!atLeast(Math.min(agrees, disagrees), n, 25))
      return { holds: false, tooFew: false, counted: { ...sides, needed: 25 } };
    const majority = STANCES.find((stance) => isMajority(stance === 'agree' ? agrees : disagrees, n));
    return majority
      ? { holds: false, tooFew: false, counted: { ...sides, majority } }
      : { holds: true, tooFew: false, counted: sides };
  },
  uncertain({ votes: n, passes: k }) {
    if (n < MIN_VOTES) return tooFew(n);
    if (!atLeast(k, n, 20)) return notReached({ does: 'pass', k, n }, 20);
    return bounded({ does: 'pass', k, n }, { value: wilson(k, n, Z_90).low, how: 'at_least', limit: 0.15 });
  },
  thin: ({ votes: n }) => ({
    holds: n < MIN_VOTES,
    tooFew: false,
    counted: { is: n < MIN_VOTES ? 'voted' : 'enough', n },
  }),
};

const notReached = (share: Share, needed: number): Found => ({
  holds: false,
  tooFew: false,
  counted: { is: 'share', ...share, needed },
});

/** Holds when the bound is where it must be. */
function bounded(share: Share, { value, how, limit }: Omit<Bound, 'holds'>): Found {
  const holds = how === 'above' ? value > limit : how === 'below' ? value < limit : value >= limit;
  return { holds, tooFew: false, counted: { is: 'share', ...share, bound: { value, how, limit, holds } } };
}

interface OfGroup {
  group: string;
  of: Tally;
}

/** Shares 30 points or more apart, and the interval of the difference above zero. */
function difference(stance: Stance, first: OfGroup, second: OfGroup): Found {
  const small = [first, second].find(({ of }) => of.votes < MIN_VOTES);
  if (small) {
    const [n, least] = [small.of.votes, MIN_VOTES];
    return { holds: false, tooFew: true, counted: { is: 'few', n, least, group: small.group } };
  }
  const [k1, n1] = [sideOf(first.of, stance), first.of.votes];
  const [k2, n2] = [sideOf(second.of, stance), second.of.votes];
  const counted = {
    is: 'difference' as const,
    first: { group: first.group, does: stance, k: k1, n: n1 },
    second: { group: second.group, does: stance, k: k2, n: n2 },
  };
  // as whole numbers: 0.7 - 0.4 is less than 0.3 in floating point
  const apart = (k1 * n2 - k2 * n1) * 10 >= 3 * n1 * n2;
  if (!apart) return { holds: false, tooFew: false, counted };
  const low = newcombeLow(k1, n1, k2, n2, Z_95_TWO_SIDED);
  return { holds: low > 0, tooFew: false, counted: { ...counted, low } };
}

/**
 * The strongest claims that hold for one comment, as codes for the table of comments: of all participants first, with what
 * compares groups, then of each group. Weaker claims that follow from these are left out.
 * @param tallies of all participants, then of each group
 * @returns parallel to the tallies; an empty text where nothing can be claimed but what the comment says
 */
export function strongestClaims(tallies: readonly Tally[], letters: readonly string[]): string[] {
  const [all, ...groups] = tallies;
  const cells = tallies.map(ownClaims);
  if (!all) return cells;
  const everyGroup = STANCES.filter(
    (stance) => groups.length >= 2 && groups.every((tally) => FOUND.consensus(tally, stance).holds),
  );
  const consensus = everyGroup.map((stance) => coded('consensus', stance));
  cells[0] = [`${cells[0]}${consensus.join('')}`, ...differences(groups, letters)].filter(Boolean).join(' ');
  return cells;
}

const coded = (kind: Claim['kind'], stance: Stance): string => `${KIND_CODES[kind]}${stance === 'agree' ? '+' : '-'}`;

/** What holds of one tally by itself. */
function ownClaims(tally: Tally): string {
  if (FOUND.thin(tally, 'agree').holds) return KIND_CODES.thin;
  const first = (kind: 'near_unanimous' | 'majority' | 'minority') =>
    STANCES.filter((stance) => FOUND[kind](tally, stance).holds).map((stance) => coded(kind, stance));
  const sides = [first('near_unanimous'), first('majority')].find((codes) => codes.length > 0);
  const split = FOUND.divided(tally, 'agree').holds ? KIND_CODES.divided : '';
  // beside a majority of one side, the other one is a minority in any case
  const side = sides?.join('') || split || first('minority').join('');
  return `${side}${FOUND.uncertain(tally, 'agree').holds ? KIND_CODES.uncertain : ''}`;
}

/** Every pair of groups that differ; a disagreement is named only where it is not the other side of an agreement that is. */
function differences(groups: readonly Tally[], letters: readonly string[]): string[] {
  const more = (stance: Stance, first: number, second: number): boolean =>
    first !== second &&
    difference(stance, { group: '', of: groups[first] as Tally }, { group: '', of: groups[second] as Tally }).holds;
  const all = groups.map((_, at) => at);
  return STANCES.flatMap((stance) =>
    all.flatMap((first) => {
      const than = all.filter(
        (second) => more(stance, first, second) && (stance === 'agree' || !more('agree', second, first)),
      );
      return than.length === 0
        ? []
        : [`${coded('difference', stance)}${letters[first]}>${than.map((at) => letters[at]).join(',')}`];
    }),
  );
}
