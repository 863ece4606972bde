import type { Unit } from './mentions.ts';
import { type Compares, Line, MAX_PHRASE, NOBODY, type Voters } from './voters.ts';
import type { Level, Stand, WordList } from './words.ts';

/** What one part of a text says of voters. */
export interface Said
  extends Pick<Voters, 'levels' | 'letters' | 'than' | 'others' | 'thanOthers' | 'every' | 'people'> {
  /** what they do; undefined where they are only named */
  stand: Stand | undefined;
  negated: boolean;
  compares: Compares;
  /** its subject stands in the clause before: "and rejects", "the group" */
  carried: boolean;
  /** who they are is not told: "most", "there is broad support" */
  bare: boolean;
  /** nobody is its subject: "there is broad support" */
  impersonal: boolean;
  /** its place in the text */
  from: number;
  to: number;
}

/** What is said of voters after they are named. */
interface Predicate extends Pick<Said, 'negated' | 'levels' | 'than' | 'thanOthers' | 'compares'> {
  stand: Stand;
  end: number;
}

/** What stands right before a stance that no voters stand before. */
interface Before extends Pick<Said, 'negated' | 'levels' | 'compares'> {
  /** "finds", "there is" */
  bears: boolean;
  /** "is" */
  is: boolean;
  /** nothing else stands before it in the clause */
  first: boolean;
  /** "and", "but" */
  joined: boolean;
}

type Zone =
  /** a subject may come */
  | 'open'
  /** what a comment says, before the stance on it: "The idea that … finds support" */
  | 'before'
  /** what a comment says, after the stance on it */
  | 'after'
  /** the subject is a comment, and what follows is what it says */
  | 'locked';

const COUNTS: ReadonlySet<Level> = new Set(['hardly', 'few', 'half', 'most', 'nearly']);

/** So many unknown words may stand between voters and their stance: between most voters, and between a stance and its adverb. */
const FAR = 8;
const NEAR = 3;

/** Reads what a text says of voters, and leaves out what it tells of comments. */
export function readText(units: readonly Unit[], order: WordList['order']): Said[] {
  const reader = new Reader(new Line(units), order);
  for (let i = 0; i < units.length; ) i = Math.max(i + 1, reader.step(i));
  return reader.said;
}

const predicateOf = (stand: Stand, end: number): Predicate => ({
  stand,
  end,
  negated: false,
  levels: [],
  than: [],
  thanOthers: false,
  compares: 0,
});
const takesSide = (stand: Stand) => stand !== 'think' && stand !== 'view';
/** What a stance says of quantity by itself: "common ground" is agreement of all groups, "the majority view" one of most. */
const ownLevel = ({ quantity }: Unit): Level[] => (quantity ? [quantity] : []);

class Reader {
  readonly line: Line;
  readonly order: WordList['order'];
  readonly said: Said[] = [];
  zone: Zone = 'open';
  /** something of the clause is read that is no "and", "but" or adverb */
  started = false;
  /** "Without exception, …" */
  leading: Level[] = [];
  /** "Unlike Group B, …" */
  than: string[] = [];
  thanOthers = false;
  /** a stance whose voters come later: "Support for … is higher in" */
  pending: (Before & { stand: Stand; at: number }) | undefined;
  /** a comma or a "that" came after the last stance */
  parted = false;
  /** adverbs after the last stance are read as far as here */
  readTo = 0;
  /** the stance is a noun: "Support in Group A" */
  nominal = false;
  /** "Opinions on …": what follows may say that they are divided */
  opinions = false;

  constructor(line: Line, order: WordList['order']) {
    this.line = line;
    this.order = order;
  }

  /** @returns the next unit to read */
  step(i: number): number {
    const unit = this.line.at(i);
    if (unit.quote) {
      this.started = true;
      return i + 1;
    }
    const named = this.line.is(i, 'than') ? this.comparedAt(i) : this.namedAt(i);
    if (named !== undefined) return named;
    if (this.zone === 'after' || this.zone === 'locked') return this.goesOn(i);
    return this.spreadAt(i) ?? this.stanceAt(i) ?? this.other(i);
  }

  /** What follows a stance: mostly what it is about. */
  goesOn(i: number): number {
    const { line } = this;
    const last = this.said.at(-1);
    if (/[.;。；]/.test(line.at(i).mark ?? '')) this.zone = 'open';
    if (this.zone !== 'after' || !last) return i + 1;
    if (line.ends(i) || line.is(i, 'that')) this.parted = true;
    // "unterstützt den Vorschlag nicht"
    else if (
      this.order.notAfterVerb &&
      !this.parted &&
      i >= this.readTo &&
      line.is(i, 'not') &&
      line.ends(line.past(i + 1, 'skip'))
    )
      last.negated = !last.negated;
    // "Support in Group A for rent caps is limited"
    if (this.nominal && line.is(i - 1, 'gives')) {
      const { degree } = line.at(i);
      if (degree) last.levels.push(degree);
      last.compares ||= line.compares(i);
    }
    // "is sceptical and mostly rejects", "agrees but opposes"
    const joins = line.is(i, 'contrast') || (line.is(i, 'and') && last.stand === 'view');
    const next = joins ? line.past(line.level(i + 1) ? i + 2 : i + 1, 'skip') : i;
    const { stand, verb } = line.at(next);
    if (!joins || !verb || !(stand === 'agree' || stand === 'disagree')) return i + 1;
    this.said.push({ ...last, levels: [...ownLevel(line.at(i + 1))], stand, negated: false, to: line.at(next).end });
    return this.trailing(next + 1);
  }

  /** Words that open or close what a comment says. */
  other(i: number): number {
    const { line } = this;
    const level = line.level(i);
    if (!this.started && level && line.at(i + 1).stop === 'comma') this.leading.push(level);
    if (this.zone === 'open') {
      if (line.is(i, 'opinions')) this.opinions = true;
      if (line.is(i, 'statement') && this.acts(i)) this.zone = 'locked';
      else if (line.is(i, 'opinions', 'statement', 'that')) this.zone = 'before';
    } else if (line.at(i).stop === 'end' && !this.pending) this.zone = 'open';
    if (!line.ends(i) && !line.is(i, 'and', 'contrast', 'skip')) this.started = true;
    return i + 1;
  }

  /** A comment that does something: "One statement opposes", "The comments call for". */
  acts(i: number): boolean {
    const { line } = this;
    for (let k = i + 1; k < i + 5; k++) {
      const { stand, verb } = line.at(k);
      if (line.ends(k) || line.is(k, 'of', 'that', 'bears')) return false;
      if (line.is(k, 'report')) return true;
      if (stand && verb) return stand !== 'divided' && !this.votersBy(k);
    }
    return false;
  }

  /** "than Group B": of what was said last, or of what comes. */
  comparedAt(i: number): number | undefined {
    const compared = this.zone === 'locked' ? undefined : this.line.votersAt(i + 1);
    if (!compared || (compared.letters.length === 0 && !compared.others)) return undefined;
    const last = this.said.at(-1);
    if (last && this.zone === 'after') {
      last.than.push(...compared.letters);
      last.thanOthers ||= compared.others;
      last.compares ||= this.nearest(i);
      // "does not support it as strongly as": less
      if (!last.compares && last.negated) Object.assign(last, { compares: -1, negated: false });
      last.to = this.line.at(compared.end - 1).end;
    } else {
      this.than.push(...compared.letters);
      this.thanOthers ||= compared.others;
    }
    return compared.end;
  }

  /** The closest "more" or "less" before a place. */
  nearest(i: number): Compares {
    for (let k = i; k >= Math.max(0, i - FAR * 2); k--) if (this.line.compares(k)) return this.line.compares(k);
    return 0;
  }

  /** Voters at a place where they can be the subject of what is read. */
  namedAt(i: number): number | undefined {
    const voters = this.line.votersAt(i);
    if (!voters) return undefined;
    const resumed = this.zone === 'after' || this.zone === 'locked';
    const contrast = voters.levels.length > 0 && (this.line.is(i - 1, 'contrast') || this.alternates(i, voters));
    if (resumed && !contrast && !(voters.strong && this.isBoundary(i))) return this.mention(i);
    // "von einer Mehrheit unterstützt"
    const agent = this.line.is(i, 'of') && voters.levels.some((level) => COUNTS.has(level));
    if (this.zone === 'before' && !contrast && !agent && !voters.sure) return undefined;
    const predicate = this.predicateAt(voters, this.line.is(i, 'of'));
    if (predicate === 'comment') return this.ofComments(i, voters);
    if (predicate) {
      this.record(i, predicate.end, voters, predicate);
      return this.trailing(predicate.end);
    }
    if (resumed) return this.elliptic(i, voters);
    if (this.pending && voters.sure) return this.settle(i, voters);
    if (!voters.strong || (this.zone === 'before' && voters.letters.length === 0)) return undefined;
    this.record(i, voters.end, voters);
    return voters.end;
  }

  /** "some agree and others disagree" */
  alternates(i: number, { levels, strong }: Voters): boolean {
    return !strong && levels[0] === 'some' && Boolean(this.said.at(-1)?.levels.includes('some')) && this.isBoundary(i);
  }

  /** A subject may come again: after a comma, a contrast, an "and". */
  isBoundary(i: number): boolean {
    let k = i - 1;
    while (k > i - MAX_PHRASE && this.line.is(k, 'skip', 'of')) k--;
    return this.line.ends(k) || this.line.is(k, 'contrast', 'and');
  }

  /** A group that is only named. */
  mention(i: number): number | undefined {
    const { letters, loose } = this.line.at(i);
    if (!letters || loose) return undefined;
    this.record(i, i + 1, { ...NOBODY, letters: [...letters], strong: true });
    return i + 1;
  }

  /** "Participants' comments", "Participants wrote about": what follows is what comments say. */
  ofComments(i: number, voters: Voters): number | undefined {
    if (this.zone !== 'open') return this.mention(i);
    this.record(i, voters.end, voters);
    this.zone = 'locked';
    return voters.end;
  }

  /** After a stance: "while Group B does not", "and Group B less so", ", across all groups". */
  elliptic(i: number, voters: Voters): number | undefined {
    if (voters.letters.length === 0 && !voters.every) return undefined;
    const last = this.said.findLast(({ stand }) => stand);
    const copy = { ...predicateOf(last?.stand ?? 'agree', voters.end), negated: last?.negated ?? false };
    let [k, denied] = [voters.end, false];
    for (; k < voters.end + NEAR && !this.line.ends(k); k++) {
      if (this.line.is(k, 'not')) denied = true;
      else if (this.line.compares(k)) {
        this.record(i, k + 1, { ...voters, compares: this.line.compares(k) }, copy);
        return k + 1;
      } else if (!this.line.is(k, 'skip')) break;
    }
    const says = last && denied && this.line.ends(k);
    this.record(i, says ? k : voters.end, voters, says ? { ...copy, negated: !copy.negated } : undefined);
    return says ? k : voters.end;
  }

  /** What is said of voters after they are named. `comment`: it is not about votes but about what they wrote. */
  predicateAt(voters: Voters, within: boolean): Predicate | 'comment' | undefined {
    const { line } = this;
    const found = predicateOf('view', voters.end);
    let [unknown, bears, commas] = [0, false, 0];
    let counted: Level[] = [];
    for (let k = voters.end; k < Math.min(line.length, voters.end + MAX_PHRASE); k++) {
      const unit = line.at(k);
      const level = line.level(k);
      const compared = line.is(k, 'than') ? line.votersAt(k + 1) : undefined;
      if (compared && (compared.letters.length > 0 || compared.others)) {
        found.than.push(...compared.letters);
        found.thanOthers ||= compared.others;
        found.compares ||= line.compares(k);
        k = compared.end - 1;
        continue;
      }
      if (line.compares(k)) found.compares ||= line.compares(k);
      const levels = [...found.levels, ...counted];
      if (this.isStance(k, voters, bears || levels.length > 0, unknown === 0, [...voters.levels, ...levels]))
        return { ...found, stand: this.turned(k), levels: [...levels, ...ownLevel(unit)], end: k + 1 };
      if (line.is(k, 'not')) found.negated = !found.negated;
      else if (level) {
        // "the groups all agree" says no more than that they agree
        const floats = level === 'everyone' && (voters.letters.length > 1 || voters.every);
        if (unit.degree) found.levels.push(level);
        else if (!floats) counted.push(level);
      } else if (line.is(k, 'bears', 'gives')) bears = true;
      else if (line.is(k, 'who') && !voters.sure) return undefined;
      else if (line.is(k, 'skip', 'of', 'more', 'less', 'who')) continue;
      else if (line.is(k, 'statement') && unknown === 0 && !bears && !within) return 'comment';
      else if (line.is(k, 'report') && !line.is(k, 'opinions')) return 'comment';
      else if (unit.stop === 'comma' && voters.strong && ++commas <= 2) continue;
      else if (line.is(k, 'that') && line.at(k - 1).quantity) continue;
      else if (unit.stop || line.is(k, 'that', 'modal', 'contrast')) return undefined;
      else if (++unknown > (voters.strong ? FAR : 0)) return undefined;
      // "is of all taxes" counts no voters
      else counted = [];
    }
    return undefined;
  }

  /** A word that is a verb and a noun is a noun after a preposition or "more"; that few vote says something, that people vote does not. */
  isStance(k: number, { end }: Voters, bears: boolean, near: boolean, levels: readonly Level[]): boolean {
    const { stand, verb, noun } = this.line.at(k);
    if (this.line.is(k, 'opinions') && k > end) return false;
    if (stand === 'thin') return levels.includes('few') || levels.includes('hardly');
    if (!stand || !noun || bears) return Boolean(stand);
    return verb ? k === end || !this.line.is(k - 1, 'of', ...(near ? [] : (['more', 'less'] as const))) : k - end <= 1;
  }

  /** "a consensus against" */
  turned(i: number): Stand {
    const { stand, noun } = this.line.at(i);
    const next = this.line.at(this.line.past(i + 1, 'skip'));
    return stand === 'agree' && noun && next.stand === 'disagree' && next.verb ? 'disagree' : (stand as Stand);
  }

  /** A stance that no voters stand before. */
  stanceAt(i: number): number | undefined {
    const { line } = this;
    const unit = line.at(i);
    const { stand, verb, noun } = unit;
    if (!stand || stand === 'thin' || (line.is(i, 'opinions') && this.zone === 'open')) return undefined;
    const before = this.before(i);
    const { levels, negated, compares } = before;
    const predicate = {
      ...predicateOf(this.turned(i), i + 1),
      levels: [...levels, ...ownLevel(unit)],
      negated,
      compares: line.compares(i) || compares,
    };
    const voters = this.votersBy(i) ?? this.objectOf(i);
    if (voters) {
      this.record(i, voters.end, voters, predicate);
      this.nominal = Boolean(noun);
      return this.trailing(voters.end);
    }
    if (this.isImpersonal(i, before)) {
      this.record(i, i + 1, NOBODY, predicate);
      return this.trailing(i + 1);
    }
    if (this.zone !== 'open' || line.isTarget(i)) return undefined;
    if (before.first && verb && (before.joined || !noun)) {
      this.record(i, i + 1, { ...NOBODY, same: true }, predicate);
      return this.trailing(i + 1);
    }
    if (!noun || this.started) return undefined;
    this.pending = { ...before, stand, at: i };
    this.zone = 'before';
    return i + 1;
  }

  /** "there is broad support", "finds little approval", "is widely rejected", "is controversial". */
  isImpersonal(i: number, { levels, bears, is }: Before): boolean {
    const { line } = this;
    const unit = line.at(i);
    const { verb, noun } = unit;
    const stand = unit.stand as Stand;
    if (this.zone === 'open' && ownLevel(unit).length > 0) return true;
    if (!takesSide(stand)) return false;
    if (stand === 'divided' && (this.opinions || (verb && unit.length > 2))) return true;
    if (this.pending) return false;
    if (levels.length > 0 && (noun || bears || is)) return true;
    if (bears && (noun || stand === 'divided')) return true;
    const closing = line.ends(line.at(i + 1).degree ? i + 2 : i + 1);
    return is && Boolean(verb) && (stand === 'divided' ? !line.is(i + 1, 'of') : closing);
  }

  /** What stands right before a stance. */
  before(i: number): Before {
    const { line } = this;
    const found: Before = {
      levels: [],
      negated: false,
      compares: 0,
      bears: false,
      is: false,
      first: false,
      joined: false,
    };
    let k = i - 1;
    for (; k > i - 6 && !line.ends(k) && !line.is(k, 'and', 'contrast'); k--) {
      const level = line.level(k);
      if (level) found.levels.push(level);
      else if (line.is(k, 'not')) found.negated = !found.negated;
      else if (line.is(k, 'bears')) found.bears = true;
      else if (line.is(k, 'gives')) found.is = true;
      else if (line.compares(k)) found.compares = line.compares(k);
      else if (!line.is(k, 'skip')) break;
    }
    found.joined = line.is(k, 'and', 'contrast');
    found.first = !this.started && (line.ends(k) || found.joined);
    return found;
  }

  /** "by most participants", "among Group A", after a stance. */
  votersBy(i: number): Voters | undefined {
    const { line } = this;
    const direct = line.votersAt(i + 1);
    // "popular with Group A", "support across all groups"
    if (line.at(i).length > 1 && direct?.sure) return direct;
    let k = i + 1;
    while (k < i + NEAR && (line.is(k, 'skip') || line.level(k))) k++;
    const voters = line.is(k, 'of') ? line.votersAt(k + 1) : undefined;
    const known =
      voters &&
      (voters.sure || ((voters.levels.length > 0 || this.zone === 'open') && (voters.strong || line.ends(voters.end))));
    if (known && voters) {
      const levels = Array.from({ length: k - i - 1 }, (_, n) => line.level(i + 1 + n) ?? []).flat();
      return { ...voters, levels: [...voters.levels, ...levels] };
    }
    const across = line.is(k, 'everyGroup') ? line.votersAt(k) : undefined;
    return across?.sure && across.every ? across : undefined;
  }

  /** "divides participants", "unites the groups", "befürworten die meisten" */
  objectOf(i: number): Voters | undefined {
    const { stand, verb, quantity } = this.line.at(i);
    const takes = stand === 'divided' || quantity === 'consensus' || this.order.verbBeforeSubject;
    const voters = verb && takes ? this.line.votersAt(i + 1) : undefined;
    return voters?.strong ? voters : undefined;
  }

  /** "… in Group A" after "Support for rent caps is higher". */
  settle(i: number, voters: Voters): number {
    const { stand, at, levels, negated } = this.pending as NonNullable<Reader['pending']>;
    const predicate = { ...predicateOf(stand, voters.end), levels, negated, compares: this.nearest(i) };
    this.pending = undefined;
    this.record(at, voters.end, voters, predicate);
    return this.trailing(voters.end);
  }

  /** "Support for the harbour is widespread." */
  spreadAt(i: number): number | undefined {
    const { line, pending } = this;
    const level = line.level(i);
    if (!pending || !level) return undefined;
    let k = i - 1;
    while (k > pending.at && line.is(k, 'skip') && !line.is(k, 'gives')) k--;
    if (k !== pending.at && !line.is(k, 'gives')) return undefined;
    return this.settle(i, { ...NOBODY, levels: [level], end: i + 1 });
  }

  /** Adverbs and comparisons right after a stance: "agree overwhelmingly that", "is higher in Group A". */
  trailing(from: number): number {
    const { line } = this;
    const last = this.said.at(-1) as Said;
    this.zone = 'after';
    this.parted = false;
    const counted = this.order.verbBeforeSubject ? line.votersAt(from) : undefined;
    // "In Gruppe A befürwortet nur eine Minderheit"
    if (counted && !counted.compares && (counted.sure || counted.levels.some((level) => COUNTS.has(level))))
      return this.add(last, counted);
    let k = from;
    for (; k < from + NEAR; k++) {
      const { degree } = line.at(k);
      const adverb = line.ends(k + 1) || line.is(k + 1, 'that', 'of', 'than', 'everyGroup') || line.is(k - 1, 'gives');
      if (this.order.notAfterVerb && line.is(k, 'not')) last.negated = !last.negated;
      else if (degree && adverb) last.levels.push(degree);
      else if (line.compares(k) && (adverb || line.is(k + 1, 'skip') || (k === from && last.than.length > 0)))
        last.compares ||= line.compares(k);
      else if (!line.is(k, 'skip', 'gives', 'of', 'more', 'less')) break;
      else if (line.is(k, 'of')) {
        const voters = line.votersAt(k + 1);
        if (voters && (voters.strong || line.ends(voters.end))) return this.add(last, voters);
      }
    }
    this.readTo = k;
    const across = line.is(k, 'everyGroup') ? line.votersAt(k) : undefined;
    return across?.sure ? this.add(last, across) : from;
  }

  add(last: Said, { levels, letters, every, end }: Voters): number {
    last.levels.push(...levels);
    last.letters.push(...letters);
    last.every ||= every;
    return end;
  }

  record(from: number, to: number, voters: Voters, predicate?: Predicate): void {
    const { letters, every, none, others, people, same } = voters;
    const named = letters.length > 0 || every || none || others || people;
    // many languages deny twice: "aucun groupe ne soutient"
    const denied = voters.levels.some((level) => level === 'nobody' || level === 'hardly');
    this.said.push({
      stand: predicate?.stand,
      negated: none || voters.negated !== (denied ? false : Boolean(predicate?.negated)),
      levels: [...this.leading.splice(0), ...voters.levels, ...(predicate?.levels ?? [])],
      letters: [...letters],
      than: [...this.than.splice(0), ...voters.than, ...(predicate?.than ?? [])],
      compares: voters.compares || predicate?.compares || 0,
      others,
      thanOthers: this.thanOthers || voters.thanOthers || Boolean(predicate?.thanOthers),
      every: every || none,
      people,
      bare: !named,
      carried: same,
      impersonal: voters === NOBODY,
      from: this.line.at(from).start,
      to: this.line.at(Math.max(from, to - 1)).end,
    });
    this.thanOthers = false;
    this.started = true;
  }
}
