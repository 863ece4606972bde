import { report, succeeded } from '../../support/answers.ts';
import { idOf, shownTo } from './sections.ts';

export type Json = Record<string, unknown>;

/** The value of a good line; `words` tells it from every other. */
export function goodLine(ordinal: number, words: string, text: string, title: string): Json {
  const value = report(shownTo(ordinal), [0]) as { title: string; paragraphs: { title: string; sentences: Json[] }[] };
  value.title = title;
  value.paragraphs.push({
    title,
    sentences: [{ clauses: [{ text: `${words} ${text}`, citations: shownTo(ordinal).slice(0, 1) }] }],
  });
  return { custom_id: idOf(ordinal), result: succeeded(JSON.stringify(value), { id: `msg_${words}` }) };
}

export const bytesOf = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

export const messageOf = (line: Json): Json => (line.result as { message: Json }).message;

/** What the model wrote. */
export const textOf = (line: Json): string => (messageOf(line).content as { text: string }[])[0]?.text ?? '';

/** The line with another text. */
export const withText = (line: Json, text: string): Json => ({
  ...line,
  result: { type: 'succeeded', message: { ...messageOf(line), content: [{ type: 'text', text }] } },
});
