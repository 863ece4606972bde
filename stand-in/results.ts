import { askedOf, firstText } from './asked.ts';
import type { BatchRequest, ResultFault } from './faults.ts';
import { errorBody } from './http.ts';
import { lieAbout } from './lies.ts';
import { tokensOf, type Usage, usageOf } from './models.ts';
import { type Narrative, readPrompt, type ShownComment, writeNarrative } from './narrative.ts';
import { hash32, idFrom, mulberry32, type Random } from './random.ts';
import { readBack } from './read-back.ts';
import { type MessageParams, messageParams } from './rules.ts';

/** What the lines of an ended batch are made from. */
export interface EndedBatch {
  id: string;
  requests: readonly BatchRequest[];
  /** What became of a request; undefined is a plain success. */
  outcome(index: number): ResultFault | undefined;
  /** Whether an earlier request of the batch has written this prefix to the cache. */
  cached(key: string, index: number): boolean;
}

/** Result lines (JSON Lines, UTF-8) in a random order that follows from the seed, each made when it is read. */
export function* resultLines(batch: EndedBatch, seed: number): Generator<string> {
  const order = unorderedIndexes(batch.requests.length, mulberry32(seed));
  for (const index of order) {
    const request = batch.requests[index];
    if (request !== undefined) yield* linesOf(batch, request, index);
  }
}

function* linesOf(batch: EndedBatch, request: BatchRequest, index: number): Generator<string> {
  const outcome = batch.outcome(index);
  const line = (customId: string | null) =>
    `${JSON.stringify({ custom_id: customId, result: resultOf(batch, request, index, outcome) })}\n`;
  switch (outcome?.kind) {
    case 'missing':
      return;
    case 'duplicated':
      yield line(request.custom_id);
      yield line(request.custom_id);
      return;
    case 'malformed_line': {
      const whole = line(request.custom_id);
      yield `${whole.slice(0, Math.floor(whole.length / 2))}\n`;
      return;
    }
    case 'null_custom_id':
      yield line(null);
      return;
    case 'foreign_custom_id':
      yield line(outcome.customId ?? `${request.custom_id.slice(0, 56)}-foreign`);
      return;
    default:
      yield line(request.custom_id);
  }
}

function resultOf(batch: EndedBatch, request: BatchRequest, index: number, outcome: ResultFault | undefined) {
  switch (outcome?.kind) {
    case 'errored':
      return {
        type: 'errored',
        error: errorBody(outcome.type ?? 'api_error', outcome.message ?? 'Internal server error', null),
      };
    case 'canceled':
    case 'expired':
      return { type: outcome.kind };
    default: {
      const answer = answerOf(request, outcome);
      const usage = answerUsage(request, answer, (key) => batch.cached(key, index));
      return { type: 'succeeded', message: messageOf(batch.id, request, answer, usage) };
    }
  }
}

/** 0 … count-1 shuffled, never in rising order (from two on); Fisher–Yates. */
function unorderedIndexes(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) swap(order, i, Math.floor(random() * (i + 1)));
  if (count > 1 && order.every((value, i) => value === i)) swap(order, 0, 1);
  return order;
}

function swap(order: Uint32Array, a: number, b: number): void {
  const held = order[a] ?? 0;
  order[a] = order[b] ?? 0;
  order[b] = held;
}

/** One request in this many is answered with a thinking block before the text. */
const THINKING_ONE_IN = 3;

type Block = Record<string, unknown> & { type: string };
interface Answer {
  content: Block[];
  stop_reason: string;
  stop_details: { type: 'refusal'; category: null; explanation: null } | null;
  outputTokens: number;
}

/** The complete `message` of a succeeded result. Follows from the request alone, so it can be made again at any time. */
function messageOf(batchId: string, request: BatchRequest, answer: Answer, usage: Usage) {
  return {
    id: idFrom('msg', `${batchId}/${request.custom_id}`),
    type: 'message',
    role: 'assistant',
    model: messageParams(request).model,
    content: answer.content,
    stop_reason: answer.stop_reason,
    stop_sequence: null,
    stop_details: answer.stop_details,
    container: null,
    diagnostics: null,
    usage,
  };
}

/** What the model says to a request, its stop reason and its output tokens (thinking and text together). */
export function answerOf(request: BatchRequest, fault: ResultFault | undefined): Answer {
  const params = messageParams(request);
  if (fault?.kind === 'refusal') {
    return { ...stopped([], 'refusal'), stop_details: { type: 'refusal', category: null, explanation: null } };
  }
  const thinking = thinkingBlocks(request, params);
  const text = answerText(request, fault);
  const blocks = [...thinking, ...(fault?.kind === 'empty_content' ? [] : [{ type: 'text', text }])];
  switch (fault?.kind) {
    case 'max_tokens':
      return stopped(truncated(blocks, Math.floor(lengthOf(blocks) / 2)), 'max_tokens', params.max_tokens);
    case 'context_window':
      return stopped(truncated(blocks, Math.floor(lengthOf(blocks) / 2)), 'model_context_window_exceeded');
    case 'tool_use':
      return stopped(
        [...thinking, { type: 'tool_use', id: idFrom('toolu', request.custom_id), name: 'look_up', input: {} }],
        'tool_use',
      );
    case 'pause_turn':
      return stopped(truncated(blocks, Math.floor(lengthOf(blocks) / 3)), 'pause_turn');
    default:
      return capped(blocks, params.max_tokens);
  }
}

/** Usage of a request that ends with that answer. */
export function answerUsage(request: BatchRequest, answer: Answer, cached: (key: string) => boolean): Usage {
  return usageOf(messageParams(request), answer.outputTokens, cached);
}

/** Ends at `max_tokens` by itself when the answer does not fit. */
function capped(blocks: Block[], maxTokens: number): Answer {
  const fits = tokensOf(lengthOf(blocks)) <= maxTokens;
  return fits ? stopped(blocks, 'end_turn') : stopped(truncated(blocks, maxTokens * 4), 'max_tokens', maxTokens);
}

function stopped(
  content: Block[],
  stopReason: string,
  outputTokens = Math.max(1, tokensOf(lengthOf(content))),
): Answer {
  return { content, stop_reason: stopReason, stop_details: null, outputTokens };
}

/** The first so many characters of the blocks; thinking comes first and counts towards the same limit. */
function truncated(blocks: Block[], characters: number): Block[] {
  let left = characters;
  return blocks.flatMap((block) => {
    const field = block.type === 'thinking' ? 'thinking' : 'text';
    const text = String(block[field])
      .slice(0, left)
      .replace(/[\uD800-\uDBFF]$/, '');
    left -= text.length;
    return text === '' ? [] : [{ ...block, [field]: text }];
  });
}

function lengthOf(blocks: Block[]): number {
  return blocks.reduce((sum, block) => sum + String(block.thinking ?? block.text ?? '').length, 0);
}

function thinkingBlocks(request: BatchRequest, params: MessageParams): Block[] {
  const { custom_id: customId } = request;
  if (params.thinking?.type === 'disabled' || hash32(customId) % THINKING_ONE_IN !== 0) return [];
  const rows = firstText(request).match(/^\s*\d+\|/gm)?.length ?? 0;
  const thinking = `There are ${rows} statements to report on. First I compare the groups on each of them, then I look for common ground.`;
  return [{ type: 'thinking', thinking, signature: Buffer.from(idFrom('sig', customId)).toString('base64') }];
}

/** The text of the answer to one request, written from what it shows, with the scripted fault applied. */
function answerText(request: BatchRequest, fault: ResultFault | undefined): string {
  const schema = messageParams(request).output_config?.format?.schema;
  const asked = firstText(request);
  if (askedOf(request) === 'read_back') {
    const read = readBack(asked, fault?.kind === 'misread');
    return faultyText(
      JSON.stringify(inShapeOf(schema, read)),
      { title: 'Read back', prose: read.claims.join(', ') },
      fault,
    );
  }
  const prompt = readPrompt(asked);
  const narrative = fault?.kind === 'lie' ? lieAbout(prompt, fault.lie).narrative : writeNarrative(prompt);
  if (fault?.kind === 'huge_text') return JSON.stringify(inflated(narrative, fault.characters));
  const text = JSON.stringify(inShapeOf(schema, withForeign(narrative, prompt.comments, fault)));
  return faultyText(text, { title: narrative.title, prose: proseOf(narrative) }, fault);
}

/** An answer with whatever the fault puts around it or in its place. */
function faultyText(text: string, { title, prose }: { title: string; prose: string }, fault: ResultFault | undefined) {
  switch (fault?.kind) {
    case 'not_json':
      return `Here is what people said. ${prose}`;
    case 'fenced_json':
      return `\`\`\`json\n${text}\n\`\`\``;
    case 'surrounded_json':
      return `<think>A {draft}: {"id": "draft"}</think>For example {"id": "example", "paragraphs": []}. The report: {"report": ${text}}`;
    case 'wrong_shape':
      return JSON.stringify({ heading: title, body: [prose] });
    case 'empty_content':
      return '';
    default:
      return text;
  }
}

/** Constrained decoding can never emit a property that the schema does not name, and keeps the schema's order. */
function inShapeOf(schema: unknown, value: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return value;
  const { properties, items } = schema as { properties?: Record<string, unknown>; items?: unknown };
  if (Array.isArray(value)) return value.map((item) => inShapeOf(items, item));
  if (typeof value !== 'object' || value === null || properties === undefined) return value;
  const own = value as Record<string, unknown>;
  const kept = Object.keys(properties).filter((name) => name in own);
  return Object.fromEntries(kept.map((name) => [name, inShapeOf(properties[name], own[name])]));
}

function withForeign(narrative: Narrative, comments: ShownComment[], fault: ResultFault | undefined): Narrative {
  if (fault?.kind !== 'foreign_citations') return narrative;
  const largest = comments.reduce((most, { id }) => Math.max(most, id), 0);
  const foreign = fault.ids ?? [largest + 1, largest + 2];
  const clause = { text: 'The section also takes in this statement.', citations: foreign, claim: 'c' };
  const [first = { id: 'overview', title: 'Overview', sentences: [] }, ...others] = narrative.paragraphs;
  return {
    ...narrative,
    paragraphs: [{ ...first, sentences: [...first.sentences, { clauses: [clause] }] }, ...others],
  };
}

/** The narrative with its first clause, or its title when it has none, made that many characters long. */
function inflated(narrative: Narrative, characters: number): Narrative {
  const copy = structuredClone(narrative);
  const clause = copy.paragraphs[0]?.sentences[0]?.clauses[0];
  if (clause === undefined) copy.title = copy.title.padEnd(characters, ' and so on');
  else clause.text = clause.text.padEnd(characters, ' and so on');
  return copy;
}

function proseOf({ paragraphs }: Narrative): string {
  return paragraphs
    .flatMap(({ sentences }) => sentences.flatMap(({ clauses }) => clauses.map(({ text }) => text)))
    .join(' ');
}
