import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { readPrompt } from '../local/anthropic-stand-in/comments-table.ts';
import { type Narrative, writeNarrative } from '../local/anthropic-stand-in/narrative.ts';
import { resultLines, unevenChunks } from '../local/anthropic-stand-in/results.ts';
import { type StandIn, type StandInOptions, startStandIn } from '../local/anthropic-stand-in/server.ts';

const KEY = 'sk-ant-test';
const MODEL = 'claude-sonnet-5-5';
const HOUR = 3_600_000;
const SCHEMA = {
  type: 'object',
  properties: { title: { type: 'string' }, citations: { type: 'array', items: { type: 'integer' }, minItems: 1 } },
  required: ['title', 'citations'],
  additionalProperties: false,
};
const HEADER =
  'id | all: votes agree disagree pass | A: votes agree disagree pass | B: votes agree disagree pass | text';
const ROWS = [
  '3|40 36 2 2|20 19 1 0|20 17 1 2|Keep the old harbour open to walkers and cyclists — también en invierno',
  '7|40 22 14 4|20 18 1 1|20 4 13 3|Close the harbour road to cars | trial first',
  '12|40 5 31 4|20 2 16 2|20 3 15 2|Sell the harbour warehouses to the highest bidder',
  '15|40 14 11 15|20 8 5 7|20 6 6 8|A tram line should be built before 2031 for 40% less',
];

const open: StandIn[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((standIn) => standIn.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function start(options: Partial<StandInOptions> = {}): Promise<StandIn> {
  const standIn = await startStandIn({ apiKey: KEY, ...options });
  open.push(standIn);
  return standIn;
}
function sdk({ url }: StandIn, options: { maxRetries?: number } = {}): Anthropic {
  return new Anthropic({ apiKey: KEY, baseURL: url, maxRetries: 0, ...options });
}
function raw({ url }: StandIn, path: string, init: RequestInit = {}, headers: Record<string, string | undefined> = {}) {
  const all = { 'x-api-key': KEY, 'anthropic-version': '2023-06-01', 'content-type': 'application/json', ...headers };
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return fetch(`${url}${path}`, { ...init, headers: sent });
}
function post(standIn: StandIn, body: unknown, headers: Record<string, string | undefined> = {}) {
  return raw(standIn, '/v1/messages/batches', { method: 'POST', body: JSON.stringify(body) }, headers);
}
function message(section: string, rows = ROWS, header = HEADER): string {
  return `Section: ${section}\n\n<comments columns="${header}">\n${rows.join('\n')}\n</comments>\nWrite the section.`;
}
function params(change: Record<string, unknown> = {}) {
  return {
    model: MODEL,
    max_tokens: 8000,
    messages: [{ role: 'user' as const, content: message('Harbour') }],
    ...change,
  };
}
function requests(...ids: string[]) {
  return ids.map((custom_id) => ({ custom_id, params: params() }));
}
async function linesOf(standIn: StandIn, id: string) {
  const found = new Map<string, Anthropic.Messages.MessageBatchResult>();
  for await (const line of await sdk(standIn).messages.batches.results(id)) found.set(line.custom_id, line.result);
  return found;
}
/** Sends one request through a batch and gives its result. */
async function resultOf(standIn: StandIn, change: Record<string, unknown>, version = '2026-10-21') {
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
function messageIn(result: Anthropic.Messages.MessageBatchResult | undefined): Anthropic.Message {
  if (result?.type !== 'succeeded') throw new Error(`not succeeded: ${result?.type}`);
  return result.message;
}
function textOf({ content }: Anthropic.Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}
function citationsOf({ paragraphs }: Narrative): number[] {
  return paragraphs.flatMap((p) => p.sentences.flatMap((s) => s.clauses.flatMap((c) => c.citations)));
}
function proseOf(narrative: Narrative, paragraph?: string): string {
  const shown = narrative.paragraphs.filter(({ id }) => paragraph === undefined || id === paragraph);
  return shown.flatMap((p) => p.sentences.map((s) => s.clauses.map((c) => c.text).join(' '))).join(' ');
}
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'stand-in-'));
  folders.push(path);
  return path;
}

describe('who is let in', () => {
  test('the key is good as x-api-key and as a bearer token, and nothing else is', async () => {
    const standIn = await start();
    const status = async (headers: Record<string, string | undefined>) =>
      (await raw(standIn, '/v1/models', {}, headers)).status;
    expect(await status({})).toBe(200);
    expect(await status({ 'x-api-key': undefined, authorization: `Bearer ${KEY}` })).toBe(200);
    expect(await status({ 'x-api-key': undefined })).toBe(401);
    expect(await status({ 'x-api-key': 'other' })).toBe(401);
    expect(await status({ authorization: 'Bearer other' })).toBe(401);
    expect(await status({ 'x-api-key': undefined, authorization: `Basic ${KEY}` })).toBe(401);
  });

  test('an error has the body of the API and its request-id in the header as well', async () => {
    const answer = await raw(await start(), '/v1/models', {}, { 'x-api-key': 'other' });
    const requestId = answer.headers.get('request-id');
    expect(requestId).toMatch(/^req_01\w+$/);
    expect(await answer.json()).toEqual({
      type: 'error',
      error: { type: 'authentication_error', message: expect.any(String) },
      request_id: requestId,
    });
  });

  test('a missing or unknown anthropic-version is refused, both known ones are taken', async () => {
    const standIn = await start();
    for (const [version, status] of [
      ['2023-06-01', 200],
      ['2026-10-21', 200],
      ['2024-01-01', 400],
      [undefined, 400],
    ] as const) {
      expect((await raw(standIn, '/v1/models', {}, { 'anthropic-version': version })).status).toBe(status);
    }
  });

  test('a path that does not exist is 404 and a wrong method 405', async () => {
    const standIn = await start();
    expect((await raw(standIn, '/v1/complete')).status).toBe(404);
    expect((await raw(standIn, '/v1/models', { method: 'DELETE' })).status).toBe(405);
    expect((await raw(standIn, '//')).status).toBe(404);
  });
});

describe('creating a batch', () => {
  test('another content type, broken JSON and broken UTF-8 are refused', async () => {
    const standIn = await start();
    const send = (body: string | Buffer<ArrayBuffer>, type: string) =>
      raw(standIn, '/v1/messages/batches', { method: 'POST', body }, { 'content-type': type });
    expect((await send(JSON.stringify({ requests: requests('a') }), 'text/plain')).status).toBe(400);
    expect((await send('{"requests":[', 'application/json')).status).toBe(400);
    expect((await send(Buffer.from([0x22, 0xff, 0x22]), 'application/json')).status).toBe(400);
    expect(standIn.batches()).toEqual([]);
  });

  test('a body above the limit is 413, one just at the limit is taken', async () => {
    const body = JSON.stringify({ requests: requests('a') });
    const size = Buffer.byteLength(body);
    const send = (standIn: StandIn) => raw(standIn, '/v1/messages/batches', { method: 'POST', body });
    expect((await send(await start({ maxBodyBytes: size }))).status).toBe(200);
    const refused = await send(await start({ maxBodyBytes: size - 1 }));
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ error: { type: 'request_too_large' } });
  });

  test.each([
    ['no requests', []],
    ['a custom_id used twice', requests('a', 'b', 'a')],
    ['a custom_id with a space', requests('a b')],
    ['a custom_id of 65 characters', requests('x'.repeat(65))],
    ['an empty custom_id', requests('')],
    ['params that are no object', [{ custom_id: 'a', params: 'x' }]],
    ['a field that the API does not know', [{ custom_id: 'a', params: params(), metadata: {} }]],
  ])('%s makes the whole batch fail with 400', async (_, list) => {
    const standIn = await start();
    const answer = await post(standIn, { requests: list });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(standIn.batches()).toEqual([]);
  });

  test('100,001 requests are too many', async () => {
    const list = Array.from({ length: 100_001 }, (_, i) => ({ custom_id: `c${i}`, params: {} }));
    expect((await post(await start(), { requests: list })).status).toBe(400);
  });

  test('what was received is kept with its order and params', async () => {
    const standIn = await start({ clock: () => Date.UTC(2026, 10, 1) });
    const batch = await sdk(standIn).messages.batches.create({ requests: requests('a', 'b') });
    expect(standIn.batches()).toEqual([
      {
        id: batch.id,
        created_at: '2026-11-01T00:00:00.000000Z',
        api_version: '2026-10-21',
        processing_status: 'ended',
        deleted: false,
        requests: requests('a', 'b'),
      },
    ]);
    expect(standIn.calls).toEqual([{ method: 'POST', path: '/v1/messages/batches', status: 200 }]);
  });
});

describe('what the API refuses in one request', () => {
  const refused: [string, Record<string, unknown>][] = [
    ['a missing max_tokens', { max_tokens: undefined }],
    ['max_tokens of 0', { max_tokens: 0 }],
    ['no messages', { messages: [] }],
    ['an empty text block', { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }],
    ['an unknown role', { messages: [{ role: 'system', content: 'x' }] }],
    ['an unknown parameter', { prompt: 'x' }],
    ['streaming', { stream: true }],
    ['an unknown model', { model: 'claude-3' }],
    ['temperature', { temperature: 0.5 }],
    ['top_p', { top_p: 0.5 }],
    ['top_k', { top_k: 5 }],
    [
      'an assistant prefill',
      {
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content: '{' },
        ],
      },
    ],
    [
      'five blocks with cache_control',
      { system: Array.from({ length: 5 }, () => ({ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } })) },
    ],
    ['a thinking budget as large as max_tokens', { thinking: { type: 'enabled', budget_tokens: 8000 } }],
    ['an unknown effort', { output_config: { effort: 'huge' } }],
  ];
  test.each(refused)('%s ends that request as errored and leaves the others alone', async (_, change) => {
    const standIn = await start();
    const list = [{ custom_id: 'bad', params: params(change) }, ...requests('good')];
    const batch = (await (await post(standIn, { requests: list }, { 'anthropic-version': '2026-10-21' })).json()) as {
      id: string;
    };
    const ended = await sdk(standIn).messages.batches.retrieve(batch.id);
    expect(ended.request_counts).toEqual({ processing: 0, succeeded: 1, errored: 1, canceled: 0, expired: 0 });
    const results = await linesOf(standIn, batch.id);
    expect(results.get('bad')).toMatchObject({
      type: 'errored',
      error: { type: 'error', error: { type: 'invalid_request_error' } },
    });
    expect(results.get('good')).toMatchObject({ type: 'succeeded' });
    expect(standIn.paidRequests().map(({ custom_id }) => custom_id)).toEqual(['good']);
  });

  test('sampling parameters are taken by the older API version', async () => {
    const standIn = await start();
    expect(await resultOf(standIn, { temperature: 0.5 }, '2023-06-01')).toMatchObject({ type: 'succeeded' });
    expect(await resultOf(standIn, { temperature: 1.5 }, '2023-06-01')).toMatchObject({ type: 'errored' });
  });

  const inArray = (items: unknown) => ({
    ...SCHEMA,
    properties: { list: { type: 'array', items } },
    required: ['list'],
  });
  const schemas: [string, unknown][] = [
    ['an object without additionalProperties: false', { ...SCHEMA, additionalProperties: undefined }],
    ['a nested object that allows more', inArray({ type: 'object', properties: {}, additionalProperties: true })],
    ['maxItems', inArray({ type: 'array', items: { type: 'integer' }, maxItems: 10 })],
    ['minItems of 2', inArray({ type: 'array', items: { type: 'integer' }, minItems: 2 })],
    ['uniqueItems', inArray({ type: 'array', items: { type: 'integer' }, uniqueItems: true })],
    ['minimum', inArray({ type: 'integer', minimum: 0 })],
    ['maximum', inArray({ type: 'integer', maximum: 9 })],
    ['multipleOf', inArray({ type: 'number', multipleOf: 2 })],
    ['minLength', inArray({ type: 'string', minLength: 1 })],
    ['maxLength', inArray({ type: 'string', maxLength: 9 })],
    ['an unknown format', inArray({ type: 'string', format: 'phone' })],
    ['a pattern that looks ahead', inArray({ type: 'string', pattern: '^(?=a)' })],
    ['oneOf', inArray({ oneOf: [{ type: 'string' }] })],
    ['a schema without a type', inArray({})],
    ['an enum of objects', inArray({ enum: [{}] })],
    ['a reference to somewhere else', inArray({ $ref: 'https://example.com/schema' })],
    ['recursion', { ...inArray({ $ref: '#/$defs/node' }), $defs: { node: inArray({ $ref: '#/$defs/node' }) } }],
    [
      'more than 24 optional properties',
      {
        ...SCHEMA,
        properties: Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`p${i}`, { type: 'string' }])),
        required: [],
      },
    ],
    [
      'more than 16 union types',
      inArray({
        ...SCHEMA,
        properties: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`p${i}`, { type: ['string', 'null'] }])),
      }),
    ],
  ];
  test.each(schemas)('a json_schema with %s is refused', async (_, schema) => {
    const result = await resultOf(await start(), { output_config: { format: { type: 'json_schema', schema } } });
    const error = { type: 'invalid_request_error', message: expect.stringMatching(/^output_config\.format\.schema: /) };
    expect(result).toMatchObject({ type: 'errored', error: { error } });
  });

  test('a json_schema within the limits is taken, and the answer has its properties only', async () => {
    const schema = { ...SCHEMA, properties: { title: { type: 'string', description: 'x' } }, required: ['title'] };
    const message = messageIn(
      await resultOf(await start(), { output_config: { effort: 'low', format: { type: 'json_schema', schema } } }),
    );
    expect(JSON.parse(textOf(message))).toEqual({ title: 'Harbour' });
  });

  test('a reference used twice is no recursion', async () => {
    const $defs = { name: { type: 'string' } };
    const schema = {
      ...SCHEMA,
      properties: { title: { $ref: '#/$defs/name' }, id: { $ref: '#/$defs/name' } },
      required: ['title', 'id'],
      $defs,
    };
    const message = messageIn(
      await resultOf(await start(), { output_config: { format: { type: 'json_schema', schema } } }),
    );
    expect(Object.keys(JSON.parse(textOf(message)))).toEqual(['title', 'id']);
  });
});

describe('the life of a batch', () => {
  test('it is in progress for as long as asked, counts only at the end, and has no results before', async () => {
    let now = Date.UTC(2026, 10, 1);
    const standIn = await start({ clock: () => now, processing: { secondsPerBatch: 3600 } });
    const { batches } = sdk(standIn).messages;
    const created = await batches.create({ requests: requests('a', 'b') });
    expect(created).toMatchObject({
      processing_status: 'in_progress',
      results_url: null,
      ended_at: null,
      archived_at: null,
    });
    expect(Date.parse(created.expires_at) - Date.parse(created.created_at)).toBe(24 * HOUR);
    now += HOUR - 1;
    const waiting = await batches.retrieve(created.id);
    expect(waiting.request_counts).toEqual({ processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 });
    const early = await raw(standIn, `/v1/messages/batches/${created.id}/results`);
    expect([early.status, await early.json()]).toMatchObject([400, { error: { type: 'invalid_request_error' } }]);
    await expect(batches.delete(created.id)).rejects.toMatchObject({ status: 400 });
    expect(standIn.paidRequests()).toEqual([]);
    now += 1;
    const ended = await batches.retrieve(created.id);
    expect(ended).toMatchObject({
      processing_status: 'ended',
      results_url: `${standIn.url}/v1/messages/batches/${created.id}/results`,
    });
    expect(ended.request_counts).toEqual({ processing: 0, succeeded: 2, errored: 0, canceled: 0, expired: 0 });
    expect(Date.parse(ended.ended_at ?? '')).toBe(now);
  });

  test('a canceled batch is canceling first and ends with what was done until then', async () => {
    let now = 0;
    const standIn = await start({
      clock: () => now,
      processing: { secondsPerBatch: 3600, secondsToCancel: 60, finishedShare: 0.5 },
    });
    const { batches } = sdk(standIn).messages;
    const { id } = await batches.create({ requests: requests('a', 'b', 'c') });
    now += 1000;
    const canceling = await batches.cancel(id);
    expect(canceling).toMatchObject({
      processing_status: 'canceling',
      results_url: null,
      request_counts: { processing: 3, canceled: 0 },
    });
    now += 59_999;
    expect(await batches.cancel(id)).toMatchObject({
      processing_status: 'canceling',
      cancel_initiated_at: canceling.cancel_initiated_at,
    });
    now += 1;
    expect(await batches.retrieve(id)).toMatchObject({
      processing_status: 'ended',
      request_counts: { processing: 0, succeeded: 1, errored: 0, canceled: 2, expired: 0 },
    });
    expect([...(await linesOf(standIn, id)).values()].map(({ type }) => type).sort()).toEqual([
      'canceled',
      'canceled',
      'succeeded',
    ]);
    await expect(batches.cancel(id)).rejects.toMatchObject({ status: 400 });
    expect(standIn.paidRequests()).toHaveLength(1);
  });

  test('a batch that is still processing after 24 hours ends with expired results', async () => {
    let now = 0;
    const standIn = await start({ clock: () => now, processing: { secondsPerBatch: Number.POSITIVE_INFINITY } });
    const { id } = await sdk(standIn).messages.batches.create({ requests: requests('a', 'b') });
    now = 24 * HOUR - 1;
    expect(await sdk(standIn).messages.batches.retrieve(id)).toMatchObject({ processing_status: 'in_progress' });
    now = 40 * HOUR;
    const ended = await sdk(standIn).messages.batches.retrieve(id);
    expect(ended).toMatchObject({
      processing_status: 'ended',
      ended_at: '1970-01-02T00:00:00.000000Z',
      request_counts: { expired: 2 },
    });
    expect([...(await linesOf(standIn, id)).values()]).toEqual([{ type: 'expired' }, { type: 'expired' }]);
    expect(standIn.paidRequests()).toEqual([]);
  });

  test('results are gone after 29 days and the batch says when it was archived', async () => {
    let now = 0;
    const standIn = await start({ clock: () => now });
    const { id } = await sdk(standIn).messages.batches.create({ requests: requests('a') });
    now = 29 * 24 * HOUR - 1;
    expect((await linesOf(standIn, id)).size).toBe(1);
    now += 1;
    await expect(linesOf(standIn, id)).rejects.toMatchObject({ status: 404 });
    expect(await sdk(standIn).messages.batches.retrieve(id)).toMatchObject({
      archived_at: '1970-01-30T00:00:00.000000Z',
    });
  });

  test('a deleted batch is gone for the API; that it was paid for is not forgotten', async () => {
    const standIn = await start();
    const { batches } = sdk(standIn).messages;
    const { id } = await batches.create({ requests: requests('a') });
    expect(await batches.delete(id)).toEqual({ id, type: 'message_batch_deleted' });
    await expect(batches.retrieve(id)).rejects.toMatchObject({ status: 404 });
    expect((await batches.list()).data).toEqual([]);
    expect(standIn.paidRequests()).toHaveLength(1);
    expect(standIn.batches()).toMatchObject([{ id, deleted: true }]);
  });
});

describe('listing batches', () => {
  async function withBatches(count: number) {
    const standIn = await start();
    const ids: string[] = [];
    for (let i = 0; i < count; i++)
      ids.unshift((await sdk(standIn).messages.batches.create({ requests: requests('a') })).id);
    return { standIn, ids, list: sdk(standIn).messages.batches.list.bind(sdk(standIn).messages.batches) };
  }

  test('the newest come first and pages follow one another in both directions', async () => {
    const { ids, list } = await withBatches(5);
    const first = await list({ limit: 2 });
    expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(first).toMatchObject({ has_more: true, first_id: ids[0], last_id: ids[1] });
    const all: string[] = [];
    for await (const batch of list({ limit: 2 })) all.push(batch.id);
    expect(all).toEqual(ids);
    const newer = await list({ limit: 2, before_id: ids[3] ?? '' });
    expect(newer.data.map(({ id }) => id)).toEqual(ids.slice(1, 3));
    expect(newer.has_more).toBe(true);
    expect((await list({ limit: 3, before_id: ids[3] ?? '' })).has_more).toBe(false);
    expect((await list({ limit: 1, after_id: ids[4] ?? '' })).data).toEqual([]);
  });

  test('a deleted batch still works as a cursor', async () => {
    const { standIn, ids, list } = await withBatches(3);
    await sdk(standIn).messages.batches.delete(ids[1] ?? '');
    expect((await list({ after_id: ids[1] ?? '' })).data.map(({ id }) => id)).toEqual([ids[2]]);
  });

  test.each(['limit=0', 'limit=1001', 'limit=two', 'after_id=nothing', 'after_id=a&before_id=b'])(
    '%s is refused',
    async (query) => {
      expect((await raw(await start(), `/v1/messages/batches?${query}`)).status).toBe(400);
    },
  );
});

describe('results', () => {
  test('they come in another order than asked, and in another one at the next reading', async () => {
    const standIn = await start();
    const ids = Array.from({ length: 30 }, (_, i) => `c${i}`);
    const { id } = await sdk(standIn).messages.batches.create({ requests: requests(...ids) });
    const first = [...(await linesOf(standIn, id)).keys()];
    const second = [...(await linesOf(standIn, id)).keys()];
    expect(first).not.toEqual(ids);
    expect(second).not.toEqual(first);
    expect(first.toSorted()).toEqual(ids.toSorted());
  });

  test('one message is complete and says the same at every reading', async () => {
    const standIn = await start();
    const { id } = await sdk(standIn).messages.batches.create({ requests: requests('a') });
    const message = messageIn((await linesOf(standIn, id)).get('a'));
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: MODEL,
      stop_reason: 'end_turn',
      stop_sequence: null,
    });
    expect(message.id).toMatch(/^msg_01\w{22}$/);
    expect((await linesOf(standIn, id)).get('a')).toEqual({ type: 'succeeded', message });
  });

  test('some answers begin with thinking, unless thinking is switched off', async () => {
    const standIn = await start();
    const ids = Array.from({ length: 20 }, (_, i) => `c${i}`);
    const blocks = async (thinking?: { type: 'disabled' }) => {
      const list = ids.map((custom_id) => ({ custom_id, params: params(thinking ? { thinking } : {}) }));
      const { id } = await sdk(standIn).messages.batches.create({ requests: list });
      return [...(await linesOf(standIn, id)).values()].map((result) =>
        messageIn(result)
          .content.map(({ type }) => type)
          .join(),
      );
    };
    expect(new Set(await blocks())).toEqual(new Set(['text', 'thinking,text']));
    expect(new Set(await blocks({ type: 'disabled' }))).toEqual(new Set(['text']));
  });

  test('chunks end inside lines and inside characters, and joined they are the lines', async () => {
    const text = Array.from(
      { length: 40 },
      (_, i) => `{"custom_id":"c${i}","text":"${'a long plain piece of text and then one é, '.repeat(i)}"}\n`,
    );
    const chunks: Buffer[] = [];
    for await (const chunk of unevenChunks(text, 1)) chunks.push(Buffer.from(chunk));
    expect(Buffer.concat(chunks).toString()).toBe(text.join(''));
    const inCharacter = chunks.slice(1).filter((chunk) => ((chunk[0] ?? 0) & 0xc0) === 0x80);
    expect(inCharacter.length).toBeGreaterThan(chunks.length / 2);
    expect(chunks.slice(0, -1).every((chunk) => chunk.at(-1) !== 0x0a)).toBe(true);
  });

  test('a line is made only when the reader gets to it', async () => {
    const touched = new Set<number>();
    const list = requests(...Array.from({ length: 100_000 }, (_, i) => `c${i}`));
    const watched = new Proxy(list, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) touched.add(Number(key));
        return Reflect.get(target, key);
      },
    });
    const batch = { id: 'b', requests: watched, outcome: () => undefined, cached: () => false };
    let bytes = 0;
    for await (const chunk of unevenChunks(resultLines(batch, 1), 1)) {
      bytes += chunk.length;
      if (bytes > 20_000) break;
    }
    expect(touched.size).toBeGreaterThan(0);
    expect(touched.size).toBeLessThan(100);
  });

  test('a reader that leaves half-way does not disturb the server', async () => {
    const standIn = await start();
    const ids = Array.from({ length: 3000 }, (_, i) => `c${i}`);
    const { id } = await sdk(standIn).messages.batches.create({ requests: requests(...ids) });
    const reader = (await raw(standIn, `/v1/messages/batches/${id}/results`)).body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    await reader?.cancel();
    expect((await raw(standIn, '/v1/models')).status).toBe(200);
  });

  test('max_tokens cuts the answer off by itself when it is too small', async () => {
    const message = messageIn(await resultOf(await start(), { max_tokens: 50 }));
    expect(message).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 50 } });
    expect(() => JSON.parse(textOf(message))).toThrow();
  });

  test('the first request writes the cache and later ones with the same prefix read it', async () => {
    const standIn = await start();
    const system = (text: string) => [
      { type: 'text' as const, text, cache_control: { type: 'ephemeral' as const, ttl: '1h' as const } },
    ];
    const long = 'a rule. '.repeat(1000);
    const list = [
      { custom_id: 'bad', params: params({ system: system(long), temperature: 1 }) },
      { custom_id: 'first', params: params({ system: system(long) }) },
      { custom_id: 'second', params: params({ system: system(long) }) },
      { custom_id: 'other', params: params({ system: system(`${long}!`) }) },
      { custom_id: 'short', params: params({ system: system('a rule.') }) },
    ];
    const { id } = await sdk(standIn).messages.batches.create({ requests: list });
    const results = await linesOf(standIn, id);
    const cache = (custom: string) => {
      const { usage } = messageIn(results.get(custom));
      return [
        usage.cache_creation_input_tokens,
        usage.cache_read_input_tokens,
        usage.cache_creation?.ephemeral_1h_input_tokens,
      ];
    };
    expect(cache('first')).toEqual([2000, 0, 2000]);
    expect(cache('second')).toEqual([0, 2000, 0]);
    expect(cache('other')).toEqual([2001, 0, 2001]);
    expect(cache('short')).toEqual([0, 0, 0]);
    const paid = standIn.paidRequests().find(({ custom_id }) => custom_id === 'second');
    expect(paid).toMatchObject({ batch_id: id, model: MODEL, usage: messageIn(results.get('second')).usage });
  });
});

describe('models and token counts', () => {
  test('a model is told, an unknown one is 404', async () => {
    const client = sdk(await start({ models: ['claude-opus-5-5', MODEL] }));
    expect(await client.models.retrieve(MODEL)).toMatchObject({
      id: MODEL,
      type: 'model',
      display_name: 'Claude Sonnet 5.5',
    });
    await expect(client.models.retrieve('claude-3')).rejects.toMatchObject({ status: 404 });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['claude-opus-5-5', MODEL]);
  });

  test('tokens follow the characters of system and messages, and agree with the usage', async () => {
    const standIn = await start();
    const { model, messages } = params();
    const count = async (text: string) =>
      (await sdk(standIn).messages.countTokens({ model, messages, system: text })).input_tokens;
    expect((await count('a'.repeat(4004))) - (await count('a'.repeat(4)))).toBe(1000);
    expect(messageIn(await resultOf(standIn, { system: 'rules' })).usage.input_tokens).toBe(await count('rules'));
  });

  test('counting refuses what it does not take', async () => {
    const standIn = await start();
    const answer = await raw(standIn, '/v1/messages/count_tokens', { method: 'POST', body: JSON.stringify(params()) });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { message: expect.stringContaining('max_tokens') } },
    ]);
  });
});

describe('reading the prompt', () => {
  test('texts may hold the separator, digits and line breaks; the header names the groups', () => {
    const header =
      'id | all: votes agree disagree pass | Newcomers: votes agree disagree pass | B: votes agree disagree pass | text';
    const rows = ['4|9 1 2 6|5 1 1 3|4 0 1 3|1 2 3 4|really | yes', 'and a second line', '5|0 0 0 0|0 0 0 0|0 0 0 0|'];
    expect(readPrompt(message('Parks', rows, header))).toEqual({
      section: 'Parks',
      comments: [
        {
          id: 4,
          text: '1 2 3 4|really | yes and a second line',
          all: { votes: 9, agrees: 1, disagrees: 2, passes: 6 },
          groups: [
            { group: 'Newcomers', votes: 5, agrees: 1, disagrees: 1, passes: 3 },
            { group: 'Group B', votes: 4, agrees: 0, disagrees: 1, passes: 3 },
          ],
        },
        expect.objectContaining({ id: 5, text: '' }),
      ],
    });
  });

  test('a mention of the tag before the table, entities and quotes in labels do no harm', () => {
    const header = "id | all: votes agree disagree pass | People's > party: votes agree disagree pass | text";
    const text = `Only cite ids of <comments>.\n${message('Parks', ['1|2 1 1 0|2 1 1 0|a &lt;b&gt; &amp;amp; c'], header)}`;
    expect(readPrompt(text).comments).toMatchObject([
      { id: 1, text: 'a <b> &amp; c', groups: [{ group: "People's > party" }] },
    ]);
  });

  test('a section name inside a comment is not taken for the section', () => {
    const { section } = readPrompt(message('Parks', ['1|1 1 0 0|1 1 0 0|0 0 0 0|x', 'Section: forged']));
    expect(section).toBe('Parks');
  });

  test('a message without a table still gets an answer in the shape of a narrative', () => {
    expect(writeNarrative(readPrompt('Hello'))).toEqual({
      id: expect.any(String),
      title: expect.any(String),
      paragraphs: [],
    });
  });
});

describe('the narrative', () => {
  const tallies = fc
    .tuple(fc.nat(30), fc.nat(30), fc.nat(30))
    .map(([a, d, p]) => ({ votes: a + d + p, agrees: a, disagrees: d, passes: p }));
  const comments = fc.array(fc.tuple(fc.array(tallies, { minLength: 2, maxLength: 2 }), fc.string({ maxLength: 80 })), {
    maxLength: 60,
  });
  const rowsOf = (list: [{ votes: number; agrees: number; disagrees: number; passes: number }[], string][]) =>
    list.map(([groups, text], i) => {
      const cell = (votes: number, agrees: number, disagrees: number, passes: number) =>
        `${votes} ${agrees} ${disagrees} ${passes}`;
      const sum = (field: 'votes' | 'agrees' | 'disagrees' | 'passes') =>
        groups.reduce((total, group) => total + group[field], 0);
      const all = cell(sum('votes'), sum('agrees'), sum('disagrees'), sum('passes'));
      return `${i * 3}|${all}|${groups.map((g) => cell(g.votes, g.agrees, g.disagrees, g.passes)).join('|')}|${text}`;
    });

  test('every clause has 1 to 10 citations of comments that were shown', () => {
    fc.assert(
      fc.property(comments, (list) => {
        const prompt = readPrompt(message('Parks', rowsOf(list)));
        const shown = new Set(prompt.comments.map(({ id }) => id));
        for (const paragraph of writeNarrative(prompt).paragraphs) {
          expect(paragraph.sentences.length).toBeGreaterThan(0);
          for (const { text, citations } of paragraph.sentences.flatMap(({ clauses }) => clauses)) {
            expect(text.trim()).not.toBe('');
            expect(citations.length).toBeGreaterThanOrEqual(1);
            expect(citations.length).toBeLessThanOrEqual(10);
            expect(citations.filter((id) => !shown.has(id))).toEqual([]);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a consensus section cites every comment', () => {
    fc.assert(
      fc.property(comments, (list) => {
        const prompt = readPrompt(message('Group-informed consensus', rowsOf(list)));
        expect(new Set(citationsOf(writeNarrative(prompt)))).toEqual(new Set(prompt.comments.map(({ id }) => id)));
      }),
      { numRuns: 60 },
    );
  });

  test('no percentages and no figures get into the text, though comments hold some', () => {
    fc.assert(
      fc.property(comments, (list) => {
        expect(proseOf(writeNarrative(readPrompt(message('Parks', rowsOf(list)))))).not.toMatch(/[\d%]/);
      }),
      { numRuns: 60 },
    );
  });

  test('it tells which group agrees and which disagrees, from 30 points on', () => {
    const narrative = writeNarrative(readPrompt(message('Harbour')));
    expect(narrative.title).toBe('Harbour');
    expect(narrative.paragraphs.map(({ id }) => id)).toEqual(['overview', 'differences', 'agreement']);
    const [difference, ...others] = narrative.paragraphs[1]?.sentences ?? [];
    expect(others).toEqual([]);
    expect(difference?.clauses.map(({ citations }) => citations)).toEqual([[7], [7]]);
    expect(difference?.clauses[0]?.text).toContain('Group A mostly agrees');
    expect(difference?.clauses[1]?.text).toContain('Group B mostly disagrees');
  });

  test('what it says of groups is true to their tallies, whatever these are', () => {
    const share = ({ votes }: { votes: number }, part: number) => (votes === 0 ? 0 : part / votes);
    fc.assert(
      fc.property(comments, (list) => {
        const prompt = readPrompt(message('Parks', rowsOf(list)));
        const groupsOf = (id: number | undefined) => prompt.comments.find((comment) => comment.id === id)?.groups ?? [];
        const narrative = writeNarrative(prompt);
        const sentences = (name: string) => narrative.paragraphs.find(({ id }) => id === name)?.sentences ?? [];
        for (const { clauses } of sentences('differences').filter((sentence) => sentence.clauses.length === 2)) {
          const [low, high] = groupsOf(clauses[0]?.citations[0]).toSorted(
            (a, b) => share(a, a.agrees) - share(b, b.agrees),
          );
          if (low === undefined || high === undefined) throw new Error('a difference needs two groups');
          expect(share(high, high.agrees) - share(low, low.agrees)).toBeGreaterThanOrEqual(0.3 - 1e-9);
          expect(clauses[0]?.text).toContain(high.group);
          expect(clauses[1]?.text).toContain(low.group);
          if (high.agrees * 2 > high.votes) expect(clauses[0]?.text).toMatch(/mostly agrees/);
          if (low.disagrees * 2 > low.votes && high.disagrees * 2 <= high.votes)
            expect(clauses[1]?.text).toMatch(/mostly disagrees/);
        }
        for (const { text, citations } of sentences('agreement').flatMap(({ clauses }) => clauses)) {
          if (/^No statement/.test(text)) continue;
          const against = /turn down|rejected|disagreeing/.test(text);
          for (const group of citations.flatMap(groupsOf)) {
            expect(share(group, against ? group.disagrees : group.agrees)).toBeGreaterThanOrEqual(0.6);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test('turning the votes of the groups round turns the sentence round', () => {
    const row = '7|40 22 14 4|20 4 13 3|20 18 1 1|Close the harbour road to cars';
    const text = proseOf(writeNarrative(readPrompt(message('Harbour', [row]))), 'differences');
    expect(text).toContain('Group B mostly agrees');
    expect(text).toContain('Group A mostly disagrees');
  });

  test('common ground needs 60 % in every group', () => {
    const agreement = (row: string) => citationsOf(writeNarrative(readPrompt(message('X', [row, ROWS[3] ?? '']))));
    const text = (row: string) => proseOf(writeNarrative(readPrompt(message('X', [row, ROWS[3] ?? '']))), 'agreement');
    expect(text('1|20 12 8 0|10 6 4 0|10 6 4 0|Plant trees')).toContain('Plant trees');
    expect(text('1|200 119 81 0|100 60 40 0|100 59 41 0|Plant trees')).not.toContain('Plant trees');
    expect(agreement('1|20 12 8 0|10 6 4 0|10 6 4 0|Plant trees')).toContain(1);
  });

  test('the overview speaks of statements and not of groups', () => {
    expect(proseOf(writeNarrative(readPrompt(message('Harbour'))), 'overview')).not.toMatch(/Group/);
  });

  test('sections are not worded alike', () => {
    const first = (text: string) =>
      writeNarrative(readPrompt(message(text, ['1|40 20 18 2|20 18 1 1|20 2 17 1|Plant trees']))).paragraphs[1]
        ?.sentences[0]?.clauses[0]?.text;
    expect(
      new Set(['Parks', 'Roads', 'Schools', 'Taxes', 'Sport', 'Water', 'Noise', 'Trees'].map(first)).size,
    ).toBeGreaterThan(3);
  });
});

describe('scripted faults of calls', () => {
  test('an error answer has its status, type and retry-after, is used up, and does nothing', async () => {
    const standIn = await start();
    standIn.script.answer('create', 429, { retryAfterSeconds: 7 }).answer('create', 529);
    const first = await post(standIn, { requests: requests('a') });
    expect([first.status, first.headers.get('retry-after'), await first.json()]).toMatchObject([
      429,
      '7',
      { error: { type: 'rate_limit_error' } },
    ]);
    const second = await post(standIn, { requests: requests('a') });
    expect([second.status, await second.json()]).toMatchObject([529, { error: { type: 'overloaded_error' } }]);
    expect(standIn.script.pending()).toBe(0);
    expect(standIn.batches()).toEqual([]);
    expect((await post(standIn, { requests: requests('a') })).status).toBe(200);
    expect(standIn.calls.map(({ status }) => status)).toEqual([429, 529, 200]);
  });

  test('the n-th call and so many after it are hit, other endpoints are not', async () => {
    const standIn = await start();
    standIn.script.answer('list', 500, { nth: 2, times: 2 });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await raw(standIn, '/v1/messages/batches')).status);
    expect((await raw(standIn, '/v1/models')).status).toBe(200);
    expect(statuses).toEqual([200, 500, 500, 200]);
  });

  test('a connection dropped before the work leaves no batch, one dropped after it leaves a batch that nobody was told of', async () => {
    const standIn = await start();
    standIn.script.dropBefore('create');
    await expect(sdk(standIn).messages.batches.create({ requests: requests('a') })).rejects.toBeInstanceOf(
      Anthropic.APIConnectionError,
    );
    expect(standIn.batches()).toEqual([]);
    standIn.script.dropAfter('create');
    await expect(sdk(standIn).messages.batches.create({ requests: requests('a') })).rejects.toBeInstanceOf(
      Anthropic.APIConnectionError,
    );
    expect(standIn.batches()).toHaveLength(1);
    expect(standIn.calls.map(({ status }) => status)).toEqual([0, 0]);
    expect((await sdk(standIn).messages.batches.list()).data.map(({ id }) => id)).toEqual(
      standIn.batches().map(({ id }) => id),
    );
  });

  test('results break off after exactly so many bytes, and come whole at the next reading', async () => {
    const standIn = await start();
    const { id } = await sdk(standIn).messages.batches.create({ requests: requests('a', 'b', 'c') });
    standIn.script.cutResults(1000);
    const cut = await new Promise<{ bytes: number; broken: boolean }>((resolve, reject) => {
      const headers = { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' };
      const request = httpRequest(`${standIn.url}/v1/messages/batches/${id}/results`, { headers }, (response) => {
        let bytes = 0;
        response.on('data', (part: Buffer) => (bytes += part.length));
        response.on('error', () => {});
        response.on('close', () => resolve({ bytes, broken: !response.complete }));
      });
      request.on('error', reject).end();
    });
    expect(cut).toEqual({ bytes: 1000, broken: true });
    standIn.script.cutResults(1000);
    await expect(linesOf(standIn, id)).rejects.toThrow();
    expect((await linesOf(standIn, id)).size).toBe(3);
  });
});

describe('scripted faults of results', () => {
  async function withFault(...[match, fault, times]: Parameters<StandIn['script']['result']>) {
    const standIn = await start();
    standIn.script.result(match, fault, times);
    const { id } = await sdk(standIn).messages.batches.create({ requests: requests('a', 'b', 'c') });
    const { request_counts: counts } = await sdk(standIn).messages.batches.retrieve(id);
    const text = await (await raw(standIn, `/v1/messages/batches/${id}/results`)).text();
    const lines = text.trimEnd().split('\n');
    const line = lines.map(tryJson).find((one) => one?.custom_id === 'a');
    return { standIn, id, counts, lines, line, paid: standIn.paidRequests().map(({ custom_id }) => custom_id) };
  }
  const tryJson = (line: string) => {
    try {
      return JSON.parse(line) as { custom_id: string | null; result: Anthropic.Messages.MessageBatchResult };
    } catch {
      return undefined;
    }
  };
  const text = (line: ReturnType<typeof tryJson>) => textOf(messageIn(line?.result));

  test('an error, a cancel and an expiry show in the counts and are not billed', async () => {
    const errored = await withFault('a', { kind: 'errored', type: 'overloaded_error' });
    expect(errored.line?.result).toMatchObject({ type: 'errored', error: { error: { type: 'overloaded_error' } } });
    expect(errored.counts).toMatchObject({ succeeded: 2, errored: 1 });
    expect(errored.paid).toEqual(['b', 'c']);
    expect(await withFault('a', { kind: 'canceled' })).toMatchObject({
      counts: { canceled: 1 },
      paid: ['b', 'c'],
      line: { result: { type: 'canceled' } },
    });
    expect(await withFault('a', { kind: 'expired' })).toMatchObject({
      counts: { expired: 1 },
      paid: ['b', 'c'],
      line: { result: { type: 'expired' } },
    });
  });

  test('a line can be missing, doubled, broken, without a custom_id or with somebody else’s, and is billed all the same', async () => {
    const ids = ({ lines }: { lines: string[] }) => lines.map((line) => tryJson(line)?.custom_id).sort();
    const missing = await withFault('a', { kind: 'missing' });
    expect([ids(missing), missing.counts.succeeded, missing.paid]).toEqual([['b', 'c'], 3, ['a', 'b', 'c']]);
    expect(ids(await withFault('a', { kind: 'duplicated' }))).toEqual(['a', 'a', 'b', 'c']);
    expect(ids(await withFault('a', { kind: 'malformed_line' }))).toEqual(['b', 'c', undefined]);
    expect(ids(await withFault('a', { kind: 'null_custom_id' }))).toEqual(['b', 'c', null]);
    expect(ids(await withFault('a', { kind: 'foreign_custom_id', customId: 'theirs' }))).toEqual(['b', 'c', 'theirs']);
  });

  test('answers can stop early, for each reason that the API has', async () => {
    const stops = async (fault: Parameters<StandIn['script']['result']>[1]) => {
      const { line } = await withFault('a', fault);
      return {
        reason: messageIn(line?.result).stop_reason,
        whole: isJson(text(line)),
        types: messageIn(line?.result).content.map(({ type }) => type),
      };
    };
    expect(await stops({ kind: 'max_tokens' })).toMatchObject({ reason: 'max_tokens', whole: false });
    expect(await stops({ kind: 'context_window' })).toMatchObject({
      reason: 'model_context_window_exceeded',
      whole: false,
    });
    expect(await stops({ kind: 'pause_turn' })).toMatchObject({ reason: 'pause_turn', whole: false });
    expect(await stops({ kind: 'refusal' })).toEqual({ reason: 'refusal', whole: false, types: [] });
    expect((await stops({ kind: 'tool_use' })).types.at(-1)).toBe('tool_use');
  });
  const isJson = (value: string) => {
    try {
      return JSON.parse(value) !== undefined;
    } catch {
      return false;
    }
  };

  test('answers can be prose, fenced, of another shape, empty or huge', async () => {
    expect(isJson(text((await withFault('a', { kind: 'not_json' })).line))).toBe(false);
    const fenced = text((await withFault('a', { kind: 'fenced_json' })).line);
    expect(fenced).toMatch(/^```json\n\{.*\}\n```$/s);
    expect(JSON.parse(text((await withFault('a', { kind: 'wrong_shape' })).line))).not.toHaveProperty('paragraphs');
    expect(messageIn((await withFault('a', { kind: 'empty_content' })).line?.result)).toMatchObject({
      stop_reason: 'end_turn',
    });
    expect(text((await withFault('a', { kind: 'empty_content' })).line)).toBe('');
  });

  test('a huge answer is whole when max_tokens allows it', async () => {
    const standIn = await start();
    standIn.script.result('one', { kind: 'huge_text', characters: 1_000_000 });
    const message = messageIn(await resultOf(standIn, { max_tokens: 300_000 }));
    expect(textOf(message).length).toBeGreaterThan(1_000_000);
    expect(message.usage.output_tokens).toBeGreaterThan(250_000);
    expect(isJson(textOf(message))).toBe(true);
  });

  test('an answer can cite comments that were not shown', async () => {
    const cited = async (ids?: number[]) => {
      const { line } = await withFault('a', { kind: 'foreign_citations', ids });
      return citationsOf(JSON.parse(text(line)) as Narrative).filter((id) => ![3, 7, 12, 15].includes(id));
    };
    expect(await cited()).toEqual([16, 17]);
    expect(await cited([999])).toEqual([999]);
  });

  test('a fault is used up so many times and then kept for its batch, also when results are read again', async () => {
    const standIn = await start();
    standIn.script.result(({ params }) => params.max_tokens === 8000, { kind: 'errored' }, 2);
    const types = async () => {
      const { id } = await sdk(standIn).messages.batches.create({ requests: requests('a', 'b', 'c') });
      const once = [...(await linesOf(standIn, id)).entries()].map(([custom, { type }]) => `${custom} ${type}`).sort();
      const again = [...(await linesOf(standIn, id)).entries()].map(([custom, { type }]) => `${custom} ${type}`).sort();
      expect(again).toEqual(once);
      return once;
    };
    expect(await types()).toEqual(['a errored', 'b errored', 'c succeeded']);
    expect(await types()).toEqual(['a succeeded', 'b succeeded', 'c succeeded']);
  });
});

describe('batches on disk', () => {
  test('a new process goes on with what the old one was told, faults included', async () => {
    const stateDir = folder();
    let now = 0;
    const options = { clock: () => now, stateDir, processing: { secondsPerBatch: 60 } };
    const first = await start(options);
    first.script.dropAfter('create').result('a', { kind: 'refusal' });
    await expect(sdk(first).messages.batches.create({ requests: requests('a', 'b') })).rejects.toThrow();
    await sdk(first).messages.batches.create({ requests: requests('c') });
    now = 60_000;
    const before = first.batches();
    await first.close();
    const second = await start(options);
    expect(second.batches()).toEqual(before);
    expect((await sdk(second).messages.batches.list()).data.map(({ id }) => id)).toEqual(
      before.map(({ id }) => id).reverse(),
    );
    expect(messageIn((await linesOf(second, before[0]?.id ?? '')).get('a')).stop_reason).toBe('refusal');
    await sdk(second).messages.batches.delete(before[1]?.id ?? '');
    await second.close();
    const third = await start(options);
    await expect(sdk(third).messages.batches.retrieve(before[1]?.id ?? '')).rejects.toMatchObject({ status: 404 });
    expect(third.paidRequests()).toHaveLength(3);
  });

  test('a batch goes on to its end by the clock while nobody runs', async () => {
    const stateDir = folder();
    let now = 0;
    const options = { clock: () => now, stateDir, processing: { secondsPerBatch: 60 } };
    const first = await start(options);
    const { id } = await sdk(first).messages.batches.create({ requests: requests('a') });
    await first.close();
    now = 61_000;
    expect(await sdk(await start(options)).messages.batches.retrieve(id)).toMatchObject({
      processing_status: 'ended',
      ended_at: '1970-01-01T00:01:00.000000Z',
    });
  });

  test('a file that is not whole is named; requests without a state are a create that never happened', async () => {
    const stateDir = folder();
    const first = await start({ stateDir });
    await sdk(first).messages.batches.create({ requests: requests('a') });
    await first.close();
    writeFileSync(join(stateDir, 'msgbatch_01lost.requests.json'), '{"requests":[');
    writeFileSync(join(stateDir, 'msgbatch_01lost.state.json.tmp'), '{');
    expect((await start({ stateDir })).batches()).toHaveLength(1);
    for (const ending of ['.requests.json', '.state.json']) {
      const name = readdirSync(stateDir).find((one) => one.endsWith(ending) && !one.includes('lost')) ?? '';
      const copy = folder();
      for (const other of readdirSync(stateDir)) writeFileSync(join(copy, other), '{}');
      writeFileSync(join(copy, name), '{"id":');
      await expect(start({ stateDir: copy })).rejects.toThrow(
        ending === '.state.json' ? name : /state\.json|requests\.json/,
      );
    }
  });

  test('a state that lacks a field names the field', async () => {
    const stateDir = folder();
    writeFileSync(join(stateDir, 'msgbatch_01x.state.json'), '{"id":"msgbatch_01x"}');
    await expect(start({ stateDir })).rejects.toThrow(/msgbatch_01x\.state\.json.*sequence/);
  });
});
