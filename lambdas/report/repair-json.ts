import { jsonOrUndefined } from '../shared/parse.ts';

/**
 * Reads JSON with the slips that models make: a comma too many, brackets not closed at the end, single quotes, line breaks and
 * unescaped quotes inside a text, escapes that JSON does not have. What it cannot repair with certainty is refused, and is asked for again:
 * a comma that is missing, a word without quotes, a text that is cut off inside a string. No library does it: those that repair more
 * look ahead from every quote, so that ten thousand hostile characters take seconds. This is one pass: its time grows with the
 * length of the text only, not with its content.
 * @returns undefined when it is still not JSON
 */
export function repairJson(text: string): unknown {
  const out: string[] = [];
  const closers: string[] = [];
  // a comma is written when something follows it
  let comma = '';
  for (let at = 0; at < text.length; ) {
    const character = text[at] as string;
    let next = at + 1;
    let piece = character;
    if (character === ',') {
      comma = ',';
      at = next;
      continue;
    }
    if (character === '}' || character === ']') {
      if (closers.pop() !== character) return undefined;
      comma = '';
    } else if (character === '{' || character === '[') closers.push(character === '{' ? '}' : ']');
    else if (character === '"' || character === "'") {
      const string = readString(text, at);
      if (!string) return undefined;
      [piece, next] = string;
    } else {
      next = endOfPlain(text, at);
      piece = text.slice(at, next);
    }
    if (piece.trim() !== '') {
      out.push(comma);
      comma = '';
    }
    out.push(piece);
    at = next;
  }
  return jsonOrUndefined(out.join('') + closers.reverse().join(''));
}

/** The index of the next quote, bracket or comma. */
function endOfPlain(text: string, start: number): number {
  const special = /["'{}[\],]/g;
  special.lastIndex = start;
  return special.exec(text)?.index ?? text.length;
}

/** The string that begins at `start`, as JSON, and the index after it; undefined when it is not closed. */
function readString(text: string, start: number): [json: string, end: number] | undefined {
  const quote = text[start];
  const out = ['"'];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being escaped
  const special = /["'\\\u0000-\u001f]/g;
  let from = start + 1;
  for (;;) {
    special.lastIndex = from;
    const at = special.exec(text)?.index;
    if (at === undefined) return undefined;
    const character = text[at] as string;
    out.push(text.slice(from, at));
    from = at + 1;
    if (character === quote && closesString(text, from)) return [`${out.join('')}"`, from];
    if (character === '\\') {
      const after = /[^u]|u[0-9a-f]{4}|/iy;
      after.lastIndex = from;
      const [escaped = ''] = after.exec(text) ?? [];
      from += escaped.length;
      out.push(/^["\\/bfnrtu]/.test(escaped) ? `\\${escaped}` : escapedLiterally(escaped));
    } else out.push(character === "'" ? character : JSON.stringify(character).slice(1, -1));
  }
}

/** What follows a backslash that JSON does not know there; `\'` is how other languages write an apostrophe. */
const escapedLiterally = (character: string): string =>
  character === "'" ? character : `\\\\${JSON.stringify(character).slice(1, -1)}`;

/** Whether a quote ends its string: one inside a text is followed by more text. */
function closesString(text: string, from: number): boolean {
  const next = /[^ \t\r\n]/g;
  next.lastIndex = from;
  const character = next.exec(text)?.[0];
  return character === undefined || ',:}]'.includes(character);
}
