import type { Unit } from './mentions.ts';
import { Line, MAX_PHRASE, type Voters } from './voters.ts';
import type { Level, Stand } from './words.ts';

/** What is said of voters after they are named. */
export interface Predicate extends Pick<Voters, 'negated' | 'levels' | 'than' | 'thanOthers' | 'compares'> {
  stand: Stand;
  end: number;
}

/** What stands right before a stance that no voters stand before. */
export interface Before extends Pick<Voters, 'negated' | 'levels' | 'compares'> {
  /** "finds", "there is" */
  bears: boolean;
  /** "is" */
  is: boolean;
  /** only adverbs stand between it and the start, a comma, an "and" */
  first: boolean;
  /** "and", "but" */
  joined: boolean;
  /** the place after the last unit that is none of this */
  end: number;
}

/** So many unknown words may stand between voters and their stance: between most voters, and between a stance and its adverb. */
export const FAR = 8;
export const NEAR = 3;

export const predicateOf = (stand: Stand, end: number): Predicate => ({
  stand,
  end,
  negated: false,
  levels: [],
  than: [],
  thanOthers: false,
  compares: 0,
});
export const takesSide = (stand: Stand) => stand !== 'think' && stand !== 'view';
/** What a stance says of quantity by itself: "common ground" is agreement of all groups, "the majority view" one of most. */
export const ownLevel = ({ quantity }: Unit): Level[] => (quantity ? [quantity] : []);

/** A line of units in which stances are looked for. */
export class Stances extends Line {
  /** What is said of voters after they are named. `comment`: it is not about votes but about what they wrote. */
  predicateAt(voters: Voters, within: boolean): Predicate | 'comment' | undefined {
    const found = predicateOf('view', voters.end);
    let [unknown, bears, commas, topic] = [0, false, 0, false];
    let counted: Level[] = [];
    for (let k = voters.end; k < Math.min(this.length, voters.end + MAX_PHRASE); k++) {
      const unit = this.at(k);
      // "views on closing most bars diverge"
      topic ||= this.is(k, 'opinions') && this.is(k + 1, 'of');
      if (topic && !unit.stop && !this.is(k, 'that') && unit.stand !== 'divided' && !this.before(k).is) continue;
      const level = this.level(k);
      const compared = this.is(k, 'than') ? this.votersAt(k + 1) : undefined;
      if (compared && (compared.letters.length > 0 || compared.others)) {
        found.than.push(...compared.letters);
        found.thanOthers ||= compared.others;
        found.compares ||= this.compares(k);
        k = compared.end - 1;
        continue;
      }
      if (this.compares(k)) found.compares ||= this.compares(k);
      const levels = [...found.levels, ...counted];
      const stands = this.isStance(k, voters, bears || levels.length > 0, unknown === 0, [...voters.levels, ...levels]);
      // "sharing among all residents is supported"
      if (stands && within && bears && !voters.sure && unknown + commas === 0) return undefined;
      if (stands) return { ...found, stand: this.turned(k), levels: [...levels, ...ownLevel(unit)], end: k + 1 };
      if (this.is(k, 'not')) found.negated = !found.negated;
      else if (level) {
        // "the groups all agree" says no more than that they agree
        const floats = level === 'everyone' && commas === 0 && (voters.letters.length > 1 || voters.every);
        if (unit.degree) found.levels.push(level);
        else if (!floats) counted.push(level);
      } else if (this.is(k, 'bears', 'gives')) bears = true;
      else if (this.is(k, 'who') && !voters.sure) return undefined;
      else if (this.is(k, 'skip', 'of', 'more', 'less', 'who')) continue;
      else if (this.is(k, 'statement') && unknown === 0 && !bears && !within) return 'comment';
      else if (this.is(k, 'report') && !this.is(k, 'opinions')) return 'comment';
      else if (unit.stop === 'comma' && voters.strong && ++commas <= 2) continue;
      else if (this.is(k, 'that') && (this.at(k - 1).quantity || k === voters.end)) continue;
      // "In Group A, most people agree"
      else if (this.is(k, 'people', 'voters') && counted.length > 0) continue;
      else if (unit.stop || this.is(k, 'that', 'modal', 'contrast')) return undefined;
      else if (++unknown > (voters.strong ? FAR : 0)) return undefined;
      // "is of all taxes" counts no voters
      else counted = [];
    }
    return undefined;
  }

  /** What stands here is a topic and no voters: a stance on it comes later with those who take it, "Rejecting the plan is opposed by most". */
  isTopic(from: number): boolean {
    for (let k = from; k < from + MAX_PHRASE && !this.ends(k); k++) {
      const { stand, verb, noun } = this.at(k);
      if (!stand || !takesSide(stand)) continue;
      const { is, bears, end } = this.before(k);
      if (stand === 'divided' && verb && this.votersAt(k + 1)?.strong) return true;
      // "left many participants undecided"
      if (stand === 'pass' && k > from && this.isTarget(k - 1)) return true;
      if (end > from && ((is && verb && this.votersBy(k)?.strong) || (bears && (noun || stand === 'thin'))))
        return true;
    }
    return false;
  }

  /** A word that is a verb and a noun is a noun after a preposition or "more"; that few vote says something, that people vote does not. */
  isStance(k: number, { end }: Voters, bears: boolean, near: boolean, levels: readonly Level[]): boolean {
    const { stand, verb, noun } = this.at(k);
    if (this.is(k, 'opinions') && k > end) return false;
    if (stand === 'thin') return levels.includes('few') || levels.includes('hardly');
    if (!stand || !noun || bears) return Boolean(stand);
    return verb ? k === end || !this.isNounAt(k, near) : k - end <= 1;
  }

  /** After a preposition or "more", a word that may be a verb is a noun; after "to" and the like, which are in two lists, it is not. */
  isNounAt(k: number, near: boolean): boolean {
    return (this.is(k - 1, 'of') && !this.is(k - 1, 'skip')) || (!near && this.is(k - 1, 'more', 'less'));
  }

  /** "a consensus against", "common ground is opposition", "a consensus not in favour of" */
  turned(i: number): Stand {
    const { stand, verb, noun } = this.at(i);
    const at = this.past(i + 1, 'gives', 'everyGroup');
    const next = this.at(this.is(at, 'not') ? at + 1 : at);
    const against = next.stand === (this.is(at, 'not') ? 'agree' : 'disagree');
    const turns = against && (next.verb || this.is(i + 1, 'gives'));
    return stand === 'agree' && noun && !verb && turns ? 'disagree' : (stand as Stand);
  }

  /** "by most participants", "among Group A", after a stance. @param open no comment is told of, so that any voters count */
  votersBy(i: number, open = false): Voters | undefined {
    const direct = this.votersAt(i + 1);
    // "popular with Group A", "support across all groups"
    if (this.at(i).length > 1 && direct?.sure) return direct;
    let k = i + 1;
    while (k < i + NEAR && (this.is(k, 'skip') || this.level(k) || this.compares(k))) k++;
    const voters = this.is(k, 'of') ? this.votersAt(k + 1) : undefined;
    const known =
      voters && (voters.sure || ((voters.levels.length > 0 || open) && (voters.strong || this.ends(voters.end))));
    if (known && voters) {
      const between = Array.from({ length: k - i - 1 }, (_, n) => i + 1 + n);
      const compares = between.map((at) => this.compares(at)).find(Boolean) ?? 0;
      const levels = between.flatMap((at) => this.level(at) ?? []);
      return { ...voters, levels: [...voters.levels, ...levels], compares: voters.compares || compares };
    }
    const across = this.is(k, 'everyGroup') ? this.votersAt(k) : undefined;
    return across?.sure && across.every ? across : undefined;
  }

  /** What stands here is told of what was named before: "is limited", "comes from a minority". */
  isTold(i: number): boolean {
    let k = i - 1;
    while (k > i - NEAR && this.is(k, 'skip', 'of') && !this.is(k, 'gives')) k--;
    return this.is(k, 'gives');
  }

  /** What stands right before a stance. */
  before(i: number): Before {
    const found: Before = {
      levels: [],
      negated: false,
      compares: 0,
      bears: false,
      is: false,
      first: false,
      joined: false,
      end: 0,
    };
    let k = i - 1;
    for (; k > i - 6 && !this.ends(k) && !this.is(k, 'and', 'contrast'); k--) {
      const level = this.level(k);
      // "for the majority is rejected": who comes before "is" is no adverb
      if ((found.is || found.bears) && this.at(k).quantity) break;
      if (level) found.levels.push(level);
      else if (this.is(k, 'not')) found.negated = !found.negated;
      else if (this.is(k, 'bears')) found.bears = true;
      else if (this.is(k, 'gives')) found.is = true;
      else if (this.compares(k)) found.compares = this.compares(k);
      else if (!this.is(k, 'skip')) break;
    }
    found.joined = this.is(k, 'and', 'contrast');
    found.first = this.ends(k) || found.joined;
    found.end = k + 1;
    return found;
  }
}
