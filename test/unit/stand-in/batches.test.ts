import { describe, expect, test } from 'vitest';
import type { StandIn } from '../../../stand-in/server.ts';
import { HOUR, linesOf, params, post, raw, requests, sdk, start } from '../../support/stand-in.ts';

describe('creating a batch', () => {
  test('another content type, invalid JSON and invalid UTF-8 are refused', async () => {
    const standIn = await start();
    const send = (body: string | Buffer<ArrayBuffer>, type: string) =>
      raw(standIn, '/v1/messages/batches', { method: 'POST', body }, { 'content-type': type });
    expect((await send(JSON.stringify({ requests: requests('a') }), 'text/plain')).status).toBe(400);
    expect((await send('{"requests":[', 'application/json')).status).toBe(400);
    expect((await send(Buffer.from([0x22, 0xff, 0x22]), 'application/json')).status).toBe(400);
    expect(standIn.batches()).toEqual([]);
  });

  test('a body above the limit is refused with 413', async () => {
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
    ['params that are not an object', [{ custom_id: 'a', params: 'x' }]],
    ['a field that the API does not know', [{ custom_id: 'a', params: params(), metadata: {} }]],
  ])('%s is refused with 400', async (_, list) => {
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

  test('what was received is kept, in order', async () => {
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

describe('the life of a batch', () => {
  test('counts and results come only when the batch has ended', async () => {
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

  test('a canceled batch ends with what was finished until then', async () => {
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

  test('a batch that runs for 24 hours expires', async () => {
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

  test('results are gone after 29 days', async () => {
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

  test('a deleted batch is gone, but still counts as paid', async () => {
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
