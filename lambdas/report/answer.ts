import * as z from 'zod';
import { type Tokens, usageSchema } from '../money/prices.ts';
import { apiWords } from '../shared/api-words.ts';
import type { FailedClause, Unproven } from '../shared/ledger-rows.ts';
import { listOf } from '../shared/list-of.ts';
import type { Reason } from '../shared/outcome.ts';
import { jsonOrUndefined } from '../shared/parse.ts';
import { plainLabel } from '../shared/plain-text.ts';
import { checkReport, failedClauses, listed, unprovenOf } from './claims/check.ts';
import type { Evidence } from './claims/evidence.ts';
import { repairJson } from './repair-json.ts';
import { citedTids, type Report, reportSchema } from './shape.ts';

/** What became of one request. */
export type Outcome = (
  | { kind: 'stored'; report: Report }
  /** the votes do not prove some of its clauses */
  | { kind: 'unproven'; report: Report; reason: 'unproven'; unproven: Unproven; failed_clauses: FailedClause[] }
  | { kind: 'ask_again' | 'failed'; reason: Reason }
) & {
  /** undefined for answers that are not billed */
  tokens?: Tokens;
  stop_reason?: string;
  /** ids the API gave */
  message_id?: string;
  /** what the API says about an errored request: `type: message` on one line, cleaned and cut to 300 characters */
  said?: string;
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

/** Longest text read: a report that can be stored is a third of it, and 32,000 tokens are about 130,000 characters. */
const MAX_TEXT_CHARACTERS = 1_000_000;
/** Places in a text where JSON is looked for, and characters read at all of them together: a hostile text offers many. */
const MAX_PLACES = 50;
const MAX_READ_CHARACTERS = 5 * MAX_TEXT_CHARACTERS;
/** Values of an object or a list among which a report is looked for. */
const MAX_WRAPPED = 20;

/** What an answer is held against. */
export interface Shown {
  /** comments that the model was shown */
  tids: ReadonlySet<number>;
  /** what its claims are proven from; undefined where they are not checked */
  evidence: Evidence | undefined;
}

/**
 * Decides what becomes of one result of a batch that asks for a section.
 * @param result the `result` of a JSON line, not yet parsed
 */
export function readResult(result: unknown, { tids, evidence }: Shown): Outcome {
  const read = readBatchResult<Report>(result, (text) => {
    const found = readText(text, (tid) => tids.has(tid));
    return found.kind === 'stored' ? { value: found.report } : { reason: found.reason };
  });
  if (read.kind !== 'stored') return read;
  const { value: report, ...facts } = read;
  const failed = evidence ? failedClauses(checkReport(report, evidence)) : [];
  if (failed.length === 0) return { ...facts, report };
  const unproven = unprovenOf(report, failed);
  return { ...facts, report, kind: 'unproven', reason: 'unproven', unproven, failed_clauses: listed(failed) };
}

/** What the text of a finished answer is read as, or why it cannot be used. */
type ReadText<T> = (text: string) => { value: T } | { reason: Reason };
type BatchResult<T> = ({ kind: 'stored'; value: T } | { kind: 'ask_again' | 'failed'; reason: Reason }) & Facts;
type Facts = Pick<Outcome, 'tokens' | 'stop_reason' | 'message_id' | 'said'>;

/** Reads a result of a batch, whatever it asked for. @param result the `result` of a JSON line, not yet parsed */
export function readBatchResult<T>(result: unknown, read: ReadText<T>): BatchResult<T> {
  const parsed = resultSchema.safeParse(result);
  if (!parsed.success) return { kind: 'ask_again', reason: 'wrong_shape' };
  switch (parsed.data.type) {
    case 'succeeded':
      return readMessage(parsed.data.message, read);
    case 'errored': {
      const { type, said } = apiWords(parsed.data.error) ?? {};
      return {
        ...(type === 'invalid_request_error'
          ? { kind: 'failed', reason: 'invalid_request' }
          : { kind: 'ask_again', reason: 'errored' }),
        ...(said ? { said } : {}),
      };
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

function readMessage<T>(message: unknown, read: ReadText<T>): BatchResult<T> {
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
  const found = read(text);
  return 'value' in found ? { kind: 'stored', ...found, ...facts } : { kind: 'ask_again', ...found, ...facts };
}

type Read = { kind: 'stored'; report: Report } | { kind: 'ask_again'; reason: Reason };

/** What ends a model's own thinking, where it comes as text. */
const THOUGHT = /<\/think(?:ing)?>/g;

/** Finds the report in the model's text, or says why there is none to be used. What follows written thinking comes first. */
export function readText(text: string, shown: (tid: number) => boolean): Read {
  if (text.length > MAX_TEXT_CHARACTERS) return { kind: 'ask_again', reason: 'too_large' };
  const thought = [...text.matchAll(THOUGHT)].at(-1);
  const answer = thought && bestReport(text.slice(thought.index + thought[0].length), shown);
  return answer?.kind === 'stored' ? answer : bestReport(text, shown);
}

/** Of all reports in a text that cite only what was shown, the longest. */
function bestReport(text: string, shown: (tid: number) => boolean): Read {
  let best: { report: Report; length: number } | undefined;
  let reason: Reason = 'not_json';
  for (const value of jsonIn(text)) {
    if (reason === 'not_json') reason = 'wrong_shape';
    for (const candidate of unwrapped(value)) {
      const report = reportSchema.safeParse(candidate).data;
      if (!report) continue;
      const { length } = JSON.stringify(report);
      if (!citedTids(report).every(shown)) reason = 'unshown_citation';
      else if (!best || length > best.length) best = { report, length };
    }
  }
  return best ? { kind: 'stored', report: best.report } : { kind: 'ask_again', reason };
}

/** Keys that are never a wrapping: what is under them is there to change the prototype of a careless reader's objects. */
const NO_WRAPPING = new Set(['__proto__', 'constructor', 'prototype']);

/** A value, and what it holds one level down; text that is JSON counts as what it says. */
function* unwrapped(value: unknown): Generator<unknown> {
  const outer = typeof value === 'string' ? jsonOrUndefined(value) : value;
  yield outer;
  if (typeof outer !== 'object' || outer === null) return;
  let left = MAX_WRAPPED;
  for (const key in outer) {
    if (left-- === 0) return;
    if (!Object.hasOwn(outer, key) || NO_WRAPPING.has(key)) continue;
    const inner = (outer as Record<string, unknown>)[key];
    yield typeof inner === 'string' ? jsonOrUndefined(inner) : inner;
  }
}

/**
 * The JSON in a text: the text itself, or else the objects in it, with slips repaired. Prose around them may hold braces and
 * quotes of its own, so the object around each key `paragraphs` is looked for too, and at last all from first to last brace is read.
 */
function* jsonIn(text: string): Generator<unknown> {
  const whole = jsonOrUndefined(text);
  if (whole !== undefined) {
    yield whole;
    return;
  }
  const reader = new SpanReader(text);
  yield* reader.outermost();
  yield* reader.aroundKeys();
  const all = objectOf(text.slice(Math.max(0, text.indexOf('{')), text.lastIndexOf('}') + 1));
  if (all !== undefined) yield all;
}

/** Reads objects out of a text, with bounds on the work. */
class SpanReader {
  readonly #text: string;
  readonly #read: { start: number; end: number }[] = [];
  #characters = MAX_READ_CHARACTERS;

  constructor(text: string) {
    this.#text = text;
  }

  /** Objects that are in no other, in order. */
  *outermost(): Generator<unknown> {
    let places = MAX_PLACES;
    let end = 0;
    for (let start = this.#text.indexOf('{'); start >= 0 && places > 0; start = this.#text.indexOf('{', end)) {
      places -= 1;
      end = endOfObject(this.#text, start);
      const value = this.#objectAt(start, end);
      if (value !== undefined) yield value;
    }
  }

  /** Objects with the key of a report, outside of those that have been read. */
  *aroundKeys(): Generator<unknown> {
    let places = MAX_PLACES;
    for (const { index } of this.#text.matchAll(/["']paragraphs["']\s*:/g)) {
      if (this.#isRead(index)) continue;
      let start = index;
      // each brace before the key may be one of prose, or of an object that ends before it
      while (start > 0 && places-- > 0) {
        start = this.#text.lastIndexOf('{', start - 1);
        if (start < 0) break;
        const end = endOfObject(this.#text, start);
        const value = end > index ? this.#objectAt(start, end) : undefined;
        if (value === undefined) continue;
        yield value;
        break;
      }
      if (places <= 0) return;
    }
  }

  #objectAt(start: number, end: number): unknown {
    this.#characters -= end - start;
    const value = this.#characters < 0 ? undefined : objectOf(this.#text.slice(start, end));
    if (value !== undefined) this.#read.push({ start, end });
    return value;
  }

  #isRead = (index: number): boolean => this.#read.some(({ start, end }) => start <= index && index < end);
}

/** The object that a text is, as it stands or after repair. */
function objectOf(text: string): unknown {
  const value = jsonOrUndefined(text) ?? repairJson(text);
  return typeof value === 'object' && value !== null ? value : undefined;
}

/** The index after the object that begins at `start`; where it is not closed, after the last brace of the text. */
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
  return Math.max(start + 1, text.lastIndexOf('}') + 1);
}
