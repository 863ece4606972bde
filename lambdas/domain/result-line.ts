import * as z from 'zod';
import { jsonOrUndefined } from './parse.ts';

const lineSchema = z.object({ custom_id: z.string().nullish(), result: z.unknown() });

/** One line of a batch's results. */
export type ResultLine = { custom_id: string | undefined; result: unknown; text: string };

/** Parses one JSON line; undefined when it is not one. `text` is the line as it came: it is what the ledger keeps. */
export function parseResultLine(text: string): ResultLine | undefined {
  const parsed = lineSchema.safeParse(jsonOrUndefined(text));
  if (!parsed.success) return undefined;
  return { custom_id: parsed.data.custom_id || undefined, result: parsed.data.result, text };
}

/** Longest line kept; the API's answers are at most some 200 KB. */
export const LONGEST_LINE = 8 * 1024 * 1024;

/**
 * Splits a byte stream into lines at `\n` only (JSON may hold U+2028), in flat memory: a line past `longest` bytes
 * is given as undefined and its rest is skipped. Invalid UTF-8 becomes U+FFFD.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  longest = LONGEST_LINE,
): AsyncGenerator<string | undefined> {
  let parts: Uint8Array[] = [];
  let size = 0;
  let tooLong = false;
  const flush = (): string | undefined => {
    const line = tooLong ? undefined : Buffer.concat(parts).toString('utf8').replace(/\r$/, '');
    parts = [];
    size = 0;
    tooLong = false;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      add(chunk.subarray(from, end));
      from = end + 1;
      const line = flush();
      if (line !== '') yield line;
    }
    add(chunk.subarray(from));
  }
  const last = flush();
  if (last !== '') yield last;

  function add(part: Uint8Array): void {
    size += part.length;
    if (size > longest) {
      tooLong = true;
      parts = [];
    } else if (!tooLong && part.length > 0) parts.push(part);
  }
}
