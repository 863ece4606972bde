import type { Claim, Stance } from './claim.ts';
import type { ClaimGroup } from './evidence.ts';
import type { ProseProblem, ProseReason } from './prose.ts';
import type { Said } from './said.ts';
import { LEVELS, type Level } from './words.ts';

/** A clause with what is around it. */
export interface Place {
  text: string;
  claim: Claim;
  everybody: boolean;
  groups: readonly ClaimGroup[];
  /** claim of the clause before it in the sentence; unknown where that clause fails by itself; absent in the first clause */
  before: Claim | 'unknown' | undefined;
}

/** The most telling thing that a text says and its claim does not. */
export function misfit(said: readonly Said[], place: Place): ProseProblem | undefined {
  const { text, claim } = place;
  const words = (...parts: Said[]) => [...new Set(parts.map(({ from, to }) => text.slice(from, to)))];
  const problem = (reason: ProseReason, ...parts: Said[]): ProseProblem => ({ reason, words: words(...parts) });
  if (claim.kind === 'content') {
    const stands = said.find((part) => saysOfVoters(part, place));
    return stands && problem('text_of_content', stands);
  }
  const groups = wrongGroups(said, place);
  if (groups) return problem('text_group', ...groups);
  for (const part of said) {
    const reason = claim.kind === 'difference' ? undefined : FITS[claim.kind](part, said, place);
    if (reason) return problem(reason, part);
  }
  if (claim.kind === 'difference') {
    const reason = compares(said, claim, place);
    if (reason) return problem(reason[0], reason[1]);
  }
  return undefined;
}

// ---- content

const isSome = (level: Level) => level === 'some' || level === 'few';

function saysOfVoters(part: Said, { before }: Place): boolean {
  if (part.letters.length > 0 || part.than.length > 0) return true;
  if (part.carried && !part.people && !part.every && part.levels.length === 0)
    return before !== undefined && before !== 'unknown' && before.kind !== 'content' && part.stand !== undefined;
  if (
    part.bare &&
    part.levels.length > 0 &&
    part.levels.every((level) => level === 'some') &&
    (part.stand === 'think' || part.stand === 'view' || part.stand === 'agree' || part.stand === 'disagree')
  )
    return part.impersonal;
  if (part.stand || part.stand === 'thin') return true;
  return part.levels.some((level) => !isSome(level)) && (part.people || part.every);
}

// ---- groups

function wrongGroups(said: readonly Said[], { claim, groups, before }: Place): Said[] | undefined {
  const named = new Set<string>();
  const all = groups.map(({ letter }) => letter);
  const claimed = 'groups' in claim && claim.groups ? [...claim.groups] : [];
  const than = 'than' in claim ? claim.than : [];
  const allowed = new Set(claim.kind === 'consensus' ? all : [...claimed, ...than]);
  const namesAll = allowed.size === all.length || claim.kind === 'consensus';
  for (const part of said) {
    for (const letter of [...part.letters, ...part.than]) {
      if (!allowed.has(letter)) return [part];
      named.add(letter);
    }
    if (part.every && allowed.size > 0 && (namesAll || allowed.size === 2))
      for (const letter of allowed) named.add(letter);
    if (part.others || part.thanOthers) {
      const reference = new Set([...said.flatMap(({ letters }) => letters), ...earlierGroups(before)]);
      const others = reference.size > 0 ? all.filter((letter) => !reference.has(letter)) : [];
      if (others.length === 0 || others.some((letter) => !allowed.has(letter))) return [part];
      for (const letter of others) named.add(letter);
    }
  }
  const own = said.filter(({ people, letters, every }) => (people || every) && letters.length === 0);
  const missing = [...allowed].filter((letter) => !named.has(letter));
  if (claim.kind === 'consensus') {
    return named.size > 0 && missing.length > 0 ? said.filter(({ letters }) => letters.length > 0) : undefined;
  }
  if (allowed.size === 0) {
    const carries = said.length > 0 && said.every(({ carried, people, every }) => carried && !people && !every);
    return carries && earlierGroups(before).length > 0 ? [...said] : undefined;
  }
  if (missing.length === 0) return undefined;
  if (before === 'unknown' && own.length === 0) return undefined;
  if (before && before !== 'unknown' && own.length === 0 && named.size === 0) {
    const earlier = new Set(earlierGroups(before));
    if (missing.every((letter) => earlier.has(letter)) && earlier.size === allowed.size) return undefined;
  }
  return own;
}

/** The groups that the clause before speaks of. */
function earlierGroups(before: Place['before']): string[] {
  if (!before || before === 'unknown') return [];
  return [...(('groups' in before && before.groups) || []), ...('than' in before ? before.than : [])];
}

// ---- stance and quantity

/** What a part says, with "nobody disagrees" read as "everyone agrees". */
function side(part: Said): { stand: Said['stand']; levels: Level[]; negated: boolean; soft: boolean } {
  const soft = part.stand === 'think' || part.stand === 'view';
  let negated = part.negated;
  const levels = part.levels.map((level): Level => {
    if (level === 'nobody' || level === 'hardly') negated = !negated;
    return level === 'nobody' ? 'everyone' : level === 'hardly' ? 'nearly' : level;
  });
  const turned = { agree: 'disagree', disagree: 'agree' } as const;
  const base = part.stand === 'think' ? 'agree' : part.stand;
  const stand = negated && (base === 'agree' || base === 'disagree') ? turned[base] : base;
  return { stand, levels, negated, soft };
}

const rank = (level: Level) => LEVELS.indexOf(level);
const beyond = (levels: readonly Level[], most: Level, least: Level = 'some'): boolean =>
  levels.some((level) => level !== 'some' && (rank(level) > rank(most) || rank(level) < rank(least)));

type Fit = (part: Said, said: readonly Said[], place: Place) => ProseReason | undefined;

/** A clause under a majority, near unanimity or consensus. */
function onSide(most: Level, crossGroups: boolean): Fit {
  return (part, _said, { claim, everybody, groups }) => {
    const { stance } = claim as { stance: Stance };
    const { stand, levels, soft } = side(part);
    const top = everybody ? 'everyone' : most;
    const claimed = 'groups' in claim ? (claim.groups ?? []) : [];
    const everyGroup = crossGroups || claimed.length === groups.length || claimed.length === 2;
    if (part.stand === 'thin') return 'text_stance';
    if (stand === undefined) {
      if (part.every && !everyGroup) return 'text_quantity';
      return quantityOf(levels, top, crossGroups);
    }
    if (stand !== 'view' && stand !== stance) {
      if ((stand === 'agree' || stand === 'disagree') && levels.length > 0 && levels.every((level) => level === 'few'))
        return undefined;
      if (soft && stance === 'disagree') return 'text_stance';
      return 'text_stance';
    }
    if (part.every && !everyGroup) return 'text_quantity';
    return quantityOf(levels, top, crossGroups);
  };
}

function quantityOf(levels: readonly Level[], top: Level, crossGroups: boolean): ProseReason | undefined {
  const counted = crossGroups ? levels.filter((level) => level !== 'consensus') : levels;
  return beyond(counted, top, 'most') ? 'text_quantity' : undefined;
}

const FITS: Record<Exclude<Claim['kind'], 'content' | 'difference'>, Fit> = {
  majority: onSide('most', false),
  near_unanimous: onSide('nearly', false),
  consensus: onSide('most', true),
  minority(part, _said, { claim, groups }) {
    const { stance, groups: claimed = [] } = claim as { stance: Stance; groups?: string[] };
    const { stand, levels, negated } = side(part);
    if (part.stand === 'thin') return 'text_stance';
    if (part.every && claimed.length !== groups.length && claimed.length !== 2) return 'text_quantity';
    const small = levels.length > 0 && levels.every(isSome);
    if (stand === undefined) return levels.some((level) => !isSome(level)) ? 'text_quantity' : undefined;
    if (stand !== 'view' && stand !== stance)
      return negated && !beyond(levels, 'most', 'most') && !small ? undefined : 'text_stance';
    return small ? undefined : 'text_quantity';
  },
  divided(part, said) {
    const { stand, levels } = side(part);
    if (part.stand === 'thin') return 'text_stance';
    const halves = levels.includes('half');
    if (beyond(levels, 'half', 'few')) return 'text_quantity';
    if (stand === undefined || stand === 'divided' || halves) return undefined;
    if (stand === 'pass' || stand === 'view')
      return said.some((other) => other.stand === 'divided') ? undefined : 'text_stance';
    const sides = new Set(said.map((other) => side(other).stand));
    const split =
      sides.has('divided') ||
      (sides.has('agree') && sides.has('disagree')) ||
      said.some((other) => other.levels.includes('half'));
    return split ? undefined : 'text_stance';
  },
  uncertain(part, said) {
    const { stand, levels } = side(part);
    if (part.stand === 'thin') return 'text_stance';
    if (stand !== undefined && stand !== 'pass') {
      const doubts = said.some((other) => other.stand === 'pass');
      return stand === 'view' || (doubts && stand === 'divided') ? undefined : 'text_stance';
    }
    return beyond(levels, 'some', 'few') ? 'text_quantity' : undefined;
  },
  thin(part) {
    if (part.stand && part.stand !== 'thin') return 'text_stance';
    return beyond(part.levels, 'some', 'nobody') ? 'text_quantity' : undefined;
  },
};

// ---- comparison

function compares(
  said: readonly Said[],
  claim: Extract<Claim, { kind: 'difference' }>,
  { groups }: Place,
): [ProseReason, Said] | undefined {
  const turned = (part: Said): boolean => {
    if (part.compares === 0) return false;
    const [high, low] = part.compares > 0 ? [part.letters, part.than] : [part.than, part.letters];
    return high.some((letter) => claim.than.includes(letter)) || low.some((letter) => claim.groups.includes(letter));
  };
  for (const part of said) {
    const { stand, levels } = side(part);
    if (part.stand === 'thin') return ['text_stance', part];
    if (turned(part)) return ['text_direction', part];
    if (part.every && part.letters.length === 0 && stand !== 'divided' && groups.length > 0 && part.stand)
      return ['text_stance', part];
    if (stand === 'pass') return ['text_stance', part];
    if ((stand === 'agree' || stand === 'disagree') && stand !== claim.stance) return ['text_stance', part];
    if (beyond(levels, 'some', 'some')) return ['text_quantity', part];
  }
  const stands = said.filter(({ stand }) => stand === 'agree' || stand === 'disagree' || stand === 'think');
  const compared = said.some((part) => part.compares !== 0);
  if (stands.length > 0 && !compared) return ['text_stance', stands.at(-1) as Said];
  return undefined;
}
