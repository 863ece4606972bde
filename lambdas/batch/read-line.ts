import { textMark } from '../shared/names.ts';
import { parseResultLine, type TooLong } from './result-line.ts';

/** A line of results, whatever it is. */
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
