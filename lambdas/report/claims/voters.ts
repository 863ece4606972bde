import type { Unit } from './mentions.ts';
import type { Class, Level } from './words.ts';

/** More, less, or no comparison. */
export type Compares = 1 | -1 | 0;

/** A phrase that names voters: "most members of Groups A and B", "everyone", "the other groups". */
export interface Voters {
  /** the unit after it */
  end: number;
  /** it names voters wherever it stands; else only a stance after it shows that voters are meant */
  strong: boolean;
  /** they can only be those who voted, and not people that a comment speaks of */
  sure: boolean;
  levels: Level[];
  letters: string[];
  /** groups that they are compared with: "more members of Group A than of Group B" */
  than: string[];
  /** "the other groups", as those that it names or that they are compared with */
  others: boolean;
  thanOthers: boolean;
  /** "all groups", "both" */
  every: boolean;
  /** "neither group" */
  none: boolean;
  /** "the group", "its members": told before */
  same: boolean;
  /** "participants", "people" */
  people: boolean;
  compares: Compares;
  negated: boolean;
}

export const NOBODY: Readonly<Voters> = {
  end: 0,
  strong: false,
  sure: false,
  levels: [],
  letters: [],
  than: [],
  others: false,
  thanOthers: false,
  every: false,
  none: false,
  same: false,
  people: false,
  compares: 0,
  negated: false,
};

/** Groups that are not told by name, so that they are none of the claim's. */
const SOME_GROUPS = '?';
/** Nothing that is looked at together is longer, so that the time of reading grows with the text and not faster. */
export const MAX_PHRASE = 30;
const NOTHING: Unit = { is: new Set(), start: 0, end: 0, length: 0, stop: 'end' };

const TARGETS = ['voters', 'people', 'everyGroup', 'otherGroups', 'noGroup', 'sameGroup', 'someGroups'] as const;
const isTarget = (unit: Unit): boolean => unit.letters !== undefined || TARGETS.some((name) => unit.is.has(name));
/** Meanings that no phrase of voters goes past. */
const BORDERS = ['that', 'modal', 'statement', 'report', 'contrast', 'bears', 'not'] as const;
/** What may come after voters and is not part of their phrase any more. */
const VERBS = ['gives', 'bears', 'more', 'less', 'who'] as const;
const OPENERS = ['more', 'less', 'not', 'skip', 'of'] as const;

/** The units of a text, with what is asked of them again and again. */
export class Line {
  readonly units: readonly Unit[];

  constructor(units: readonly Unit[]) {
    this.units = units;
  }

  get length(): number {
    return this.units.length;
  }

  /** Before the first and after the last one is an end. */
  at(i: number): Unit {
    return this.units[i] ?? NOTHING;
  }

  is(i: number, ...names: readonly Class[]): boolean {
    const unit = this.at(i);
    return names.some((name) => unit.is.has(name));
  }

  compares(i: number): Compares {
    if (this.is(i, 'more')) return 1;
    return this.is(i, 'less') ? -1 : 0;
  }

  level(i: number): Level | undefined {
    const { degree, quantity } = this.at(i);
    return degree ?? quantity;
  }

  ends(i: number): boolean {
    return this.at(i).stop !== undefined;
  }

  /** The first place from i on that holds none of these. */
  past(i: number, ...names: readonly Class[]): number {
    let next = i;
    while (next < i + MAX_PHRASE && this.is(next, ...names)) next++;
    return next;
  }

  isTarget(i: number): boolean {
    return isTarget(this.at(i)) && !this.isOfSociety(i);
  }

  /** The phrase of voters that starts at a place. */
  votersAt(from: number): Voters | undefined {
    if (!this.opens(from)) return undefined;
    const found: Voters = { ...NOBODY, end: from, levels: [], letters: [], than: [] };
    const levels: Level[] = [];
    let [unknown, bare, than] = [0, false, false];
    for (let k = from; k < Math.min(this.length, from + MAX_PHRASE); k++) {
      const unit = this.at(k);
      const named = found.end > from && !bare;
      if (this.isTarget(k)) {
        found.levels.push(...levels.splice(0));
        take(found, unit, than);
        found.end = k + 1;
        unknown = 0;
        bare = false;
      } else if (unit.stand || (named && this.is(k, ...VERBS)) || (bare && this.compares(k))) break;
      else if (unit.quantity && found.end === from) {
        found.levels.push(unit.quantity);
        found.end = k + 1;
        bare = true;
      } else if (unit.quantity ?? unit.degree) levels.push((unit.quantity ?? unit.degree) as Level);
      else if (unit.is.has('than') && found.end > from) than = true;
      else if (unit.is.has('and')) continue;
      else if (this.compares(k)) found.compares ||= this.compares(k);
      else if (unit.is.has('not') && found.end === from) found.negated = !found.negated;
      else if (unit.is.has('except')) {
        if (this.at(k + 1).letters) found.letters.push(SOME_GROUPS);
        break;
      } else if (unit.stop === 'comma' ? !found.letters.length || !this.listGoesOn(k) : this.isBorder(k)) break;
      else if (!unit.stop && !unit.is.has('skip') && !unit.is.has('of')) {
        const counted = found.end > from || found.compares !== 0 || levels.length > 0;
        if (++unknown > 1 || found.strong || !counted) break;
      }
    }
    return found.end > from ? found : undefined;
  }

  opens(i: number): boolean {
    const { quantity, degree } = this.at(i);
    return Boolean(quantity ?? degree) || this.isTarget(i) || this.is(i, ...OPENERS);
  }

  isBorder(i: number): boolean {
    const { stop, quote } = this.at(i);
    return Boolean(stop ?? quote) || (!this.is(i, 'skip') && this.is(i, ...BORDERS));
  }

  /** "all groups of society" are none of the opinion groups. */
  isOfSociety(i: number): boolean {
    if (!this.is(i, 'everyGroup', 'someGroups') || !this.is(i + 1, 'of')) return false;
    const next = this.past(i + 1, 'of', 'skip');
    const { is, stand, quantity, degree, letters, stop } = this.at(next);
    return is.size === 0 && !(stand ?? quantity ?? degree ?? letters ?? stop);
  }

  /** After a comma come more groups: "Groups A, B and C". */
  listGoesOn(from: number): boolean {
    for (let k = from; k < Math.min(this.length, from + MAX_PHRASE); k++) {
      if (this.is(k, 'and')) return this.at(this.past(k + 1, 'skip', 'of')).letters !== undefined;
      if (this.at(k).stop !== 'comma' && !this.at(k).letters && !this.is(k, 'skip')) return false;
    }
    return false;
  }
}

function take(found: Voters, unit: Unit, than: boolean): void {
  const has = (name: Class) => unit.is.has(name);
  if (unit.letters) (than ? found.than : found.letters).push(...unit.letters);
  if (has('someGroups')) found.letters.push(SOME_GROUPS);
  // "both" and "the rest" by themselves may be anything
  found.sure ||= unit.letters !== undefined || has('voters') || (unit.length > 1 && !has('people'));
  found.strong ||= found.sure || found.levels.length > 0;
  found.people ||= has('voters') || has('people');
  found.every ||= has('everyGroup');
  found.none ||= has('noGroup');
  found.same ||= has('sameGroup');
  if (has('otherGroups')) found[than ? 'thanOthers' : 'others'] = true;
}
