/** Longest title or id of a report kept; a title is a line. */
const MAX_TITLE_CHARACTERS = 500;
/** Longest name kept of what the API calls something: an id, a stop reason. */
const MAX_LABEL_CHARACTERS = 100;

/** Ends a CDATA section, or would after `]` or `]]` at the end of the text before it. */
const CDATA_END = /(\]\]|^\s*\]?)>/g;
/** Opens a tag, a comment or a declaration in HTML or XML, or would with the text after it. */
const TAG_START = /<(?=[\p{L}_:/!?&]|\s*$)/gu;
/** A character reference, also one without a semicolon that HTML accepts, or half of one at the end. */
const REFERENCE = /&(?=#|\p{L}[\p{L}\d]*;|(?:lt|gt|amp|quot)|\s*$)/giu;

/**
 * Text as plain data: no control characters but line break and tab, no half of a character, and nothing that a page or a feed
 * that puts it in without escaping would take for markup: `<` before a name becomes `‹`, `]]>` becomes `]]›`, and the `&` of
 * `&lt;` becomes `＆`. `a < b`, `<3` and `R&D` stay. Cleaning what is clean changes nothing.
 */
export const plainText = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being removed
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, ' ')
    .replace(CDATA_END, '$1›')
    .replace(TAG_START, '‹')
    .replace(REFERENCE, '＆');

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

/** Control characters but the line break, and what turns the direction of writing: on a terminal they can hide or change what is said. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being looked for
export const NOT_PRINTABLE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text of rows as it may be written to a terminal. */
export const printable = (text: string): string => text.replace(NOT_PRINTABLE, ' ');
