import * as z from 'zod';
import { type Tokens, usageSchema } from '../money/prices.ts';
import { listOf } from '../shared/list-of.ts';
import type { Reason } from '../shared/outcome.ts';
import { jsonOrUndefined } from '../shared/parse.ts';
import { plainLabel } from '../shared/plain-text.ts';
import { repairJson } from './repair-json.ts';
import { citedTids, type Report, reportSchema } from './shape.ts';

/** What became of one request. */
export type Outcome = (
  | { kind: 'stored'; report: Report }
  | { kind: 'ask_again'; reason: Reason }
  | { kind: 'failed'; reason: Reason }
) & {
  /** undefined for answers that are not billed */
  tokens?: Tokens;
  stop_reason?: string;
  /** ids the API gave */
  message_id?: string;
};

/** A fact of a message; a good answer is used even if this cannot be read. */
const label = z.string().transform(plainLabel).nullish().catch(undefined);
const factsSchema = z.object({ id: label, stop_reason: label, usage: usageSchema.optional().catch(undefined) });
const contentSchema = z.object({
  content: listOf(z.looseObject({ type: z.string(), text: z.string().optional() }), 0),
});

const resultSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('succeeded'), message: z.unknown() }),
  z.object({ type: z.literal('errored'), error: z.unknown() }),
  z.object({ type: z.literal('canceled') }),
  z.object({ type: z.literal('expired') }),
]);

/** `error` of an errored result: the API wraps the error once. */
const errorSchema = z.object({ error: z.object({ type: z.string() }) });

/** Longest text read: a report that can be stored is a third of it, and 32,000 tokens are about 130,000 characters. */
const MAX_TEXT_CHARACTERS = 1_000_000;
/** Places in a text where JSON is looked for. */
const MAX_PLACES = 50;

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

/** The tokens that a result was billed for, whatever else is in it; undefined when it was not, or does not say. */
export function billedTokens(result: unknown): Tokens | undefined {
  const parsed = resultSchema.safeParse(result).data;
  return parsed?.type === 'succeeded' ? factsSchema.safeParse(parsed.message).data?.usage : undefined;
}

/** What a stop reason other than a finished answer means. */
const UNFINISHED = new Map<string, { kind: 'ask_again' | 'failed'; reason: Reason }>([
  ['max_tokens', { kind: 'ask_again', reason: 'truncated' }],
  ['refusal', { kind: 'failed', reason: 'refusal' }],
  ['model_context_window_exceeded', { kind: 'failed', reason: 'context_window' }],
]);

function readMessage(message: unknown, shown: (tid: number) => boolean): Outcome {
  const { id, stop_reason, usage } = factsSchema.safeParse(message).data ?? {};
  const facts = {
    ...(usage ? { tokens: usage satisfies Tokens } : {}),
    ...(stop_reason ? { stop_reason } : {}),
    ...(id ? { message_id: id } : {}),
  };
  const content = contentSchema.safeParse(message).data?.content;
  if (!content) return { kind: 'ask_again', reason: 'wrong_shape', ...facts };
  if (stop_reason !== 'end_turn') {
    const unfinished = UNFINISHED.get(stop_reason ?? '') ?? { kind: 'ask_again', reason: 'unfinished' };
    return { ...unfinished, ...facts };
  }
  const text = content.flatMap((block) => (block.type === 'text' ? [block.text ?? ''] : [])).join('');
  return { ...readText(text, shown), ...facts };
}

/** Parses the model's text as a report, or says why it cannot be used. */
export function readText(
  text: string,
  shown: (tid: number) => boolean,
): { kind: 'stored'; report: z.output<typeof reportSchema> } | { kind: 'ask_again'; reason: Reason } {
  if (text.length > MAX_TEXT_CHARACTERS) return { kind: 'ask_again', reason: 'too_large' };
  const value = parseJsonText(text);
  if (value === undefined) return { kind: 'ask_again', reason: 'not_json' };
  const report = reportSchema.safeParse(value);
  if (!report.success) return { kind: 'ask_again', reason: 'wrong_shape' };
  if (!citedTids(report.data).every(shown)) return { kind: 'ask_again', reason: 'unshown_citation' };
  return { kind: 'stored', report: report.data };
}

/** JSON as it is, or without code fences and other text, or after repair; undefined when nothing helps. */
function parseJsonText(text: string): unknown {
  const plain = jsonOrUndefined(text);
  if (plain !== undefined) return plain;
  let places = 0;
  for (const part of likelyJson(text)) {
    const value = jsonOrUndefined(part);
    if (typeof value === 'object' && value !== null) return value;
    // each failure costs time, and a hostile text can hold a hundred thousand
    if (++places >= MAX_PLACES) break;
  }
  const inner = text.slice(Math.max(0, text.indexOf('{')), text.lastIndexOf('}') + 1 || undefined);
  return inner.startsWith('{') ? repairJson(inner) : undefined;
}

/** Finds JSON in a longer text: inside code fences, or as the outermost object in the prose. */
function* likelyJson(text: string): Generator<string> {
  const fences = text.split('```', 2 * MAX_PLACES);
  for (let index = 1; index + 1 < fences.length; index += 2) yield (fences[index] as string).replace(/^json/, '');
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
    const character = text[index];
    if (quoted && character === '\\') index += 1;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '{') depth += 1;
    else if (character === '}' && --depth === 0) return index + 1;
  }
  return text.length;
}
