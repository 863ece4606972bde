import { describe, expect, test } from 'vitest';
import { batchRequest, FIRST_MAX_TOKENS, moreTokens } from '../../../lambdas/report/prompt.ts';
import { REPORT_JSON_SCHEMA, reportSchema } from '../../../lambdas/report/shape.ts';
import { SYSTEM_PROMPT } from '../../../lambdas/report/system-prompt.ts';
import { DEFAULT_MODELS } from '../../../stand-in/models.ts';
import { parseBatchBody, requestRefusal, schemaRefusal } from '../../../stand-in/rules.ts';

const request = (prompt = 'prompt', customId = 'one') =>
  batchRequest({ customId, model: 'claude-sonnet-5-5', maxTokens: FIRST_MAX_TOKENS, prompt });

describe('the fixed part of a prompt', () => {
  test('it is long enough for every model to cache it, and no longer than 6,000 characters', () => {
    expect(SYSTEM_PROMPT.length).toBeLessThanOrEqual(6_000);
    expect(SYSTEM_PROMPT.length).toBeGreaterThan(4_096);
  });

  test('it is the same for every section, comes first, and is cached for an hour', () => {
    const [a, b] = [request('one'), request('two', 'two')];
    expect(JSON.stringify(a.params.system)).toBe(JSON.stringify(b.params.system));
    expect(a.params.system).toEqual([
      { type: 'text', text: SYSTEM_PROMPT, cache_control: { type: 'ephemeral', ttl: '1h' } },
    ]);
  });

  test('a later round sends the words that the plan kept', () => {
    const kept = batchRequest({ customId: 'one', model: 'm', maxTokens: 1, prompt: 'p', system: 'kept words' });
    expect(kept.params.system[0]?.text).toBe('kept words');
  });
});

describe('the request', () => {
  test('the API takes its schema', () => {
    expect(schemaRefusal(REPORT_JSON_SCHEMA)).toBeUndefined();
  });

  test.each(['2026-10-21', '2023-06-01'] as const)('version %s of the API takes it for every model', (version) => {
    for (const model of DEFAULT_MODELS) {
      const { params } = batchRequest({ customId: 'one', model, maxTokens: FIRST_MAX_TOKENS, prompt: 'prompt' });
      expect(requestRefusal(params, version, DEFAULT_MODELS)).toBeUndefined();
    }
  });

  test('a batch of them is taken whole', () => {
    expect(
      parseBatchBody(JSON.parse(JSON.stringify({ requests: [request('a', 'a'), request('b', 'b')] }))),
    ).toHaveLength(2);
  });

  test('the schema asks for every key that a report has', () => {
    const { properties, required } = REPORT_JSON_SCHEMA;
    expect(Object.keys(properties)).toEqual(Object.keys(reportSchema.shape));
    expect(required).toEqual(Object.keys(reportSchema.shape));
  });
});

test('an answer that was cut off gets twice the room, up to 32,000 tokens', () => {
  expect([8_000, 16_000, 20_000, 32_000].map(moreTokens)).toEqual([16_000, 32_000, 32_000, 32_000]);
});
