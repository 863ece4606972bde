import type { Unit } from './mentions.ts';
import type { Level, Stand } from './words.ts';

/** What one part of a text says of voters. */
export interface Said {
  /** what they do; undefined where they are only named */
  stand: Stand | undefined;
  negated: boolean;
  /** how many of them */
  levels: Level[];
  /** groups that it is said of, and those that they are compared with */
  letters: string[];
  than: string[];
  /** of a comparison: 1 for more, -1 for less */
  compares: 0 | 1 | -1;
  /** "the other groups", as those that it is said of or that they are compared with */
  others: boolean;
  thanOthers: boolean;
  /** "all groups", "both", "across groups" */
  every: boolean;
  /** "the participants", "people": its own subject, not that of the clause before */
  voters: boolean;
  /** only "some", "most", "they": nobody is named */
  bare: boolean;
  /** its subject stands in the clause before */
  carried: boolean;
  /** nobody is its subject: "there is broad support" */
  impersonal: boolean;
  /** too few of them voted */
  thin: boolean;
  /** its place in the text */
  from: number;
  to: number;
}

type Zone =
  /** a subject may come */
  | 'open'
  /** what a comment says, before the stance on it: "The idea that … finds support" */
  | 'before'
  /** what a comment says, after the stance on it */
  | 'after'
  /** the subject is a comment: what follows is what it says */
  | 'locked';

/** A noun phrase of voters. */
interface Voters {
  end: number;
  strong: boolean;
  /** they can only be those who voted */
  sure: boolean;
  levels: Level[];
  letters: string[];
  than: string[];
  others: boolean;
  thanOthers: boolean;
  every: boolean;
  none: boolean;
  voters: boolean;
  same: boolean;
  compares: 0 | 1 | -1;
  negated: boolean;
}

/** What is said of voters after they are named. */
interface Predicate {
  end: number;
  stand: Stand;
  negated: boolean;
  levels: Level[];
  than: string[];
  thanOthers: boolean;
  compares: 0 | 1 | -1;
}

/** What stands right before a stance that no voters stand before. */
interface Before {
  levels: Level[];
  negated: boolean;
  bears: boolean;
  /** nothing else stands before it in the clause */
  carried: boolean;
  /** "and", "but" */
  joined: boolean;
  /** "is widely shared" */
  is: boolean;
  compares: 0 | 1 | -1;
}

/** So many words that the lists do not know may stand between voters and their stance. */
const FAR = 8;
/** No phrase that is looked at together is longer, so that the time of reading grows with the text and not faster. */
const PHRASE = 60;
const NEAR = 3;

/** Reads what a text says of voters, and leaves out what it tells of comments. */
export function readText(units: readonly Unit[]): Said[] {
  return new Reader(units).read();
}

const at = <T>(list: readonly T[], index: number): T | undefined => list[index];

class Reader {
  readonly units: readonly Unit[];
  readonly said: Said[] = [];
  zone: Zone = 'open';
  /** "Unlike Group B," */
  than: string[] = [];
  thanOthers = false;
  /** a stance without voters so far: "Support for … is higher in" */
  pending: { stand: Stand; at: number; levels: Level[]; negated: boolean } | undefined;
  compares: 0 | 1 | -1 = 0;
  started = false;
  /** "Without exception, …" */
  leading: Level[] = [];
  /** "Opinions on …": what follows may say that they are divided */
  opinions = false;

  constructor(units: readonly Unit[]) {
    this.units = units;
  }

  read(): Said[] {
    for (let i = 0; i < this.units.length; ) i = Math.max(i + 1, this.step(i));
    return this.said;
  }

  step(i: number): number {
    const unit = this.units[i] as Unit;
    if (unit.quote) {
      this.started = true;
      return i + 1;
    }
    const named = this.namedAt(i);
    if (named !== undefined) return named;
    if (unit.is.has('more') || unit.is.has('less')) this.compares = unit.is.has('more') ? 1 : -1;
    if (this.zone === 'after' || this.zone === 'locked') return i + 1;
    if (this.pending && unit.degree && at(this.units, i - 1)?.is.has('gives') && this.endsAt(i + 1)) {
      this.pending.levels.push(unit.degree);
      return this.settle(i, { ...NOBODY, end: i + 1 });
    }
    const stance = unit.stand && !(unit.is.has('opinions') && this.zone === 'open') ? this.stanceAt(i) : undefined;
    if (stance !== undefined) return stance;
    return this.other(i);
  }

  /** Words that open or close what a comment says. */
  other(i: number): number {
    const unit = this.units[i] as Unit;
    if (!this.started && (unit.degree ?? unit.quantity) && at(this.units, i + 1)?.stop === 'comma') this.leading.push((unit.degree ?? unit.quantity) as Level);
    if (unit.is.has('opinions') && this.zone === 'open') {
      this.opinions = true;
      this.zone = 'before';
    } else if (unit.is.has('statement') && this.zone === 'open') this.zone = this.isSubject(i) ? 'locked' : 'before';
    else if (unit.is.has('that') && !this.opensWith(unit)) this.zone = this.zone === 'open' ? 'before' : this.zone;
    if (unit.stop === 'end' && this.zone === 'before' && !this.pending) this.zone = 'open';
    if (!unit.stop && !unit.is.has('and') && !unit.is.has('contrast') && !unit.is.has('skip')) this.started = true;
    return i + 1;
  }

  opensWith(unit: Unit): boolean {
    return unit.is.has('contrast');
  }

  /** A comment that does something: "One statement opposes", "The comments call for". */
  isSubject(i: number): boolean {
    for (let k = i + 1; k < Math.min(this.units.length, i + 5); k++) {
      const unit = this.units[k] as Unit;
      if (unit.is.has('of')) return false;
      if (unit.is.has('report')) return true;
      if (unit.stand && unit.verb)
        return unit.stand !== 'divided' && !at(this.units, k + 1)?.is.has('of') && !this.passive(k);
      if (unit.stop || unit.is.has('that') || unit.is.has('bears')) return false;
    }
    return false;
  }

  passive(k: number): boolean {
    return this.votersBy(k) !== undefined;
  }

  /** Voters at a place where they can be the subject of what is read. */
  namedAt(i: number): number | undefined {
    const unit = this.units[i] as Unit;
    if (unit.is.has('than') && this.zone !== 'locked') {
      const compared = this.votersAt(i + 1);
      if (compared?.letters.length || compared?.others) return this.compared(i, compared);
      return undefined;
    }
    const voters = this.votersAt(i);
    if (!voters) return undefined;
    const resumed = this.zone === 'after' || this.zone === 'locked';
    const contrast = voters.levels.length > 0 && (this.isContrast(i) || this.goesOn(i, voters));
    if (resumed && !(contrast || (this.isBoundary(i) && voters.strong))) return this.mention(i);
    if (this.zone === 'before' && !(voters.strong && voters.sure)) return undefined;
    const predicate = this.predicateAt(voters, unit.is.has('of'));
    if (predicate === 'statement' || predicate === 'report') {
      if (resumed || this.zone === 'before') return this.mention(i);
      this.record(i, voters.end, voters, undefined);
      this.zone = 'locked';
      return voters.end;
    }
    if (predicate) {
      this.record(i, predicate.end, voters, predicate);
      return this.trailing(predicate.end);
    }
    if (resumed)
      return voters.letters.length > 0 ? this.elliptic(i, voters) : voters.every ? this.tail(i, voters) : undefined;
    if (this.pending && voters.sure) return this.settle(i, voters);
    if (!voters.strong) return undefined;
    if (this.zone === 'before' && voters.letters.length === 0) return undefined;
    this.record(i, voters.end, voters, undefined);
    return voters.end;
  }

  /** ", across all groups" at the end. */
  tail(i: number, voters: Voters): number {
    const last = this.said.at(-1);
    if (last) last.every = true;
    else this.record(i, voters.end, voters, undefined);
    return voters.end;
  }

  /** A group that is only named. */
  mention(i: number): number | undefined {
    const { letters, loose } = this.units[i] as Unit;
    if (!letters || loose) return undefined;
    this.record(i, i + 1, { ...NOBODY, letters: [...letters], strong: true }, undefined);
    return i + 1;
  }

  /** "while Group B does not", "and so does Group B". */
  elliptic(i: number, voters: Voters): number {
    const last = this.said.findLast(({ stand }) => stand);
    let k = voters.end;
    let negated = false;
    while (k < this.units.length && k < voters.end + NEAR && !at(this.units, k)?.stop) {
      const unit = this.units[k] as Unit;
      if (unit.is.has('not')) negated = true;
      else if (unit.is.has('less') || unit.is.has('more')) {
        this.record(
          i,
          k + 1,
          { ...voters, compares: unit.is.has('more') ? 1 : -1 },
          { ...SAME, end: k + 1, stand: last?.stand ?? 'agree', negated: last?.negated ?? false },
        );
        return k + 1;
      } else if (!unit.is.has('skip')) break;
      k++;
    }
    const ended = k >= this.units.length || Boolean(at(this.units, k)?.stop);
    if (last && negated && ended) {
      this.record(i, k, voters, { ...SAME, end: k, stand: last.stand as Stand, negated: !last.negated });
      return k;
    }
    this.record(i, voters.end, voters, undefined);
    return voters.end;
  }

  /** "than Group B": of what was said last, or of what comes. */
  compared(i: number, { letters, others, end }: Voters): number {
    const last = this.said.at(-1);
    if (last && this.zone === 'after') {
      last.than.push(...letters);
      last.thanOthers ||= others;
      last.compares ||= this.nearest(i);
      last.to = end;
    } else {
      this.than.push(...letters);
      this.thanOthers ||= others;
    }
    return end;
  }

  /** The closest "more" or "less" before a place. */
  nearest(i: number): 0 | 1 | -1 {
    for (let k = i; k >= Math.max(0, i - FAR); k--) {
      const unit = this.units[k] as Unit;
      if (unit.is.has('more')) return 1;
      if (unit.is.has('less')) return -1;
    }
    return this.compares;
  }

  /** A subject may come again: after a comma, a contrast, an "and". */
  isBoundary(i: number): boolean {
    let k = i - 1;
    while (k >= 0 && (at(this.units, k)?.is.has('skip') || at(this.units, k)?.is.has('of')) && !at(this.units, k)?.stop)
      k--;
    const unit = at(this.units, k);
    return !unit || unit.stop !== undefined || unit.is.has('contrast') || unit.is.has('and');
  }

  /** "some agree and others disagree" */
  goesOn(i: number, { levels, strong }: Voters): boolean {
    const last = this.said.at(-1);
    return !strong && levels[0] === 'some' && Boolean(last?.levels.includes('some')) && this.isBoundary(i);
  }

  isContrast(i: number): boolean {
    return Boolean(at(this.units, i - 1)?.is.has('contrast'));
  }

  /** A stance that no voters stand before. */
  stanceAt(i: number): number | undefined {
    const unit = this.units[i] as Unit;
    const stand = unit.stand as Stand;
    const by = this.votersBy(i);
    const { levels, negated, bears, carried, joined, compares, is } = this.before(i);
    const predicate = {
      ...SAME,
      end: i + 1,
      stand: this.turned(i, stand),
      levels: [...levels, ...sharedBy(unit)],
      negated,
      compares,
    };
    if (by) {
      this.record(i, by.end, by, predicate);
      return this.trailing(by.end);
    }
    if (this.opinions && stand === 'divided') {
      this.record(i, i + 1, NOBODY, predicate);
      return this.trailing(i + 1);
    }
    if (this.zone === 'before' && this.pending) return undefined;
    const object = stand === 'divided' && unit.verb ? this.votersAt(i + 1) : undefined;
    if (object?.strong) {
      this.record(i, object.end, object, predicate);
      return this.trailing(object.end);
    }
    if (carried && unit.verb && (joined || !unit.noun) && !isTarget(unit) && this.zone === 'open') {
      this.record(i, i + 1, NOBODY, predicate, true);
      return this.trailing(i + 1);
    }
    const adjective =
      stand !== 'think' && stand !== 'view' && (levels.length > 0 || (bears && (unit.noun || stand === 'divided')));
    const closing = is && unit.verb && stand !== 'think' && stand !== 'view' && (stand === 'divided' ? !at(this.units, i + 1)?.is.has('of') : this.endsAt(i + 1));
    if ((adjective && (unit.noun || bears || is)) || closing || (stand === 'divided' && unit.length > 2) || (this.zone === 'open' && sharedBy(unit).length > 0)) {
      this.record(i, i + 1, NOBODY, predicate);
      return this.trailing(i + 1);
    }
    if (unit.noun && !this.started && this.zone === 'open') {
      this.pending = { stand, at: i, levels, negated };
      this.zone = 'before';
      return i + 1;
    }
    return undefined;
  }

  /** "a consensus against" */
  turned(i: number, stand: Stand): Stand {
    if (stand !== 'agree' || !(this.units[i] as Unit).noun) return stand;
    let k = i + 1;
    while (at(this.units, k)?.is.has('skip')) k++;
    const next = at(this.units, k);
    return next?.stand === 'disagree' && next.verb ? 'disagree' : stand;
  }

  /** "… in Group A" after "Support for rent caps is higher". */
  settle(i: number, voters: Voters): number {
    const { stand, at: from, levels, negated } = this.pending as NonNullable<Reader['pending']>;
    this.record(from, voters.end, voters, {
      ...SAME,
      end: voters.end,
      stand,
      levels,
      negated,
      compares: this.nearest(i),
    });
    this.pending = undefined;
    this.zone = 'after';
    const last = this.said.at(-1) as Said;
    for (let k = voters.end; k < Math.min(this.units.length, voters.end + NEAR); k++) {
      const unit = this.units[k] as Unit;
      if (unit.degree) last.levels.push(unit.degree);
      else if (unit.is.has('more') || unit.is.has('less')) last.compares = unit.is.has('more') ? 1 : -1;
      else if (!unit.is.has('skip') && !unit.is.has('gives')) break;
    }
    return voters.end;
  }

  /** What stands right before a stance without voters. */
  before(i: number): Before {
    const found: Before = {
      levels: [],
      negated: false,
      bears: false,
      carried: false,
      joined: false,
      is: false,
      compares: 0,
    };
    let k = i - 1;
    for (; k >= Math.max(0, i - 5); k--) {
      const unit = this.units[k] as Unit;
      const level = unit.degree ?? unit.quantity;
      if (unit.stop || unit.is.has('and') || unit.is.has('contrast')) break;
      if (level) found.levels.push(level);
      else if (unit.is.has('not')) found.negated = !found.negated;
      else if (unit.is.has('bears')) found.bears = true;
      else if (unit.is.has('gives')) found.is = true;
      else if (unit.is.has('more') || unit.is.has('less')) found.compares = unit.is.has('more') ? 1 : -1;
      else if (!unit.is.has('skip')) break;
    }
    const edge = at(this.units, k);
    found.joined = Boolean(edge?.is.has('and') || edge?.is.has('contrast'));
    found.carried =
      !this.started && (!edge || edge.stop !== undefined || edge.is.has('and') || edge.is.has('contrast'));
    return found;
  }

  /** "by most participants", "among Group A", after a stance. */
  votersBy(i: number): Voters | undefined {
    let k = i + 1;
    while (
      k < i + NEAR &&
      (at(this.units, k)?.is.has('skip') || at(this.units, k)?.degree || at(this.units, k)?.quantity)
    )
      k++;
    const popular = this.units[i] && (this.units[i] as Unit).length > 1 ? this.votersAt(i + 1) : undefined;
    if (popular?.sure) return popular;
    if (!at(this.units, k)?.is.has('of')) {
      const every = this.votersAt(i + 1);
      return every?.every && every.strong && this.units[i + 1]?.is.has('everyGroup') ? every : undefined;
    }
    const voters = this.votersAt(k + 1);
    const known =
      voters &&
      ((voters.strong && voters.sure) ||
        (this.zone === 'open' && (voters.strong || this.endsAt(voters.end))) ||
        (voters.levels.length > 0 && this.endsAt(voters.end)));
    if (!known) {
      const every = this.votersAt(k);
      return every?.every && every.strong ? every : undefined;
    }
    const levels = this.units.slice(i + 1, k).flatMap(({ degree, quantity }) => degree ?? quantity ?? []);
    return { ...voters, levels: [...voters.levels, ...levels] };
  }

  endsAt(i: number): boolean {
    return i >= this.units.length || this.units[i]?.stop !== undefined;
  }

  votersAt(from: number): Voters | undefined {
    const found: Voters = { ...NOBODY, end: from, levels: [], letters: [], than: [] };
    let unknown = 0;
    let bare = false;
    let pendingLevels: Level[] = [];
    let than = false;
    for (let k = from; k < Math.min(this.units.length, from + PHRASE); k++) {
      const unit = this.units[k] as Unit;
      const target = isTarget(unit) && !this.isOfSociety(k) && !this.isOther(k);
      if (target) {
        take(found, unit, than);
        found.levels.push(...pendingLevels);
        pendingLevels = [];
        found.end = k + 1;
        unknown = 0;
      } else if (unit.stand) break;
      else if (
        found.end > from &&
        !bare &&
        (unit.is.has('gives') ||
          unit.is.has('bears') ||
          unit.is.has('more') ||
          unit.is.has('less') ||
          unit.is.has('who'))
      )
        break;
      else if (unit.quantity) {
        pendingLevels.push(unit.quantity);
        if (found.end === from) {
          found.end = k + 1;
          bare = true;
          found.levels.push(...pendingLevels.splice(0));
        }
      } else if (unit.degree) pendingLevels.push(unit.degree);
      else if (unit.is.has('than') && found.end > from) than = true;
      else if (unit.is.has('more') || unit.is.has('less')) {
        found.compares ||= unit.is.has('more') ? 1 : -1;
      } else if (unit.is.has('not') && found.end === from) found.negated = !found.negated;
      else if (unit.stop === 'comma') {
        if (!found.letters.length || !this.listGoesOn(k)) break;
      } else if (!unit.is.has('skip') && !unit.is.has('of') && !unit.is.has('and')) {
        if (isKnown(unit) || ++unknown > 1 || found.strong) break;
        if (found.end === from && !found.compares && !pendingLevels.length) break;
      }
      if (
        k === from &&
        !target &&
        !unit.quantity &&
        !unit.degree &&
        !unit.is.has('more') &&
        !unit.is.has('less') &&
        !unit.is.has('not') &&
        !unit.is.has('skip') &&
        !unit.is.has('of')
      )
        return undefined;
    }
    return found.end > from &&
      (found.strong || bare || found.voters || found.every || found.none || found.others || found.same)
      ? found
      : undefined;
  }

  /** "except" without a group after it. */
  isOther(k: number): boolean {
    if (!at(this.units, k)?.is.has('someGroups') || /group|camp/i.test('')) return false;
    const next = at(this.units, k + 1);
    return this.units[k]?.length !== undefined && (this.units[k] as Unit).length < 3 && next?.letters === undefined;
  }

  /** "all groups of society" are none of the opinion groups. */
  isOfSociety(k: number): boolean {
    if (!at(this.units, k)?.is.has('everyGroup')) return false;
    let next = k + 1;
    if (!at(this.units, next)?.is.has('of')) return false;
    while (at(this.units, next)?.is.has('of') || at(this.units, next)?.is.has('skip')) next++;
    const unit = at(this.units, next);
    return unit !== undefined && !isTarget(unit) && !unit.stop && !unit.quantity;
  }

  /** After a comma comes one more group of a list. */
  listGoesOn(k: number): boolean {
    for (let next = k; next < Math.min(this.units.length, k + PHRASE); next++) {
      const unit = this.units[next] as Unit;
      if (unit.is.has('and')) {
        while (at(this.units, next + 1)?.is.has('skip') || at(this.units, next + 1)?.is.has('of')) next++;
        return at(this.units, next + 1)?.letters !== undefined;
      }
      if (unit.stop !== 'comma' && !unit.letters) return false;
    }
    return false;
  }

  predicateAt({
    end: from,
    strong,
    sure,
    every,
    letters,
    levels: counted,
  }: Voters, within: boolean): Predicate | 'statement' | 'report' | undefined {
    const found: Predicate = { ...SAME, end: from, levels: [], than: [] };
    let unknown = 0;
    const several = letters.length > 1;
    let bears = false;
    let commas = 0;
    for (let k = from; k < Math.min(this.units.length, from + PHRASE); k++) {
      const unit = this.units[k] as Unit;
      if (unit.stand && this.isStance(k, from, bears || found.levels.length > 0))
        return {
          ...found,
          stand: this.turned(k, unit.stand),
          levels: [...found.levels, ...sharedBy(unit)],
          end: k + 1,
        };
      const level = unit.degree ?? unit.quantity;
      if (unit.is.has('thin') && [...counted, ...found.levels].some((each) => each === 'few' || each === 'hardly'))
        return { ...found, stand: 'thin' as Stand, end: k + 1 };
      const compared = unit.is.has('than') ? this.votersAt(k + 1) : undefined;
      if (compared && (compared.letters.length > 0 || compared.others)) {
        found.than.push(...compared.letters);
        found.thanOthers ||= compared.others;
        if (unit.is.has('less')) found.compares ||= -1;
        k = compared.end - 1;
      } else if (unit.is.has('not')) found.negated = !found.negated;
      else if (level) {
        // "the groups all agree"
        if (unit.degree || level !== 'everyone' || !(several || every)) found.levels.push(level);
      } else if (unit.is.has('more') || unit.is.has('less')) found.compares ||= unit.is.has('more') ? 1 : -1;
      else if (unit.is.has('bears') || unit.is.has('gives')) bears = true;
      else if (unit.is.has('who')) {
        if (!sure) return undefined;
      } else if (unit.is.has('skip') || unit.is.has('of')) continue;
      else if (unit.is.has('statement') && unknown === 0 && !bears && !within) return 'statement';
      else if (unit.is.has('report')) return 'report';
      else if (unit.stop === 'comma') {
        if (!strong || ++commas > 2) return undefined;
      } else if (unit.is.has('that') && k > from && (this.units[k - 1] as Unit).quantity) continue;
      else if (unit.stop || unit.is.has('that') || unit.is.has('modal') || unit.is.has('contrast')) return undefined;
      else if (++unknown > (strong ? FAR : 0)) return undefined;
    }
    return undefined;
  }

  /** A word that is a verb and a noun is a noun after an article or a preposition. */
  isStance(k: number, from: number, bears: boolean): boolean {
    const unit = this.units[k] as Unit;
    if (!unit.noun) return true;
    const before = at(this.units, k - 1);
    if (unit.verb)
      return bears || k === from || !(before?.is.has('of') || before?.is.has('more') || before?.is.has('less'));
    return bears || k - from <= 1;
  }

  /** Adverbs and comparisons right after a stance: "agree overwhelmingly that". */
  trailing(from: number): number {
    const last = this.said.at(-1) as Said;
    this.zone = 'after';
    let k = from;
    for (; k < Math.min(this.units.length, from + NEAR); k++) {
      const unit = this.units[k] as Unit;
      const next = at(this.units, k + 1);
      const adverb =
        !next ||
        next.stop ||
        next.is.has('that') ||
        next.is.has('of') ||
        next.is.has('than') ||
        next.is.has('everyGroup');
      if (unit.degree && adverb) last.levels.push(unit.degree);
      else if (unit.is.has('more') || unit.is.has('less')) {
        if (last.compares === 0 && (adverb || next?.is.has('skip'))) last.compares = unit.is.has('more') ? 1 : -1;
        this.compares = unit.is.has('more') ? 1 : -1;
      } else if (!(unit.is.has('skip') || unit.is.has('of'))) break;
      else if (unit.is.has('of')) {
        const by = this.votersAt(k + 1);
        if (by && (by.strong || this.endsAt(by.end))) {
          last.levels.push(...by.levels);
          last.letters.push(...by.letters);
          last.every ||= by.every;
          return by.end;
        }
      }
    }
    const every = at(this.units, k)?.is.has('everyGroup') ? this.votersAt(k) : undefined;
    if (every?.strong) {
      last.every = true;
      return every.end;
    }
    return from;
  }

  record(from: number, to: number, voters: Voters, predicate: Predicate | undefined, carried = false): void {
    const named = voters.letters.length > 0 || voters.every || voters.none || voters.others;
    const thin = (predicate?.stand as string) === 'thin';
    this.said.push({
      stand: thin ? undefined : predicate?.stand,
      thin,
      negated: [voters.negated, predicate?.negated, voters.none].filter(Boolean).length % 2 === 1,
      levels: [...this.leading.splice(0), ...voters.levels, ...(predicate?.levels ?? [])],
      letters: [...voters.letters],
      than: [...this.than, ...voters.than, ...(predicate?.than ?? [])],
      compares: voters.compares || predicate?.compares || 0,
      others: voters.others,
      thanOthers: this.thanOthers || voters.thanOthers || Boolean(predicate?.thanOthers),
      every: voters.every || voters.none,
      voters: voters.voters,
      bare: !named && !voters.voters,
      carried: carried || voters.same,
      impersonal: voters === NOBODY && !carried,
      from: (this.units[from] as Unit).start,
      to: (this.units[Math.max(from, to - 1)] as Unit).end,
    });
    this.than = [];
    this.thanOthers = false;
    this.started = true;
  }
}

/** Groups that are not told by name, so that they are none of the claim's. */
const SOME_GROUPS = '?';

const NOBODY: Voters = {
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
  voters: false,
  same: false,
  compares: 0,
  negated: false,
};
const SAME: Predicate = {
  end: 0,
  stand: 'agree',
  negated: false,
  levels: [],
  than: [],
  thanOthers: false,
  compares: 0,
};

const TARGETS = ['someGroups', 'voters', 'people', 'everyGroup', 'otherGroups', 'noGroup', 'sameGroup'] as const;
const isTarget = (unit: Unit): boolean => unit.letters !== undefined || TARGETS.some((name) => unit.is.has(name));
/** It has a meaning that ends a noun phrase. */
const isKnown = ({ stand, stop, quote, is }: Unit): boolean =>
  Boolean(stand || stop || quote) ||
  (['that', 'who', 'modal', 'statement', 'report', 'contrast', 'bears', 'thin', 'not'] as const).some((name) =>
    is.has(name),
  );

/** "common ground" is agreement, and says that all groups are part of it. */
const sharedBy = ({ quantity }: Unit): Level[] => (quantity === 'consensus' ? ['consensus'] : []);

function take(found: Voters, unit: Unit, than: boolean): void {
  if (unit.letters) (than ? found.than : found.letters).push(...unit.letters);
  const several = unit.length > 1;
  found.strong ||= unit.letters !== undefined || unit.is.has('voters') || (several && !unit.is.has('people'));
  found.sure ||= found.strong;
  if (unit.is.has('people') && found.levels.length > 0) found.strong = true;
  found.voters ||= unit.is.has('voters') || unit.is.has('people');
  found.every ||= unit.is.has('everyGroup');
  found.none ||= unit.is.has('noGroup');
  found.same ||= unit.is.has('sameGroup');
  if (unit.is.has('someGroups')) found.letters.push(SOME_GROUPS);
  if (unit.is.has('otherGroups')) {
    if (than) found.thanOthers = true;
    else found.others = true;
  }
}
