import * as z from 'zod';
import { textMark } from '../shared/names.ts';
import { jsonOrUndefined } from '../shared/parse.ts';

// a custom id that is not a string counts as absent
const lineSchema = z.object({ custom_id: z.string().nullish().catch(undefined), result: z.unknown() });

/** One line of a batch's results. */
export type ResultLine = { custom_id: string | undefined; result: unknown; text: string };

/** A line that is too long to be read: how it begins, and its length in bytes. */
export interface TooLong {
  beginning: string;
  bytes: number;
}

/** Parses one JSON line; undefined when it is not one. `text` is the line as it came: it is what the ledger keeps. */
export function parseResultLine(text: string): ResultLine | undefined {
  const parsed = lineSchema.safeParse(jsonOrUndefined(text));
  if (!parsed.success) return undefined;
  return { custom_id: parsed.data.custom_id || undefined, result: parsed.data.result, text };
}

/** Longest line read, in bytes; the API's answers are at most some 200 KB, and a report that can be stored is smaller. */
export const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;
/** Bytes that are kept of a longer one. */
const BEGINNING = 64 * 1024;

/**
 * Splits a byte stream into lines at `\n` only (JSON may hold U+2028), in constant memory: of a line longer than `longest` bytes, only the beginning is
 * returned. Invalid UTF-8 becomes U+FFFD; a byte order mark is removed; blank lines are skipped.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  longest = MAX_LINE_CHARACTERS,
): AsyncGenerator<string | TooLong> {
  let line = new GrowingLine(longest);
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      line.add(chunk.subarray(from, end));
      from = end + 1;
      const whole = line.end();
      if (whole !== undefined) yield whole;
      line = new GrowingLine(longest);
    }
    line.add(chunk.subarray(from));
  }
  const last = line.end();
  if (last !== undefined) yield last;
}

class GrowingLine {
  readonly #longest: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(longest: number) {
    this.#longest = longest;
  }

  add(part: Uint8Array): void {
    if (part.length === 0) return;
    const fits = this.#bytes <= this.#longest;
    this.#bytes += part.length;
    if (!fits) return;
    this.#parts.push(part);
    if (this.#bytes <= this.#longest) return;
    // as many bytes however the stream was cut into chunks; copied, so that the chunks are let go
    const kept = Math.min(BEGINNING, this.#longest);
    this.#parts = [Uint8Array.from(Buffer.concat(this.#parts).subarray(0, kept))];
  }

  end(): string | TooLong | undefined {
    const text = Buffer.concat(this.#parts)
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .replace(/\r$/, '');
    if (this.#bytes > this.#longest) return { beginning: text, bytes: this.#bytes };
    return text.trim() === '' ? undefined : text;
  }
}

/** Any line of results. */
export interface ReadLine {
  text: string;
  /** hex; tells this line from every other, and names its row in the ledger */
  mark: string;
  /** absent when it has none that can be read */
  custom_id?: string | undefined;
  result?: unknown;
  /** it is not JSON, or too long */
  bad: boolean;
}

/** A custom id is the first thing the API writes in a line; of a line that is too long to parse, this is all that is known. */
const BEGINS_WITH_ID = /^\s*\{\s*"custom_id"\s*:\s*"([a-zA-Z0-9_-]{1,64})"/;

/** Reads what a line of results says of itself. It never throws. */
export function readLine(line: string | TooLong): ReadLine {
  if (typeof line !== 'string') {
    const text = line.beginning;
    return { text, mark: textMark(`${line.bytes} ${text}`), custom_id: BEGINS_WITH_ID.exec(text)?.[1], bad: true };
  }
  const parsed = parseResultLine(line);
  const mark = textMark(line);
  return parsed ? { ...parsed, mark, bad: false } : { text: line, mark, bad: true };
}
