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
