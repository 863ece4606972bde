import type { ShownComment } from './comments-table.ts';

const MAX_WORDS = 14;
const LEAST_WORDS = 8;
/** Languages written without spaces have long "words". */
const MAX_CHARACTERS = 200;
/** What a comment puts in quotation marks, of any kind; one that is not closed goes on to the end. */
const OWN_QUOTATION =
  /"[^"]*(?:"|$)|“[^“”]*(?:”|$)|„[^„“”]*(?:[“”]|$)|«[^«»]*(?:»|$)|»[^«»]*(?:«|$)|(?<![\p{L}\p{N}])['‘](?=\S).*?\S['’](?![\p{L}\p{N}])/gu;
const ABBREVIATION =
  /^\(?(?:(?:\p{L}\.)+|(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|gov|sen|rep|no|inc|dept|approx)\.)[,;:)]*$/iu;
/** Words after which a reader waits for the next one. */
const DANGLING =
  /^(?:an?|the|of|to|and|or|but|nor|in|on|at|by|for|from|with|as|if|not|no|is|are|be|that|which|who|than)$/i;
const COMMON = new Set(
  `about above after again against almost along already although always among another because become been before being
  below between beyond better could during every everyone everything first from further given have having however instead
  itself large least little makes making might never nothing often other others ought people please rather really several
  shall should since small something still stop such their them themselves there therefore these they thing things think
  those though through together toward towards under until using wants what whatever where which while whole without would
  years your start allow keep need needs more many most much must only same than that this very want well were when will
  with does into just like make some also both each even ever over even take give help`.split(/\s+/),
);

/**
 * A comment in quotation marks: the whole of it up to 14 words, else its first 8 to 14 words and "…". A cut lies after a
 * word outside the comment's own quotation marks, which become single ones. Undefined when that cannot be, or when there
 * are figures or no words.
 */
export function quoted(comment: ShownComment): string | undefined {
  const text = comment.text.replace(/[<>]/g, '').replace(/\s+/g, ' ').trim();
  const words = [...text.matchAll(/\S+/g)].map((match) => ({ word: match[0], end: match.index + match[0].length }));
  const whole = words.length <= MAX_WORDS && quotable(text);
  const shown = whole ? withoutStop(text) : cutText(text, words);
  if (shown === undefined || shown.length > MAX_CHARACTERS || !/\p{L}{2}/u.test(shown)) return undefined;
  return `“${singleMarks(shown)}${whole ? '' : ' …'}”`;
}

/** Figures in a comment would read like percentages or comment numbers of ours. */
const quotable = (text: string): boolean => !/[\d%]/.test(text);

interface WordPlace {
  word: string;
  /** where the word ends in the text */
  end: number;
}

/** The best beginning of 8 to 14 words: up to the end of a sentence, or of a clause, or else as long as can be. */
function cutText(text: string, words: readonly WordPlace[]): string | undefined {
  const spans = [...text.matchAll(OWN_QUOTATION)].map(({ 0: span, index }) => ({
    start: index,
    end: index + span.length,
  }));
  const free = ({ word, end }: WordPlace) =>
    !/["“”„«»]/.test(word) &&
    !ABBREVIATION.test(word) &&
    spans.every((span) => end <= span.start || end - word.length >= span.end);
  const cuts = words
    .slice(LEAST_WORDS - 1, Math.min(MAX_WORDS, words.length - 1))
    .reverse()
    .filter(free);
  const fit = cuts.filter(({ end }) => quotable(text.slice(0, end)));
  const chosen =
    fit.find(({ word }) => /[.!?][)\]]*$/.test(word)) ??
    fit.find(({ word }) => /[,;:]$/.test(word)) ??
    fit.find(({ word }) => !DANGLING.test(word)) ??
    fit[0];
  return chosen && withoutStop(text.slice(0, chosen.end));
}

/** Without the full stop or comma at its end, unless an abbreviation owns it. */
function withoutStop(text: string): string {
  return ABBREVIATION.test(text.slice(text.lastIndexOf(' ') + 1)) ? text : text.replace(/[.,;:…\s]+$/u, '');
}

function singleMarks(text: string): string {
  return text
    .replace(
      /"([^"]*)"|“([^“”]*)”|„([^„“”]*)[“”]|«([^«»]*)»|»([^«»]*)«/g,
      (...parts) => `‘${parts.slice(1, 6).join('')}’`,
    )
    .replace(/["“”„«»]/g, '');
}

/** Up to three words that the most comments share, each in two comments or more; the words of a section's theme. */
export function themes(comments: readonly ShownComment[]): string[] {
  const counts = new Map<string, number>();
  for (const comment of comments) {
    for (const word of themeWords(comment)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const ranked = [...counts].filter(([, count]) => count > 1).toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return ranked.slice(0, 3).map(([word]) => word);
}

/** Whether a comment holds one of the words that {@link themes} gave. */
export function holdsAny(comment: ShownComment, words: readonly string[]): boolean {
  const own = themeWords(comment);
  return words.some((word) => own.has(word));
}

function themeWords({ text }: ShownComment): Set<string> {
  return new Set((text.toLowerCase().match(/\p{L}{5,}/gu) ?? []).filter((word) => !COMMON.has(word)));
}

/** "a", "a and b", "a, b and c". */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
