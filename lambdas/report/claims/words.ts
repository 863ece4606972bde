import * as z from 'zod';
import de from './words/de.json' with { type: 'json' };
import en from './words/en.json' with { type: 'json' };
import es from './words/es.json' with { type: 'json' };
import fr from './words/fr.json' with { type: 'json' };
import zh from './words/zh.json' with { type: 'json' };

/** How many people a word speaks of, from nobody to everyone; `consensus` is everyone as groups. */
export const LEVELS = ['nobody', 'hardly', 'few', 'some', 'half', 'most', 'nearly', 'everyone', 'consensus'] as const;
export type Level = (typeof LEVELS)[number];

/** What a word says that voters do; a word of two kinds is of the first. `think`: they hold what follows; `view`: they say something of it, for or against; `thin`: they vote, as in "few voted". */
export const STANDS = ['divided', 'pass', 'disagree', 'agree', 'think', 'view', 'thin'] as const;
export type Stand = (typeof STANDS)[number];

/**
 * What a word or phrase is for the check. Some stand for a whole phrase: `voters` are people who can only be those who voted,
 * `people` may also be what a comment speaks of, `bears` stands between what a comment says and a stance on it ("finds support"), `gives` between voters and their stance.
 */
const CLASSES = [
  'group',
  'voters',
  'people',
  'opinions',
  'everyGroup',
  'otherGroups',
  'noGroup',
  'sameGroup',
  'someGroups',
  'except',
  'not',
  'more',
  'less',
  'than',
  'that',
  'who',
  'modal',
  'statement',
  'report',
  'contrast',
  'and',
  'of',
  'bears',
  'gives',
  'skip',
] as const;
export type Class = (typeof CLASSES)[number];

/** Phrases with commas between; `|` parts words of which one stands in a place, and nothing beside it means that it may be missing. */
const phrases = z.array(z.string().min(1));
const byLevel = z.object(Object.fromEntries(LEVELS.map((level) => [level, phrases])) as Record<Level, typeof phrases>);
const forms = z.object({ verb: phrases, noun: phrases });
/** What a language does with the order and the letters of words. */
const orderSchema = z.strictObject({
  /** "A组", beside "Group A" */
  letterBeforeGroup: z.boolean(),
  nounsAreCapitalised: z.boolean(),
  /** "Das befürworten die meisten": a stance may stand right before those who take it */
  verbBeforeSubject: z.boolean(),
  /** "unterstützt das nicht" */
  notAfterVerb: z.boolean(),
});
const wordListSchema = z.strictObject({
  about: z.string().min(1),
  order: orderSchema,
  quantity: byLevel,
  degree: byLevel,
  stance: z.object(Object.fromEntries(STANDS.map((stand) => [stand, forms])) as Record<Stand, typeof forms>),
  ...(Object.fromEntries(CLASSES.map((name) => [name, phrases])) as Record<Class, typeof phrases>),
});

/** What a word or phrase may mean; one may be several, such as "support", a verb and a noun. */
export interface Meaning {
  is: ReadonlySet<Class>;
  quantity?: Level;
  degree?: Level;
  stand?: Stand;
  verb?: boolean;
  noun?: boolean;
}

export interface Token {
  /** as it stands in the text */
  text: string;
  lower: string;
  start: number;
  end: number;
}

interface Phrase {
  words: string[];
  meaning: Meaning;
}

export interface WordList {
  order: z.output<typeof orderSchema>;
  /** by first word, the longest first */
  phrases: ReadonlyMap<string, readonly Phrase[]>;
}

/** Scripts that put no blanks between words: each character is a token. Apostrophes and hyphens part words and are no token. */
const TOKEN =
  /[[\p{L}\p{M}\p{N}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]]+|[^\s'’ʼ\p{Pd}]|\p{Pd}(?=\s)/gv;

export function tokens(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map(({ 0: found, index }) => ({
    text: found,
    lower: found.toLowerCase(),
    start: index,
    end: index + found.length,
  }));
}

/** Every phrase that `a|b c` stands for. */
function spelledOut(pattern: string): string[] {
  return pattern
    .split(' ')
    .reduce<string[]>(
      (ways, choice) => ways.flatMap((way) => choice.split('|').map((word) => `${way} ${word}`.trim())),
      [''],
    )
    .filter(Boolean);
}

function compiled(source: unknown): WordList {
  const list = wordListSchema.parse(source);
  const all = new Map<string, { words: string[]; meaning: Writable<Meaning> & { is: Set<Class> } }>();
  const add = (patterns: readonly string[], mean: (meaning: Writable<Meaning> & { is: Set<Class> }) => void) => {
    for (const phrase of patterns.flatMap((text) => text.split(', ')).flatMap(spelledOut)) {
      const words = tokens(phrase).map(({ lower }) => lower);
      const key = words.join(' ');
      const entry = all.get(key) ?? { words, meaning: { is: new Set() } };
      all.set(key, entry);
      mean(entry.meaning);
    }
  };
  for (const stand of STANDS)
    for (const form of ['verb', 'noun'] as const)
      add(list.stance[stand][form], (meaning) => {
        meaning.stand ??= stand;
        if (meaning.stand === stand) meaning[form] = true;
      });
  for (const kind of ['quantity', 'degree'] as const)
    for (const level of LEVELS)
      add(list[kind][level], (meaning) => {
        meaning[kind] ??= level;
      });
  for (const name of CLASSES) add(list[name], (meaning) => meaning.is.add(name));
  const phrases = new Map<string, Phrase[]>();
  for (const phrase of [...all.values()].sort((a, b) => b.words.length - a.words.length)) {
    const first = phrase.words[0] as string;
    const others = phrases.get(first);
    if (others) others.push(phrase);
    else phrases.set(first, [phrase]);
  }
  return { order: list.order, phrases };
}
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Word lists by language, as `Intl` names it. */
const SOURCES = { en, de, fr, es, zh } as const;
export type Language = keyof typeof SOURCES;
export const LANGUAGES = Object.keys(SOURCES) as Language[];

const kept = new Map<Language, WordList>();

/** The word list of a language, read once. */
export function wordsOf(language: Language): WordList {
  const list = kept.get(language) ?? compiled(SOURCES[language]);
  kept.set(language, list);
  return list;
}

/** The longest phrase of the list that starts at a token, of those that are wanted. */
export function phraseAt(
  { phrases }: WordList,
  all: readonly Token[],
  at: number,
  isWanted: (length: number) => boolean = () => true,
): Phrase | undefined {
  const first = all[at];
  if (!first) return undefined;
  return phrases
    .get(first.lower)
    ?.find(({ words }) => words.every((word, k) => all[at + k]?.lower === word) && isWanted(words.length));
}
