import { describe, expect, test } from 'vitest';
import {
  linesOf,
  messageIn,
  params,
  post,
  requests,
  resultOf,
  SCHEMA,
  sdk,
  start,
  textOf,
} from '../../support/stand-in.ts';

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
  test.each(refused)('%s ends that request as errored, and no other', async (_, change) => {
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

  test('the older API version accepts sampling parameters', async () => {
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

  test('an answer has only the properties of its json_schema', async () => {
    const schema = { ...SCHEMA, properties: { title: { type: 'string', description: 'x' } }, required: ['title'] };
    const message = messageIn(
      await resultOf(await start(), { output_config: { effort: 'low', format: { type: 'json_schema', schema } } }),
    );
    expect(JSON.parse(textOf(message))).toEqual({ title: 'Harbour' });
  });

  test('a reference used twice is not a recursion', async () => {
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
