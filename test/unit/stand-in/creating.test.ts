import { describe, expect, test } from 'vitest';
import type { StandIn } from '../../../stand-in/server.ts';
import { params, post, raw, requests, sdk, start } from '../../support/stand-in/calls.ts';

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
