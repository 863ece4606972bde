import { describe, expect, test } from 'vitest';
import { type Asked, batchRequest, FIRST_MAX_TOKENS, moreTokens } from '../../../lambdas/report/request.ts';
import { READ_BACK_JSON_SCHEMA, REPORT_JSON_SCHEMA, reportSchema } from '../../../lambdas/report/shape.ts';
import { READ_BACK_SYSTEM_PROMPT, systemPrompt } from '../../../lambdas/report/system-prompt.ts';
import { DEFAULT_MODELS } from '../../../stand-in/models.ts';
import { parseBatchBody, requestRefusal, schemaRefusal } from '../../../stand-in/rules.ts';

const request = (change: Partial<Parameters<typeof batchRequest>[0]> = {}) =>
  batchRequest({
    customId: 'one',
    model: 'claude-sonnet-5-5',
    maxTokens: FIRST_MAX_TOKENS,
    system: systemPrompt(true),
    messages: [{ role: 'user', content: 'prompt' }],
    cached: true,
    claims: true,
    ...change,
  });

describe('the fixed part of a prompt', () => {
  test('with claims it is over 2,048 tokens, from which on most models cache it, and at most 14,000 characters', () => {
    // four characters a token are the usual measure of English prose; counted offline it has about 2,600
    expect(systemPrompt(true).length / 4).toBeGreaterThan(2_048);
    expect(systemPrompt(true).length).toBeLessThanOrEqual(14_000);
  });

  test('without claims it does not speak of them, and is shorter than 6,000 characters', () => {
    expect(systemPrompt(false)).not.toMatch(/claim"|# Claims|codes/);
    expect(systemPrompt(false).length).toBeLessThanOrEqual(6_000);
  });

  test('it is the same for every section, and comes first', () => {
    const [a, b] = [request(), request({ customId: 'two', messages: [{ role: 'user', content: 'other' }] })];
    expect(JSON.stringify(a.params.system)).toBe(JSON.stringify(b.params.system));
  });

  test('it is cached for an hour where the cache pays, and only there', () => {
    expect(request().params.system[0]?.cache_control).toEqual({ type: 'ephemeral', ttl: '1h' });
    expect(request({ cached: false }).params.system[0]).toEqual({ type: 'text', text: systemPrompt(true) });
  });
});

describe('the request', () => {
  test('the API takes its schemas', () => {
    const schemas = [REPORT_JSON_SCHEMA.claims, REPORT_JSON_SCHEMA.plain, READ_BACK_JSON_SCHEMA];
    expect(schemas.map(schemaRefusal)).toEqual([undefined, undefined, undefined]);
  });

  test.each(['2026-10-21', '2023-06-01'] as const)('version %s of the API takes it for every model', (version) => {
    const conversation = ['user', 'assistant', 'user'].map((role) => ({ role: role as 'user', content: 'words' }));
    for (const model of DEFAULT_MODELS) {
      for (const change of [
        {},
        { messages: conversation },
        { asks: 'read back' as Asked, system: READ_BACK_SYSTEM_PROMPT },
      ])
        expect(requestRefusal(request({ model, ...change }).params, version, DEFAULT_MODELS)).toBeUndefined();
    }
  });

  test('a batch of them is taken whole', () => {
    const requests = [request({ customId: 'a' }), request({ customId: 'b' })];
    expect(parseBatchBody(JSON.parse(JSON.stringify({ requests })))).toHaveLength(2);
  });

  test('the schema asks for every key that a report has, and for a claim where claims are proven', () => {
    const { properties, required } = REPORT_JSON_SCHEMA.claims;
    expect(Object.keys(properties ?? {})).toEqual(Object.keys(reportSchema.shape));
    expect(required).toEqual(Object.keys(reportSchema.shape));
    expect(JSON.stringify(REPORT_JSON_SCHEMA.claims)).toContain('"required":["text","citations","claim"]');
    expect(JSON.stringify(REPORT_JSON_SCHEMA.plain)).toContain('"required":["text","citations"]');
  });
});

test('an answer that was cut off gets twice the room, up to 32,000 tokens', () => {
  expect([8_000, 16_000, 20_000, 32_000].map(moreTokens)).toEqual([16_000, 32_000, 32_000, 32_000]);
});
