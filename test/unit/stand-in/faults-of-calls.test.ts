import { request as httpRequest } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { KEY, linesOf, post, raw, requests, sdk, start } from '../../support/stand-in/calls.ts';

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
