import { franc } from 'franc';
import { LANGUAGES, type Language, phraseAt, tokens, wordsOf } from './words.ts';

/** What the detector calls the languages that have a list. It takes some English for Scots, which has none. */
const DETECTED: Readonly<Record<string, Language>> = {
  eng: 'en',
  sco: 'en',
  deu: 'de',
  fra: 'fr',
  spa: 'es',
  cmn: 'zh',
};

/** The detector reads no more either. */
const MAX_READ = 2048;
/** From so many characters on, the detector alone is right: docs/claims.md has the figures. */
const DETECTOR_ALONE = 200;
/** From so many on, it is right where the words of the list say the same. */
const WITH_WORDS = 40;
/** In an English text as short as this, the words of the list alone are right. */
const ENGLISH_WORDS = 25;
/** Least shares of a text's words that are in the list, and how far ahead of the next list. */
const SOME_KNOWN = 0.4;
const MANY_KNOWN = 0.5;
const AHEAD = 0.15;

/**
 * The language of a text, or undefined where there is no word list for it or the text is too short to tell: its clauses are
 * unguarded. The detector may answer with any language that it knows, so that Portuguese is not taken for Spanish.
 */
export function languageOf(text: string): Language | undefined {
  const read = text.slice(0, MAX_READ);
  const detected = (): Language | undefined => DETECTED[franc(read, { minLength: 1 })];
  if (read.length >= DETECTOR_ALONE) return detected();
  const { first, clear } = mostKnown(read);
  if (clear && first.language === 'en' && read.length >= ENGLISH_WORDS) return 'en';
  const long = read.length >= WITH_WORDS || first.language === 'zh';
  return long && first.known >= SOME_KNOWN && detected() === first.language ? first.language : undefined;
}

/**
 * The language of a sentence in a report of another language, where its words leave no doubt: a sentence may be in German in an
 * English report, and its words are then held against its claim by the German list.
 */
export function languageBeside(sentence: string, language: Language | undefined): Language | undefined {
  const read = sentence.slice(0, MAX_READ);
  if (language && shareKnown(read, language) >= SOME_KNOWN) return undefined;
  const { first, clear } = mostKnown(read);
  return clear ? first.language : undefined;
}

/** The list that has most of a text's words, and whether that leaves no doubt. */
function mostKnown(text: string): { first: { language: Language; known: number }; clear: boolean } {
  const all = LANGUAGES.map((language) => ({ language, known: shareKnown(text, language) }));
  const [first, second] = all.sort((a, b) => b.known - a.known) as [(typeof all)[number], (typeof all)[number]];
  return { first, clear: first.known >= MANY_KNOWN && first.known - second.known >= AHEAD };
}

/** Which share of a text's words is in the list of a language. */
function shareKnown(text: string, language: Language): number {
  const list = wordsOf(language);
  const all = tokens(text).filter(({ lower }) => /\p{L}/u.test(lower));
  let known = 0;
  for (let at = 0; at < all.length; ) {
    const length = phraseAt(list, all, at)?.words.length;
    known += length ?? 0;
    at += length ?? 1;
  }
  return all.length === 0 ? 0 : known / all.length;
}
