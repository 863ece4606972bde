import { jsonrepair } from 'jsonrepair';
import * as z from 'zod';
import type { Outcome, Reason } from './outcome.ts';
import { jsonOrUndefined } from './parse.ts';
import { citedTids, reportSchema } from './report.ts';
import { type Tokens, usageSchema } from './usage.ts';

const messageSchema = z.object({
  id: z.string().optional(),
  stop_reason: z.string().nullish(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  // a count that cannot be read must not make a good answer a bad one
  usage: usageSchema.optional().catch(undefined),
});
type Message = z.output<typeof messageSchema>;

const resultSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('succeeded'), message: messageSchema }),
  z.object({ type: z.literal('errored'), error: z.unknown() }),
  z.object({ type: z.literal('canceled') }),
  z.object({ type: z.literal('expired') }),
]);

/** `error` of an errored result: the API wraps the error once. */
const errorSchema = z.object({ error: z.object({ type: z.string() }) });

/** Deepest nesting of an answer worth repairing; a report is 8 deep. */
const DEEPEST = 64;
/** Answers longer than this are not repaired: 32,000 tokens are about 130,000 characters. */
const LONGEST_REPAIR = 400_000;

/**
 * Decides what becomes of one result of a batch.
 * @param result the `result` of a JSON line, not yet parsed
 * @param shown whether the model was shown the comment of a tid
 */
export function readResult(result: unknown, shown: (tid: number) => boolean): Outcome {
  const parsed = resultSchema.safeParse(result);
  if (!parsed.success) return { kind: 'ask_again', reason: 'wrong_shape' };
  switch (parsed.data.type) {
    case 'succeeded':
      return readMessage(parsed.data.message, shown);
    case 'errored': {
      const type = errorSchema.safeParse(parsed.data.error).data?.error.type;
      return type === 'invalid_request_error'
        ? { kind: 'failed', reason: 'invalid_request' }
        : { kind: 'ask_again', reason: 'errored' };
    }
    case 'canceled':
      return { kind: 'failed', reason: 'canceled' };
    case 'expired':
      return { kind: 'ask_again', reason: 'expired' };
  }
}

/** What a stop reason other than a finished answer means. */
const UNFINISHED = new Map<string, { kind: 'ask_again' | 'failed'; reason: Reason }>([
  ['max_tokens', { kind: 'ask_again', reason: 'truncated' }],
  ['refusal', { kind: 'failed', reason: 'refusal' }],
  ['model_context_window_exceeded', { kind: 'failed', reason: 'context_window' }],
]);

function readMessage(message: Message, shown: (tid: number) => boolean): Outcome {
  const facts = {
    ...(message.usage ? { tokens: message.usage satisfies Tokens } : {}),
    ...(message.stop_reason ? { stop_reason: message.stop_reason } : {}),
    ...(message.id ? { message_id: message.id } : {}),
  };
  if (message.stop_reason !== 'end_turn') {
    const unfinished = UNFINISHED.get(message.stop_reason ?? '') ?? { kind: 'ask_again', reason: 'unfinished' };
    return { ...unfinished, ...facts };
  }
  const text = message.content.flatMap((block) => (block.type === 'text' ? [block.text ?? ''] : [])).join('');
  return { ...readText(text, shown), ...facts };
}

/** The model's text to a report, or why it is none. */
export function readText(
  text: string,
  shown: (tid: number) => boolean,
): { kind: 'stored'; report: z.output<typeof reportSchema> } | { kind: 'ask_again'; reason: Reason } {
  const value = parseJsonText(text);
  if (value === undefined) return { kind: 'ask_again', reason: 'not_json' };
  const report = reportSchema.safeParse(value);
  if (!report.success) return { kind: 'ask_again', reason: 'wrong_shape' };
  if (!citedTids(report.data).every(shown)) return { kind: 'ask_again', reason: 'unshown_citation' };
  return { kind: 'stored', report: report.data };
}

/** JSON as it stands, or after taking off code fences and chatter, or after repair; undefined when nothing helps. */
function parseJsonText(text: string): unknown {
  const plain = jsonOrUndefined(text);
  if (plain !== undefined) return plain;
  for (const part of likelyJson(text)) {
    const value = jsonOrUndefined(part);
    if (typeof value === 'object' && value !== null) return value;
  }
  const inner = text.slice(Math.max(0, text.indexOf('{')), text.lastIndexOf('}') + 1 || undefined);
  return inner.startsWith('{') ? repaired(inner) : undefined;
}

/** Where JSON stands in a text that says more: inside code fences, or an outermost object in the prose. */
function* likelyJson(text: string): Generator<string> {
  for (const [, fenced = ''] of text.matchAll(/```(?:json)?\s*([\s\S]*?)```/g)) yield fenced;
  let end = 0;
  for (let start = text.indexOf('{'); start >= 0; start = text.indexOf('{', end)) {
    end = endOfObject(text, start);
    yield text.slice(start, end);
  }
}

/** The index after the object that begins at `start`; the end of the text when it is not closed. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let index = start; index < text.length; index++) {
    const sign = text[index];
    if (quoted && sign === '\\') index += 1;
    else if (sign === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (sign === '{') depth += 1;
    else if (sign === '}' && --depth === 0) return index + 1;
  }
  return text.length;
}

function repaired(text: string): unknown {
  if (text.length > LONGEST_REPAIR || nesting(text) > DEEPEST) return undefined;
  try {
    return JSON.parse(jsonrepair(text));
  } catch {
    return undefined;
  }
}

/** How deep brackets nest at most; a hostile answer could otherwise exhaust the stack of the repair. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}
