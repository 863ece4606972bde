import type { Claim, Stance } from './claim.ts';
import type { ClaimGroup } from './evidence.ts';
import type { ProseProblem, ProseReason } from './prose.ts';
import type { Said } from './said.ts';
import { LEVELS, type Level, type Stand } from './words.ts';

/** A clause with what is around it. */
export interface Place {
  text: string;
  claim: Claim;
  /** "everyone" is true */
  everybody: boolean;
  groups: readonly ClaimGroup[];
  /** claim of the clause before it in the sentence; unknown where that clause fails by itself; absent in the first clause */
  before: Claim | 'unknown' | undefined;
}

/** The most telling thing that a text says and its claim does not. */
export function misfit(said: readonly Said[], place: Place): ProseProblem | undefined {
  const problem = (reason: ProseReason, parts: readonly Said[]): ProseProblem => ({
    reason,
    words: [...new Set(parts.map(({ from, to }) => place.text.slice(from, to)))],
  });
  const { claim } = place;
  if (claim.kind === 'content') {
    const stands = said.find((part) => saysOfVoters(part, place));
    return stands && problem('text_of_content', [stands]);
  }
  const groups = wrongGroups(said, place);
  if (groups) return problem('text_group', groups);
  const sides = said.map(sideOf);
  if (claim.kind === 'difference') {
    const wrong = wrongComparison(said, sides, claim);
    return wrong && problem(wrong[0], [wrong[1]]);
  }
  const fits = FITS[claim.kind](sides, place);
  for (const [at, part] of said.entries()) {
    const reason = fits(sides[at] as Side, part);
    if (reason) return problem(reason, [part]);
  }
  return undefined;
}

// ---- content

/** A clause about comments names no voters, and takes no stance for them. "Some call for …, others warn" is said of comments. */
function saysOfVoters(part: Said, { before }: Place): boolean {
  const { letters, than, carried, people, every, levels, bare, impersonal, stand } = part;
  if (letters.length > 0 || than.length > 0) return true;
  if (carried && !people && !every && levels.length === 0)
    return stand !== undefined && before !== undefined && before !== 'unknown' && before.kind !== 'content';
  const some = levels.length > 0 && levels.every((level) => level === 'some');
  if (bare && some && stand !== 'divided' && stand !== 'pass') return impersonal;
  return stand !== undefined || ((people || every) && levels.some((level) => level !== 'some' && level !== 'few'));
}

// ---- groups

/** The groups that the clause before speaks of. */
function earlierGroups(before: Place['before']): string[] {
  if (!before || before === 'unknown') return [];
  return [...(('groups' in before && before.groups) || []), ...('than' in before ? before.than : [])];
}

/** Parts that name groups which the claim does not speak of, or an empty list where groups of the claim are missing. */
function wrongGroups(said: readonly Said[], { claim, groups, before }: Place): readonly Said[] | undefined {
  const all = groups.map(({ letter }) => letter);
  const consensus = claim.kind === 'consensus';
  const allowed = new Set(consensus ? all : earlierGroups(claim));
  const named = new Set<string>();
  const told = new Set([...said.flatMap(({ letters }) => letters), ...earlierGroups(before)]);
  for (const part of said) {
    const letters = [...part.letters, ...part.than];
    if (part.others || part.thanOthers) {
      const others = told.size > 0 ? all.filter((letter) => !told.has(letter)) : [];
      if (others.length === 0) return [part];
      letters.push(...others);
    }
    if (letters.some((letter) => !allowed.has(letter))) return [part];
    if (part.every && isEvery(allowed, groups)) letters.push(...allowed);
    for (const letter of letters) named.add(letter);
  }
  const missing = [...allowed].some((letter) => !named.has(letter));
  if (consensus) return named.size > 0 && missing ? said.filter(({ letters }) => letters.length > 0) : undefined;
  if (allowed.size === 0) {
    // "and rejects taxes" after a clause about a group speaks of that group
    const carries = said.length > 0 && said.every(({ carried, people, every }) => carried && !people && !every);
    return carries && earlierGroups(before).length > 0 ? said : undefined;
  }
  if (!missing) return undefined;
  const own = said.filter(({ people, every, letters }) => (people || every) && letters.length === 0);
  if (own.length === 0 && named.size === 0 && before) {
    const earlier = new Set(earlierGroups(before));
    if (before === 'unknown' || (earlier.size === allowed.size && [...allowed].every((letter) => earlier.has(letter))))
      return undefined;
  }
  return own;
}

/** "All groups" and "both" stand for the groups of a claim that speaks of all, or of two. */
const isEvery = ({ size }: { size: number }, groups: readonly ClaimGroup[]): boolean =>
  size === groups.length || size === 2;

// ---- stance and quantity

/** What a part says, with "nobody disagrees" read as "everyone agrees". */
interface Side {
  stand: Stand | undefined;
  levels: Level[];
  negated: boolean;
}

function sideOf(part: Said): Side {
  let { negated } = part;
  const levels = part.levels.map((level): Level => {
    if (level === 'nobody' || level === 'hardly') negated = !negated;
    if (level === 'nobody') return 'everyone';
    return level === 'hardly' ? 'nearly' : level;
  });
  const stand = part.stand === 'think' ? 'agree' : part.stand;
  if (stand !== 'agree' && stand !== 'disagree') return { stand, levels, negated };
  return { stand: negated === (stand === 'agree') ? 'disagree' : 'agree', levels, negated };
}

const rank = (level: Level) => LEVELS.indexOf(level);
/** A quantity outside of these bounds; "some" is never false. */
const isBeyond = (levels: readonly Level[], least: Level, most: Level): boolean =>
  levels.some((level) => level !== 'some' && (rank(level) < rank(least) || rank(level) > rank(most)));
const isFew = (levels: readonly Level[]): boolean => levels.length > 0 && levels.every((level) => level === 'few');
const isSmall = (levels: readonly Level[]): boolean =>
  levels.length > 0 && levels.every((level) => level === 'few' || level === 'some');

type Fit = (side: Side, part: Said) => ProseReason | undefined;
type FitOf = (sides: readonly Side[], place: Place) => Fit;

/** Majority, near unanimity and consensus: the stance of the claim, and so many of them at most. */
const onSide =
  (top: Level): FitOf =>
  (_, { claim, everybody, groups }) => {
    const { stance } = claim as { stance: Stance };
    const consensus = claim.kind === 'consensus';
    const everyGroup = consensus || isEvery({ size: earlierGroups(claim).length }, groups);
    return ({ stand, levels }, part) => {
      const takes = stand !== undefined && stand !== 'view';
      // where a majority agrees, few disagree
      if (takes && stand !== stance && (stand === 'agree' || stand === 'disagree') && isFew(levels)) return undefined;
      if (takes && stand !== stance) return 'text_stance';
      if (part.every && !everyGroup) return 'text_quantity';
      const counted = consensus ? levels.filter((level) => level !== 'consensus') : levels;
      return isBeyond(counted, 'most', everybody ? 'everyone' : top) ? 'text_quantity' : undefined;
    };
  };

const FITS: Record<Exclude<Claim['kind'], 'content' | 'difference'>, FitOf> = {
  majority: onSide('most'),
  near_unanimous: onSide('nearly'),
  consensus: onSide('most'),
  minority: (_, { claim, groups }) => {
    const { stance } = claim as { stance: Stance };
    const everyGroup = isEvery({ size: earlierGroups(claim).length }, groups);
    return ({ stand, levels, negated }, part) => {
      if (stand === 'thin') return 'text_stance';
      if (part.every && !everyGroup) return 'text_quantity';
      const small = isSmall(levels);
      if (stand === undefined) return levels.length === 0 || small ? undefined : 'text_quantity';
      // where a minority agrees, most do not
      if (stand !== 'view' && stand !== stance)
        return negated && !small && !isBeyond(levels, 'most', 'most') ? undefined : 'text_stance';
      return small ? undefined : 'text_quantity';
    };
  },
  divided: (sides) => {
    const divided = sides.some(({ stand }) => stand === 'divided');
    const both = ['agree', 'disagree'].every((stance) => sides.some(({ stand }) => stand === stance));
    const split = divided || both || sides.some(({ levels }) => levels.includes('half'));
    return ({ stand, levels }) => {
      if (stand === 'thin') return 'text_stance';
      if (isBeyond(levels, 'few', 'half')) return 'text_quantity';
      if (stand === 'pass' || stand === 'view') return divided ? undefined : 'text_stance';
      return stand === undefined || split ? undefined : 'text_stance';
    };
  },
  uncertain: (sides) => {
    const doubts = sides.some(({ stand }) => stand === 'pass');
    return ({ stand, levels }) => {
      if (stand === undefined || stand === 'pass') return isBeyond(levels, 'few', 'some') ? 'text_quantity' : undefined;
      return stand === 'view' || (stand === 'divided' && doubts) ? undefined : 'text_stance';
    };
  },
  thin:
    () =>
    ({ stand }, { levels }) => {
      if (stand && stand !== 'thin') return 'text_stance';
      return isBeyond(levels, 'nobody', 'some') ? 'text_quantity' : undefined;
    },
};

// ---- comparison

/** Who takes the stance more than whom. That two groups take sides, each its own, is more than a difference says. */
function wrongComparison(
  said: readonly Said[],
  sides: readonly Side[],
  { stance, groups, than }: Extract<Claim, { kind: 'difference' }>,
): [ProseReason, Said] | undefined {
  for (const [at, part] of said.entries()) {
    const { stand, levels } = sides[at] as Side;
    const [high, low] = part.compares > 0 ? [part.letters, part.than] : [part.than, part.letters];
    if (part.compares !== 0 && (high.some((each) => than.includes(each)) || low.some((each) => groups.includes(each))))
      return ['text_direction', part];
    if (stand === 'thin' || stand === 'pass') return ['text_stance', part];
    if ((stand === 'agree' || stand === 'disagree') && stand !== stance) return ['text_stance', part];
    if (stand && stand !== 'divided' && part.every && part.letters.length === 0) return ['text_stance', part];
    if (isBeyond(levels, 'some', 'some')) return ['text_quantity', part];
  }
  const sided = said.find((_, at) => ['agree', 'disagree'].includes(sides[at]?.stand ?? ''));
  return sided && said.every(({ compares }) => compares === 0) ? ['text_stance', sided] : undefined;
}
