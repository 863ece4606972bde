/** Longest title or id of a report kept; a title is a line. */
const MAX_TITLE_CHARACTERS = 500;
/** Longest name kept of what the API calls something: an id, a stop reason. */
const MAX_LABEL_CHARACTERS = 100;

/**
 * Text as plain data: no control characters but line break and tab, no half of a character. Markup stays: it is text, and whoever shows
 * it escapes it. Cleaning what is clean changes nothing.
 */
export const plainText = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being removed
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, ' ');

/** Plain text on one line, at most so many UTF-16 units of it and never half a character. */
export function oneLine(text: string, longest: number): string {
  // cut first: a text that is far too long does not have to be cleaned as a whole
  const cut = text.slice(0, longest).replace(/[\ud800-\udbff]$/, '');
  return plainText(cut).replace(/[\n\t]/g, ' ');
}

/** A title, or an id that the model gave, as it is stored. */
export const plainTitle = (text: string): string => oneLine(text, MAX_TITLE_CHARACTERS);

/** A name that the API gave something, as it is stored and logged. */
export const plainLabel = (text: string): string => oneLine(text, MAX_LABEL_CHARACTERS);
