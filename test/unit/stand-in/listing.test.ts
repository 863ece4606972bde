import { describe, expect, test } from 'vitest';
import { raw, requests, sdk, start } from '../../support/stand-in/calls.ts';

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
