/** Characters that nobody sees, such as a soft hyphen in a word or what turns the direction of writing. */
const UNSEEN = /[\p{Cf}\p{DI}]/gu;
const LATIN = /\p{Script=Latin}/u;
const LOOKS_LATIN = /[\p{Script=Cyrillic}\p{Script=Greek}]/u;
const WORD = /[\p{L}\p{M}]+/gu;

/** A text as people see it: without what is unseen, and with one form of each letter. */
export const asSeen = (text: string): string => text.normalize('NFKC').replace(UNSEEN, '');

/**
 * The words that look like others: letters of Latin and of a script that has some of the same shape, in one word or as a word of one
 * letter in a Latin text. @param seen a text as people see it. @returns undefined when there are none, and there is something to read
 */
export function lookalikes(seen: string): string[] | undefined {
  if (!/[\p{L}\p{N}]/u.test(seen)) return [];
  const isLatin = LATIN.test(seen);
  const odd = (seen.match(WORD) ?? []).filter(
    (word) => LOOKS_LATIN.test(word) && (LATIN.test(word) || (isLatin && [...word].length === 1)),
  );
  return odd.length > 0 ? odd : undefined;
}
