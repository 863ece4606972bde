import type { Word } from './words.ts';

/** A text and its words. */
export interface SplitText {
  txt: string;
  words: Word[];
}

interface Phrase {
  /** the keys of its words, with a space between */
  key: string;
  /** the keys of its telling words */
  keys: string[];
  /** the numbers of the texts that hold it */
  texts: Set<number>;
  /** how often it is written so */
  forms: Map<string, number>;
  /** how often one of its words has a capital that the beginning of a sentence does not explain */
  capitals: number;
  /** how often none has a capital */
  small: number;
}

const LONGEST = 5;
const MOST_TELLING = 3;

/**
 * All runs of up to five words, three of them telling, that begin and end with a telling one.
 * @param usual keys of words that do not tell anything either
 */
export function phrasesIn(texts: SplitText[], usual: ReadonlySet<string>): Phrase[] {
  const tells = ({ key, telling }: Word): boolean => telling && !usual.has(key);
  const phrases = new Map<string, Phrase>();
  for (const [text, { txt, words }] of texts.entries()) {
    for (const [first, word] of words.entries()) {
      for (let length = 1; tells(word) && length <= LONGEST; length += 1) {
        const run = words.slice(first, first + length);
        const last = run.at(-1);
        if (run.length < length || !last || (length > 1 && !last.joined)) break;
        if (!tells(last)) continue;
        const keys = run.filter(tells).map(({ key }) => key);
        if (keys.length > MOST_TELLING || new Set(keys).size < keys.length) break;
        const key = run.map(({ key }) => key).join(' ');
        const phrase = phrases.get(key) ?? { key, keys, texts: new Set(), forms: new Map(), capitals: 0, small: 0 };
        phrases.set(key, phrase);
        phrase.texts.add(text);
        const form = txt.slice(word.start, last.end).replace(/\s+/g, ' ');
        phrase.forms.set(form, (phrase.forms.get(form) ?? 0) + 1);
        if (run.some(({ capital }) => capital)) phrase.capitals += 1;
        else if (run.every(({ capital }) => capital === false)) phrase.small += 1;
      }
    }
  }
  return [...phrases.values()];
}

/** The words that are in most texts, which tell none of them from the others. */
export function usualWords(texts: SplitText[]): Set<string> {
  const counts = new Map<string, number>();
  for (const { words } of texts) {
    for (const key of new Set(words.map(({ key }) => key))) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count > texts.length / 2).map(([key]) => key));
}

/**
 * The phrases that set some texts apart from the others, the strongest first, as people most often wrote them. None
 * repeats a word of a stronger one. The weight is class-based TF-IDF (Grootendorst 2022, "BERTopic"), counted in texts:
 * in how many of these texts a phrase is, times how rare it is in all, times which share of its texts are these.
 * @param phrases of all texts
 * @param members the numbers of these texts
 */
export function distinctivePhrases(phrases: Phrase[], members: Set<number>, texts: number, most: number): string[] {
  const weighed = phrases.flatMap((phrase) => {
    const inside = [...phrase.texts].filter((text) => members.has(text)).length;
    if (inside === 0) return [];
    const all = phrase.texts.size;
    const weight =
      inside *
      Math.log(1 + texts / all) *
      (inside / all) ** 0.75 *
      (1 + LONGER * (phrase.keys.length - 1)) *
      (1 + CAPITALS * ((phrase.capitals + 1) / (phrase.capitals + phrase.small + 2)));
    // a phrase of one text may be a chance
    return [{ phrase, weight: inside >= 2 ? weight : weight / texts }];
  });
  weighed.sort((a, b) => b.weight - a.weight || (a.phrase.key < b.phrase.key ? -1 : 1));
  const taken = new Set<string>();
  const chosen: string[] = [];
  for (const { phrase } of weighed) {
    if (chosen.length === most) break;
    if (phrase.keys.some((key) => taken.has(key))) continue;
    for (const key of phrase.keys) taken.add(key);
    chosen.push(usualForm(phrase));
  }
  return chosen;
}

/** How much each further word adds to the weight of a phrase, which is in fewer texts than its words are. */
const LONGER = 0.5;
/** How much capitals add: names, and nouns in German, say what a topic is about. */
const CAPITALS = 3;

const usualForm = ({ forms }: Phrase): string =>
  [...forms].sort(([a, nA], [b, nB]) => nB - nA || (a < b ? 1 : -1))[0]?.[0] ?? '';
