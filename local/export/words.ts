import type { Language } from './language.ts';

export interface Word {
  /** What counts as the same word: its stem. */
  key: string;
  /** Whether it can tell the topic: no common word, no number, not of one letter. */
  telling: boolean;
  /** Where it stands in the text. */
  start: number;
  end: number;
  /** Whether it begins with a capital; undefined when the beginning of a sentence explains it. */
  capital: boolean | undefined;
  /** Whether only a space or a hyphen, or nothing, is between it and the word before. */
  joined: boolean;
}

/** Splits texts of a language into words by Unicode's rules, so languages written without spaces work too. */
export function wordSplitter({ code, commonWords, stem }: Language): (text: string) => Word[] {
  const segmenter = new Intl.Segmenter(code ?? 'en', { granularity: 'word' });
  const isCommon = (form: string) => commonWords.has(form) || ABBREVIATIONS.has(form);
  return (text) => {
    const words: Word[] = [];
    const segments = [...segmenter.segment(text)].filter(({ isWordLike }) => isWordLike);
    let before = 0;
    for (const { segment, index } of segments) {
      const [from, to] = withoutApostrophe(segment);
      const written = segment.slice(from, to);
      const form = lowerCase(written);
      // an abbreviation such as EU or US is no common word, unless all is written in capitals
      const abbreviation = /^\p{Lu}{2,4}\p{N}?$/u.test(written) && /\p{Ll}/u.test(text);
      const common = !abbreviation && (isCommon(form) || isCommon(lowerCase(segment).replaceAll('’', "'")));
      const gap = text.slice(before, index);
      const startsSentence = words.length === 0 || /[.!?:;"“„»\n-]/.test(gap);
      words.push({
        key: stem(form),
        telling: !common && /^\p{L}[\p{L}\p{M}\p{N}]+$/u.test(form),
        start: index + from,
        end: index + to,
        capital: abbreviation || !/^\p{Lu}/u.test(written) ? abbreviation : startsSentence ? undefined : true,
        joined: words.length > 0 && /^(\s*|-)$/.test(gap),
      });
      before = index + to;
    }
    return words;
  };
}

const lowerCase = (text: string): string => text.normalize('NFKC').toLowerCase();

/** Common in several languages, and in no list of common words. */
const ABBREVIATIONS: ReadonlySet<string> = new Set([
  'etc',
  'usw',
  'zb',
  'bzw',
  'ca',
  'eg',
  'ie',
  'http',
  'https',
  'www',
]);

/** Leaves out what an apostrophe joins to a word: `company's`, `l'eau`, `dell'acqua`. */
function withoutApostrophe(segment: string): [from: number, to: number] {
  const at = segment.search(/['’]/);
  if (at === -1) return [0, segment.length];
  return at <= 5 && segment.length - at > 3 ? [at + 1, segment.length] : [0, at];
}

/** A word in more than this share of the comments says nothing about a topic. */
const LARGEST_SHARE = 0.3;
/** Below this many comments the share means little, and all words stay. */
const FEWEST_COMMENTS_FOR_SHARE = 12;
const MAX_TERMS = 600;

/**
 * TF-IDF vectors of short texts: (1 + ln count) * (1 + ln((1+n) / (1+texts with the term))), then length 1 (Salton &
 * Buckley 1988, "Term-weighting approaches in automatic text retrieval", with the usual smoothing by one). Terms of a
 * single text are dropped, as they bind no two comments together, unless nothing else is left.
 * @param texts the words of each text
 * @returns for each text its vector, or undefined when no term is left in it
 */
export function tfIdf(texts: Word[][]): (number[] | undefined)[] {
  const counts = texts.map(countOfEach);
  const frequency = new Map<string, number>();
  for (const key of counts.flatMap((count) => [...count.keys()])) frequency.set(key, (frequency.get(key) ?? 0) + 1);
  const keys = chooseTerms(frequency, texts.length);
  const weights = keys.map((key) => 1 + Math.log((1 + texts.length) / (1 + (frequency.get(key) ?? 0))));
  return counts.map((count) => {
    const vector = keys.map((key, term) => tf(count.get(key)) * (weights[term] ?? 0));
    return vector.some((value) => value !== 0) ? unit(vector) : undefined;
  });
}

function countOfEach(words: Word[]): Map<string, number> {
  const count = new Map<string, number>();
  for (const { key, telling } of words) if (telling) count.set(key, (count.get(key) ?? 0) + 1);
  return count;
}

function chooseTerms(frequency: Map<string, number>, texts: number): string[] {
  const most = mostTexts(texts);
  const ranked = [...frequency].sort(([a, nA], [b, nB]) => nB - nA || (a < b ? -1 : 1));
  const shared = ranked.filter(([, count]) => count >= 2 && count <= most);
  return (shared.length > 0 ? shared : ranked).slice(0, MAX_TERMS).map(([key]) => key);
}

/** A term in more texts than these tells none of them from the others. */
const mostTexts = (texts: number): number => (texts < FEWEST_COMMENTS_FOR_SHARE ? texts : LARGEST_SHARE * texts);

function tf(count: number | undefined): number {
  return count === undefined ? 0 : 1 + Math.log(count);
}

/** The vector with length 1; one of zeros stays as it is. */
export function unit(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  return length < 1e-9 ? vector : vector.map((value) => value / length);
}
