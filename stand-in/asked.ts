import type { BatchRequest } from './faults.ts';
import { messageParams } from './rules.ts';

/** A section; the same one again, with the answer to it and what was wrong; or what the clauses of an answer say. */
export type Asked = 'section' | 'again' | 'read_back';

/** The text of the first message: the prompt of a section, or the clauses to read. */
export function firstText(request: BatchRequest): string {
  const content = messageParams(request).messages[0]?.content ?? '';
  if (typeof content === 'string') return content;
  return content.map((block) => (typeof block.text === 'string' ? block.text : '')).join('\n');
}

/** What a request that the rules accept asks for. */
export function askedOf(request: BatchRequest): Asked {
  if (/^Read back *(\n|$)/.test(firstText(request))) return 'read_back';
  return messageParams(request).messages.length > 1 ? 'again' : 'section';
}
