import type { ClaimGroup } from './evidence.ts';
import { type Meaning, phraseAt, type Token, tokens, type WordList } from './words.ts';

/** A word or phrase of a text, with what it means. */
export interface Unit extends Meaning {
  /** place in the text */
  start: number;
  end: number;
  /** how many tokens it has */
  length: number;
  /** letters of the opinion groups that it may name */
  letters?: readonly string[];
  /** the label in other letters than its own, such as "young drivers" for "Young drivers": a mention only where voters are expected */
  loose?: boolean;
  /** a comma, or the end of a sentence or of a part of it */
  stop?: 'comma' | 'end';
  /** unknown characters of a script without blanks */
  run?: boolean;
  /** the character of an end */
  mark?: string;
  /** words in quotation marks: what a comment says */
  quote?: boolean;
}

interface Label {
  letter: string;
  words: string[];
  lower: string[];
  /** it is also a common word or a single letter: only its place in the text tells which one is meant */
  ambiguous: boolean;
}

const NOTHING: ReadonlySet<never> = new Set();
const QUOTES = new Set('"“”„‟«»「」『』‹›');
const COMMAS = new Set(',，、');
const ENDS = new Set('.;:!?。；：！？()（）[]—–…');
const isLetter = (word: string): boolean => /^[A-Z]$/.test(word);

/**
 * Cuts a text into words and phrases of the list, groups by letter or label, and punctuation.
 * @param claimed letters of the groups that the claim names: what may be a label or a common word is read as their label;
 *   undefined when a claim can name none
 */
export function unitsOf(
  text: string,
  groups: readonly ClaimGroup[],
  claimed: ReadonlySet<string> | undefined,
  list: WordList,
): Unit[] {
  return new Cutter(tokens(text), groups, claimed, list).units();
}

class Cutter {
  readonly all: readonly Token[];
  readonly claimed: ReadonlySet<string> | undefined;
  readonly list: WordList;
  readonly letters: ReadonlySet<string>;
  /** by first word, the longest first */
  readonly labels = new Map<string, Label[]>();
  readonly found: Unit[] = [];

  constructor(
    all: readonly Token[],
    groups: readonly ClaimGroup[],
    claimed: ReadonlySet<string> | undefined,
    list: WordList,
  ) {
    this.all = all;
    this.claimed = claimed;
    this.list = list;
    this.letters = new Set(groups.map(({ letter }) => letter));
    const labels = groups
      .map(({ letter, label }) => labelOf(letter, label, list))
      .filter(({ words }) => words.length > 0);
    for (const label of labels.sort((a, b) => b.words.length - a.words.length)) {
      const first = label.lower[0] as string;
      this.labels.set(first, [...(this.labels.get(first) ?? []), label]);
    }
  }

  units(): Unit[] {
    const quotes = this.all.flatMap(({ text }, at) => (QUOTES.has(text) ? [at] : []));
    let next = 0;
    for (let at = 0; at < this.all.length; ) {
      while (next < quotes.length && (quotes[next] as number) < at) next++;
      const close = quotes[next] === at ? quotes[next + 1] : undefined;
      at += close === undefined ? this.step(at) : this.quoted(at, close);
    }
    return this.found;
  }

  /** What stands in quotation marks is content, if it is not the label of a group. */
  quoted(open: number, close: number): number {
    const label = this.labelAt(open + 1, close);
    if (label?.length !== close - open - 1) return this.add(open, close - open + 1, { quote: true });
    return this.add(open, close + 1 + this.nounAt(close + 1) - open, { letters: label.letters });
  }

  step(at: number): number {
    const label = this.labelAt(at);
    const group = this.groupAt(at);
    // "the group" is no phrase where "the Group A" stands
    const phrase = phraseAt(this.list, this.all, at, (length) => length === 1 || !this.cutsName(at, length));
    const { text } = this.all[at] as Token;
    const size = phrase?.words.length ?? 0;
    if (label && label.length >= Math.max(size, group?.length ?? 0))
      return this.add(at, label.length + this.nounAt(at + label.length), label);
    if (group && group.length > size) return this.add(at, group.length, group);
    if (phrase) return this.add(at, size, phrase.meaning);
    if (COMMAS.has(text)) return this.add(at, 1, { stop: 'comma' });
    if (ENDS.has(text)) return this.add(at, 1, { stop: 'end', mark: text });
    return this.add(at, 1, { run: /\p{Script=Han}/u.test(text) });
  }

  add(at: number, length: number, meaning: Partial<Unit>): number {
    const [first, last] = [this.all[at] as Token, this.all[at + length - 1] as Token];
    const before = this.found.at(-1);
    // where no blanks part words, what the list does not know is one word as far as it goes
    if (before?.run && meaning.run && before.end === first.start) before.end = last.end;
    else this.found.push({ is: NOTHING, ...meaning, start: first.start, end: last.end, length });
    return length;
  }

  /** A phrase that would end inside of a name: "the most" in "the Most Houses group", "the group" in "the Group A". */
  cutsName(at: number, length: number): boolean {
    if (this.groupAt(at + length - 1, true)) return true;
    for (let k = 1; k < length; k++) if ((this.labelAt(at + k)?.length ?? 0) > length - k) return true;
    return false;
  }

  /** How many words say that the label before is one of a group: "the Locals group". */
  nounAt(at: number): number {
    const noun = phraseAt(this.list, this.all, at);
    return noun?.meaning.is.has('group') && !this.letterAt(at + noun.words.length) ? noun.words.length : 0;
  }

  /** A group's own label. @param close where the quotation marks around it would end */
  labelAt(at: number, close?: number): { length: number; letters: string[]; loose: boolean } | undefined {
    const first = this.all[at];
    const fits = (this.labels.get(first?.lower ?? '') ?? []).filter(({ lower }) =>
      lower.every((word, k) => this.all[at + k]?.lower === word),
    );
    const meant = fits.filter((label) => at + label.words.length === close || this.isMeant(label, at));
    const length = meant[0]?.words.length;
    if (length === undefined) return undefined;
    const longest = meant.filter(({ words }) => words.length === length);
    const loose = !longest.some(({ words }) => words.every((word, k) => this.all[at + k]?.text === word));
    return { length, letters: longest.map(({ letter }) => letter), loose };
  }

  isMeant({ letter, words, ambiguous }: Label, at: number): boolean {
    const exact = words.every((word, k) => this.all[at + k]?.text === word);
    const last = words.at(-1) as string;
    if (isLetter(last) && this.all[at + words.length - 1]?.text !== last) return false;
    if (words.length === 1 && isLetter(last) && !this.standsAlone(at)) return false;
    if (words.length > 1 && !ambiguous) return true;
    if (exact && !isLetter(last) && this.nounAt(at + words.length) > 0) return true;
    if (!this.claimed) return exact && (!ambiguous || this.standsAlone(at + words.length - 1));
    if (this.claimed.has(letter)) return exact || !ambiguous || at === 0;
    if (!exact) return false;
    return !ambiguous || (this.isUnexpectedCapital(at) && !isLetter(last));
  }

  /** A capital letter that neither the start of a sentence nor the language explains. */
  isUnexpectedCapital(at: number): boolean {
    const { text, lower } = this.all[at] as Token;
    const before = this.all[at - 1]?.text;
    return (
      !this.list.order.nounsAreCapitalised &&
      text !== lower &&
      before !== undefined &&
      !ENDS.has(before) &&
      !QUOTES.has(before)
    );
  }

  /** "Group A", "Groups A, B and C", "A组", and a letter by itself where only a group can be meant. */
  groupAt(at: number, withNoun = false): { length: number; letters: string[] } | undefined {
    const noun = phraseAt(this.list, this.all, at);
    if (noun?.meaning.is.has('group')) {
      const after = at + noun.words.length;
      const letter = this.letterAt(after) ?? this.smallLetterAt(after);
      if (letter) return { length: noun.words.length + 1, letters: [letter] };
    }
    const letter = this.letterAt(at) ?? (this.continuesList() ? this.smallLetterAt(at) : undefined);
    if (!letter || withNoun) return undefined;
    const after = phraseAt(this.list, this.all, at + 1);
    if (this.list.order.letterBeforeGroup && after?.meaning.is.has('group'))
      return { length: 1 + after.words.length, letters: [letter] };
    const alone = this.letters.has(letter) && isLetter(letter) && (this.continuesList() || this.standsAlone(at));
    return alone ? { length: 1, letters: [letter] } : undefined;
  }

  letterAt(at: number): string | undefined {
    const text = this.all[at]?.text ?? '';
    return isLetter(text) || /^\d{1,3}$/.test(text) ? text : undefined;
  }

  /** "group b": a letter that is no word of the language, or only an article that nothing follows which it could belong to. */
  smallLetterAt(at: number): string | undefined {
    const { text = '' } = this.all[at] ?? {};
    const letter = text.toUpperCase();
    if (!/^[a-z]$/.test(text) || !this.letters.has(letter)) return undefined;
    const word = phraseAt(this.list, this.all, at, (length) => length === 1)?.meaning.is;
    return !word || (word.size === 1 && word.has('skip') && this.standsAlone(at)) ? letter : undefined;
  }

  /** The units before are a group and an "and" or a comma. */
  continuesList(): boolean {
    let at = this.found.length - 1;
    const joins = (unit: Unit | undefined) => unit?.stop === 'comma' || unit?.is.has('and') || unit?.is.has('than');
    if (!joins(this.found[at])) return false;
    while (joins(this.found[at])) at--;
    return this.found[at]?.letters !== undefined;
  }

  /** What follows a letter by itself is no noun that it could be the article of. */
  standsAlone(at: number): boolean {
    const next = this.all[at + 1];
    if (!next || COMMAS.has(next.text) || ENDS.has(next.text) || next.text === 's') return true;
    const meaning = phraseAt(this.list, this.all, at + 1)?.meaning;
    if (!meaning) return false;
    return (
      Boolean(meaning.verb) ||
      ['and', 'than', 'that', 'not', 'contrast', 'of', 'gives', 'skip'].some((name) => meaning.is.has(name as never))
    );
  }
}

function labelOf(letter: string, label: string, list: WordList): Label {
  const all = tokens(label.normalize('NFC'));
  const words = all.map(({ text }) => text);
  const phrase = phraseAt(list, all, 0);
  const single = words.length === 1 && isLetter(words[0] as string);
  return {
    letter,
    words,
    lower: all.map(({ lower }) => lower),
    ambiguous: single || phrase?.words.length === words.length,
  };
}
