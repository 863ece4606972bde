import { describe, expect, test } from 'vitest';
import { KEY, raw, requests, sdk, start } from '../../support/stand-in.ts';

describe('access', () => {
  test('the key is accepted as x-api-key and as a bearer token', async () => {
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

  test('an error has the body and the request-id of the API', async () => {
    const answer = await raw(await start(), '/v1/models', {}, { 'x-api-key': 'other' });
    const requestId = answer.headers.get('request-id');
    expect(requestId).toMatch(/^req_01\w+$/);
    expect(await answer.json()).toEqual({
      type: 'error',
      error: { type: 'authentication_error', message: expect.any(String) },
      request_id: requestId,
    });
  });

  test('a missing or unknown anthropic-version is refused', async () => {
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

describe('listing batches', () => {
  async function withBatches(count: number) {
    const standIn = await start();
    const ids: string[] = [];
    for (let i = 0; i < count; i++)
      ids.unshift((await sdk(standIn).messages.batches.create({ requests: requests('a') })).id);
    return { standIn, ids, list: sdk(standIn).messages.batches.list.bind(sdk(standIn).messages.batches) };
  }

  test('the newest come first, and pages go in both directions', async () => {
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
