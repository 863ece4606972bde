import { describe, expect, test } from 'vitest';
import { HOUR, linesOf, raw, requests, sdk, start } from '../../support/stand-in/calls.ts';

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
