import type { Unit } from './mentions.ts';
import type { Language } from './words.ts';

const DIGITS = '\\d+(?:[.,\u202f\u00a0]\\d+)*';
/** Words for numbers, as far as people are counted with them. */
const NUMBERS: Record<Language, string> = {
  en: 'two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds|thousands|dozens',
  de: 'zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig|Hunderte|Tausende|Dutzende',
  fr: 'deux|trois|quatre|cinq|six|sept|huit|neuf|dix|vingt|trente|quarante|cinquante|soixante|centaines|milliers|dizaines',
  es: 'dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|cientos|miles|decenas',
  zh: '[一二三四五六七八九十百千万]+',
};
const PERCENT: Record<Language, string> = {
  en: 'percent|per cent',
  de: 'Prozent',
  fr: 'pour cent',
  es: 'por ciento',
  zh: '成',
};
/** "nine out of ten", "95 of 100" */
const OF: Record<Language, string> = {
  en: 'out of|in every|in|of',
  de: 'von',
  fr: 'sur|personnes sur',
  es: 'de cada|de',
  zh: '分之',
};
/** "90 to 10" */
const AGAINST: Record<Language, string> = {
  en: 'to|against',
  de: 'zu|gegen',
  fr: 'à|contre',
  es: 'a|contra',
  zh: '比|对',
};
/** "nine tenths" */
const PARTS: Record<Language, string> = {
  en: 'thirds|quarters|fifths|tenths',
  de: 'Drittel|Viertel|Fünftel|Zehntel',
  fr: 'tiers|quarts|cinquièmes|dixièmes',
  es: 'tercios|cuartos|quintos|décimos|décimas',
  zh: '$^',
};

/** What may stand between a number and those who are counted. */
const MAX_BETWEEN = 3;

const patterns = new Map<Language, RegExp>();
function patternOf(language: Language): RegExp {
  const known = patterns.get(language);
  if (known) return known;
  const number = `(?:${DIGITS}|${NUMBERS[language]})`;
  const share = `${number}\\s*(?:%|${PERCENT[language]})`;
  const ways = [
    `${DIGITS}\\s*%?\\s*(?:${AGAINST[language]}|:|–|-)\\s*${DIGITS}(?:\\s*%)?`,
    `(?:${number}|一)\\s*(?:${OF[language]})\\s*${number}`,
    share,
    `${number}\\s+(?:${PARTS[language]})`,
    DIGITS,
    language === 'zh' ? '百分之' : NUMBERS[language],
  ];
  // the scripts of the other languages part words
  const edge = language === 'zh' ? '' : '(?![\\p{L}\\p{M}])';
  const start = language === 'zh' ? '' : '(?<![\\p{L}\\p{M}\\p{N}])';
  const pattern = new RegExp(`${start}(?:${ways.join('|')})${edge}`, 'giu');
  patterns.set(language, pattern);
  return pattern;
}

/**
 * A number of voters in a text, as it stands in it: "90 % of Group A", "nine out of ten participants", "split 90 to 10". No claim
 * says a number, so that nothing can prove one. Numbers of other things, such as euros or buses, are none.
 */
export function numberOfVoters(text: string, units: readonly Unit[], language: Language): string | undefined {
  let at = 0;
  for (const { 0: found, index } of text.matchAll(patternOf(language))) {
    const end = index + found.length;
    while (at < units.length && (units[at] as Unit).end <= index) at++;
    const holder = units[at];
    if (holder && isOfSomethingElse(holder) && holder.start <= index && end <= holder.end) continue;
    const last = units[at - 1];
    const before = last?.stop === 'comma' ? units[at - 2] : last;
    let next = at;
    while (next < units.length && (units[next] as Unit).start < end) next++;
    const isShare = !/^[\d.,\u202f\u00a0]+$|^\p{L}+$/u.test(found);
    // "split 90 to 10", "Group B, 2 %, agrees"
    const told = before?.stand ? /\d\D+\d/.test(found) : last?.stop && before?.letters;
    const after = units.slice(next, next + MAX_BETWEEN + 2);
    if (counts(after, isShare, before === undefined) || (isShare && told)) return found.trim();
  }
  return undefined;
}

/** A number in quotation marks is that of a comment, and one of groups is no number of voters: "all three groups". */
const isOfSomethingElse = ({ quote, is }: Unit): boolean =>
  Boolean(quote) || (['everyGroup', 'otherGroups', 'someGroups'] as const).some((name) => is.has(name));

/**
 * Whether those who voted come next.
 * @param isShare of a share, "of people" is enough; a count of people may be of what a comment asks for
 * @param isFirst nothing comes before it: "thousands voted"; else it may be part of a comment: "free buses under 18 divide"
 */
function counts(after: readonly Unit[], isShare: boolean, isFirst: boolean): boolean {
  for (const [at, unit] of after.slice(0, MAX_BETWEEN + 1).entries()) {
    if (unit.letters !== undefined || unit.is.has('voters')) return true;
    if (unit.is.has('people')) return isShare || Boolean(after[at + 1]?.stand);
    if (unit.stand !== undefined && unit.verb) return isShare || (isFirst && at === 0);
    if (unit.stop !== undefined || !(unit.is.has('of') || unit.is.has('skip') || (isShare && unit.is.has('gives'))))
      return false;
  }
  return false;
}
