import Anthropic from '@anthropic-ai/sdk';
import { afterEach, expect } from 'vitest';
import type { Narrative } from '../../stand-in/narrative.ts';
import { type StandIn, type StandInOptions, startStandIn } from '../../stand-in/server.ts';

export const KEY = 'sk-ant-test';
export const MODEL = 'claude-sonnet-5-5';
export const HOUR = 3_600_000;
export const SCHEMA = {
  type: 'object',
  properties: { title: { type: 'string' }, citations: { type: 'array', items: { type: 'integer' }, minItems: 1 } },
  required: ['title', 'citations'],
  additionalProperties: false,
};

const open: StandIn[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((standIn) => standIn.close()));
});

/** A stand-in on a free port, closed after the test. */
export async function start(options: Partial<StandInOptions> = {}): Promise<StandIn> {
  const standIn = await startStandIn({ apiKey: KEY, ...options });
  open.push(standIn);
  return standIn;
}

/** The SDK, pointed at a stand-in. */
export function sdk({ url }: StandIn, options: { maxRetries?: number } = {}): Anthropic {
  return new Anthropic({ apiKey: KEY, baseURL: url, maxRetries: 0, ...options });
}

/** A call without the SDK; a header given as undefined is left out. */
export function raw(
  { url }: StandIn,
  path: string,
  init: RequestInit = {},
  headers: Record<string, string | undefined> = {},
) {
  const all = { 'x-api-key': KEY, 'anthropic-version': '2023-06-01', 'content-type': 'application/json', ...headers };
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return fetch(`${url}${path}`, { ...init, headers: sent });
}

export function post(standIn: StandIn, body: unknown, headers: Record<string, string | undefined> = {}) {
  return raw(standIn, '/v1/messages/batches', { method: 'POST', body: JSON.stringify(body) }, headers);
}

/** The params of a request that the API takes, with some of them changed. */
export function params(change: Record<string, unknown> = {}) {
  return {
    model: MODEL,
    max_tokens: 8000,
    messages: [{ role: 'user' as const, content: message('Harbour') }],
    ...change,
  };
}

export function requests(...ids: string[]) {
  return ids.map((custom_id) => ({ custom_id, params: params() }));
}

/** Results of a batch by custom_id. */
export async function linesOf(standIn: StandIn, id: string) {
  const found = new Map<string, Anthropic.Messages.MessageBatchResult>();
  for await (const line of await sdk(standIn).messages.batches.results(id)) found.set(line.custom_id, line.result);
  return found;
}

/** Sends one request through a batch and gives its result. */
export async function resultOf(standIn: StandIn, change: Record<string, unknown>, version = '2026-10-21') {
  const answer = await post(
    standIn,
    { requests: [{ custom_id: 'one', params: params(change) }] },
    { 'anthropic-version': version },
  );
  expect(answer.status).toBe(200);
  const { id } = (await answer.json()) as { id: string };
  const result = (await linesOf(standIn, id)).get('one');
  if (result === undefined) throw new Error('no result');
  return result;
}

export function messageIn(result: Anthropic.Messages.MessageBatchResult | undefined): Anthropic.Message {
  if (result?.type !== 'succeeded') throw new Error(`not succeeded: ${result?.type}`);
  return result.message;
}

export function textOf({ content }: Anthropic.Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

const HEADER =
  'id | all: votes agrees disagrees passes | A: votes agrees disagrees passes | B: votes agrees disagrees passes | text';
export const ROWS = [
  '3|40 36 2 2|20 19 1 0|20 17 1 2|Keep the old harbour open to walkers and cyclists — también en invierno',
  '7|40 22 14 4|20 18 1 1|20 4 13 3|Close the harbour road to cars | trial first',
  '12|40 5 31 4|20 2 16 2|20 3 15 2|Sell the harbour warehouses to the highest bidder',
  '15|40 14 11 15|20 8 5 7|20 6 6 8|A tram line should be built before 2031 for 40% less',
];

/** The user message of one section, with its table of comments. */
export function message(section: string, rows = ROWS, header = HEADER): string {
  return `Section: ${section}\n\n<comments columns="${header}">\n${rows.join('\n')}\n</comments>\nWrite the section.`;
}

export function citationsOf({ paragraphs }: Narrative): number[] {
  return paragraphs.flatMap((p) => p.sentences.flatMap((s) => s.clauses.flatMap((c) => c.citations)));
}
