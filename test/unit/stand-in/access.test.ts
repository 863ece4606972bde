import { describe, expect, test } from 'vitest';
import { KEY, raw, start } from '../../support/stand-in/calls.ts';

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
