import type { Unit } from './mentions.ts';
import { type Before, FAR, NEAR, ownLevel, type Predicate, predicateOf, Stances, takesSide } from './stances.ts';
import { type Compares, MAX_PHRASE, NOBODY, type Voters } from './voters.ts';
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

/** Reads what a text says of voters, and leaves out what it tells of comments. */
export function readText(units: readonly Unit[], order: WordList['order']): Said[] {
  const reader = new Reader(new Stances(units), order);
  for (let i = 0; i < units.length; ) i = Math.max(i + 1, reader.step(i));
  return reader.said;
}

class Reader {
  readonly line: Stances;
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

  constructor(line: Stances, order: WordList['order']) {
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
    if (this.nominal && line.isTold(i) && (!this.parted || (line.at(i).quantity && line.ends(i + 1)))) {
      const level = line.level(i);
      // that doubt is widespread says no more than that many doubt
      if (level && last.stand !== 'pass') last.levels.push(level);
      last.compares ||= line.compares(i);
    }
    // "Compared with Group B, Group A agrees with … more often"
    if (line.ends(i + 1) && (last.than.length > 0 || !this.parted)) last.compares ||= line.compares(i);
    // "is sceptical and mostly rejects", "agrees but opposes"
    const joins = (line.is(i, 'contrast') && !line.is(i, 'skip')) || (line.is(i, 'and') && last.stand === 'view');
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
      if (stand && verb) return stand !== 'divided' && !line.votersBy(k, this.zone === 'open');
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
    const goesOn = voters.people && /[:;：；]/.test(this.line.at(i - 1).mark ?? '');
    if (resumed && !contrast && !goesOn && !(voters.strong && this.isBoundary(i))) return this.mention(i);
    // "von einer Mehrheit unterstützt"
    const agent =
      (this.line.is(i, 'of') || this.line.at(i - 1).stop === 'comma') &&
      voters.levels.some((level) => COUNTS.has(level));
    const known = voters.sure && (!voters.others || voters.letters.length > 0);
    if (this.zone === 'before' && !contrast && !agent && !known) return undefined;
    const predicate = this.line.predicateAt(voters, this.line.is(i, 'of'));
    if (predicate === 'comment') return this.ofComments(i, voters);
    if (predicate) {
      this.record(i, predicate.end, voters, predicate);
      const { verb, noun } = this.line.at(predicate.end - 1);
      this.nominal = Boolean(noun && !verb);
      return this.trailing(predicate.end);
    }
    if (resumed) return this.elliptic(i, voters);
    if (this.pending && voters.sure) return this.settle(i, voters);
    // "sharing the money among all residents"
    if (this.started && this.line.is(i, 'of') && voters.people && !voters.sure) return voters.end;
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
    while (k > i - MAX_PHRASE && this.line.is(k, 'skip', 'of', 'who')) k--;
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
    // "is larger in Groups A and B than in Group C"
    const compares = voters.than.length > 0 ? voters.compares || this.nearest(i) : voters.compares;
    this.record(
      i,
      says ? k : voters.end,
      { ...voters, compares },
      says ? { ...copy, negated: !copy.negated } : undefined,
    );
    return says ? k : voters.end;
  }

  /** A stance that no voters stand before. */
  stanceAt(i: number): number | undefined {
    const { line } = this;
    const unit = line.at(i);
    const { stand, verb, noun } = unit;
    if (!stand || (stand === 'thin' && !noun) || (line.is(i, 'opinions') && this.zone === 'open')) return undefined;
    if (this.pending && !takesSide(stand)) return undefined;
    const before = line.before(i);
    const { levels, negated, compares } = before;
    const predicate = {
      ...predicateOf(this.line.turned(i), i + 1),
      levels: [...levels, ...ownLevel(unit)],
      negated,
      compares: line.compares(i) || compares,
    };
    const voters = line.votersBy(i, this.zone === 'open') ?? this.objectOf(i);
    if (voters) {
      this.record(i, voters.end, voters, predicate);
      this.nominal = Boolean(noun);
      return this.trailing(voters.end);
    }
    const leads = before.first && !before.bears && (!before.joined || line.is(before.end - 1, 'contrast'));
    if (this.zone === 'open' && !this.started && leads && line.isTopic(i + 1)) {
      this.zone = 'before';
      return i + 1;
    }
    if (this.isImpersonal(i, before)) {
      this.record(i, i + 1, NOBODY, predicate);
      return this.trailing(i + 1);
    }
    if (this.zone !== 'open' || line.isTarget(i)) return undefined;
    if (!this.started && before.first && verb && (!noun || (before.joined && unit.length === 1))) {
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
    if (i - 1 !== pending.at && !line.isTold(i)) return undefined;
    // that doubt is widespread says no more than that many doubt
    const levels: Level[] = [pending.stand === 'pass' ? 'some' : level];
    return this.settle(i, { ...NOBODY, levels, end: i + 1 });
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
