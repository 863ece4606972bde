/** Words too common in English to tell topics apart. */
const COMMON_WORDS = new Set(
  (
    'a about above actually after again against all almost also always am among an and another any anyone anything are ' +
    'around as at away be became because become been before being below better between both but by came can cannot come ' +
    'could did do does doing done down each either else enough even ever every everyone everything few first for from ' +
    'further get gets getting give go goes going gone good got had has have having he her here hers him his how however ' +
    'i if in instead into is isn it its itself just keep kind know less let like likely little look lot made make makes ' +
    'making many may maybe me mean might more most much must my need needs never no nobody nor not nothing now of off ' +
    'often on once one only or other others our out over own people per perhaps person put quite rather really same say ' +
    'see seem she should simply since so some someone something still such take than that the their them themselves then ' +
    'there these they thing things think this those though through to too towards under until up upon us use very want ' +
    'was way we well were what when where whether which while who whole whom whose why will with within without would ' +
    'yes yet you your yours don doesn didn won wouldn shouldn couldn aren wasn weren hasn haven ain ll ve re'
  ).split(' '),
);

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'word' });

export interface Word {
  /** What counts as the same word: lower case, singular. */
  key: string;
  /** As a person wrote it, in lower case. */
  form: string;
}

/**
 * The words of a comment that can tell its topic: no common words, no numbers, none of one letter. Words are found
 * by Unicode's rules, so languages written without spaces work too.
 */
export function topicWords(text: string): Word[] {
  const words: Word[] = [];
  for (const { segment, isWordLike } of SEGMENTER.segment(text.normalize('NFKC').toLowerCase())) {
    if (!isWordLike) continue;
    const form = segment.replace(/['’]\p{L}*$/u, '');
    if (!/^\p{L}[\p{L}\p{M}\p{N}-]+$/u.test(form) || COMMON_WORDS.has(form)) continue;
    words.push({ key: singular(form), form });
  }
  return words;
}

/** Takes an English plural ending off; good enough to count "wage" and "wages" as one. */
function singular(word: string): string {
  if (word.length < 5 || !word.endsWith('s')) return word;
  if (/(ss|us|is)$/.test(word)) return word;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(sses|shes|ches|xes)$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}

/** A word in more than this share of the comments says nothing about a topic. */
const LARGEST_SHARE = 0.3;
/** Below this many comments the share means little, and all words stay. */
const FEWEST_COMMENTS_FOR_SHARE = 12;
const MAX_TERMS = 600;

export interface TermVectors {
  /** The terms, as people most often wrote them; the position is the dimension of the vectors. */
  terms: string[];
  /** For each text its vector of length 1, or undefined when no term is left in it. */
  vectors: (number[] | undefined)[];
}

/**
 * TF-IDF vectors of short texts: (1 + ln count) * (1 + ln((1+n) / (1+texts with the term))), then length 1 (Salton &
 * Buckley 1988, "Term-weighting approaches in automatic text retrieval", with the usual smoothing by one). Terms of a
 * single text are dropped, as they bind no two comments together, unless nothing else is left.
 */
export function tfIdf(texts: string[]): TermVectors {
  const counts = texts.map(countOfEach);
  const frequency = documentFrequency(counts.map(({ count }) => count));
  const keys = chooseTerms(frequency, texts.length);
  const weights = keys.map((key) => 1 + Math.log((1 + texts.length) / (1 + (frequency.get(key) ?? 0))));
  const vectors = counts.map(({ count }) => {
    const vector = keys.map((key, term) => tf(count.get(key)) * (weights[term] ?? 0));
    return vector.some((value) => value !== 0) ? unit(vector) : undefined;
  });
  const forms = commonForms(counts.flatMap(({ forms }) => forms));
  return { terms: keys.map((key) => forms.get(key) ?? key), vectors };
}

function countOfEach(text: string): { count: Map<string, number>; forms: [key: string, form: string][] } {
  const count = new Map<string, number>();
  const forms: [string, string][] = [];
  for (const { key, form } of topicWords(text)) {
    count.set(key, (count.get(key) ?? 0) + 1);
    forms.push([key, form]);
  }
  return { count, forms };
}

function documentFrequency(counts: Map<string, number>[]): Map<string, number> {
  const frequency = new Map<string, number>();
  for (const count of counts) {
    for (const key of count.keys()) frequency.set(key, (frequency.get(key) ?? 0) + 1);
  }
  return frequency;
}

function chooseTerms(frequency: Map<string, number>, texts: number): string[] {
  const most = texts < FEWEST_COMMENTS_FOR_SHARE ? texts : LARGEST_SHARE * texts;
  const ranked = [...frequency].sort(([a, nA], [b, nB]) => nB - nA || (a < b ? -1 : 1));
  const shared = ranked.filter(([, count]) => count >= 2 && count <= most);
  return (shared.length > 0 ? shared : ranked).slice(0, MAX_TERMS).map(([key]) => key);
}

function tf(count: number | undefined): number {
  return count === undefined ? 0 : 1 + Math.log(count);
}

/** The vector with length 1; one of zeros stays as it is. */
export function unit(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  return length < 1e-9 ? vector : vector.map((value) => value / length);
}

function commonForms(forms: [key: string, form: string][]): Map<string, string> {
  const counts = new Map<string, Map<string, number>>();
  for (const [key, form] of forms) {
    const ofKey = counts.get(key) ?? new Map<string, number>();
    counts.set(key, ofKey.set(form, (ofKey.get(form) ?? 0) + 1));
  }
  const best = (ofKey: Map<string, number>) =>
    [...ofKey].sort(([a, nA], [b, nB]) => nB - nA || (a < b ? -1 : 1))[0]?.[0];
  return new Map([...counts].map(([key, ofKey]) => [key, best(ofKey) ?? key]));
}
