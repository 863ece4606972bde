import { request as httpRequest } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import type { Narrative } from '../../../stand-in/narrative.ts';
import type { StandIn } from '../../../stand-in/server.ts';
import {
  citationsOf,
  KEY,
  linesOf,
  messageIn,
  post,
  raw,
  requests,
  resultOf,
  sdk,
  start,
  textOf,
} from '../../support/stand-in.ts';

describe('scripted faults of calls', () => {
  test('an error answer is given once, and nothing is done', async () => {
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

  test('a page is answered as a gateway does, and nothing is done', async () => {
    const standIn = await start();
    standIn.script.page('create', 404);
    const answer = await post(standIn, { requests: requests('a') });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/html']);
    expect(standIn.batches()).toEqual([]);
    expect((await post(standIn, { requests: requests('a') })).status).toBe(200);
  });

  test('a fault can begin at a later call and last for several', async () => {
    const standIn = await start();
    standIn.script.answer('list', 500, { nth: 2, times: 2 });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await raw(standIn, '/v1/messages/batches')).status);
    expect((await raw(standIn, '/v1/models')).status).toBe(200);
    expect(statuses).toEqual([200, 500, 500, 200]);
  });

  test('a connection dropped before the work leaves no batch, after it one', async () => {
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

  test('results can be cut after a number of bytes', async () => {
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

describe('scripted faults of results', () => {
  async function withFault(...[match, fault, times]: Parameters<StandIn['script']['result']>) {
    const standIn = await start();
    standIn.script.result(match, fault, times);
    const { id } = await sdk(standIn).messages.batches.create({ requests: requests('a', 'b', 'c') });
    const { request_counts: counts } = await sdk(standIn).messages.batches.retrieve(id);
    const text = await (await raw(standIn, `/v1/messages/batches/${id}/results`)).text();
    const lines = text.trimEnd().split('\n');
    const line = lines.map(tryJson).find((one) => one?.custom_id === 'a');
    return { standIn, id, counts, lines, line, paid: standIn.paidRequests().map(({ custom_id }) => custom_id) };
  }
  const tryJson = (line: string) => {
    try {
      return JSON.parse(line) as { custom_id: string | null; result: Anthropic.Messages.MessageBatchResult };
    } catch {
      return undefined;
    }
  };
  const text = (line: ReturnType<typeof tryJson>) => textOf(messageIn(line?.result));

  test('errored, canceled and expired requests are counted and not billed', async () => {
    const errored = await withFault('a', { kind: 'errored', type: 'overloaded_error' });
    expect(errored.line?.result).toMatchObject({ type: 'errored', error: { error: { type: 'overloaded_error' } } });
    expect(errored.counts).toMatchObject({ succeeded: 2, errored: 1 });
    expect(errored.paid).toEqual(['b', 'c']);
    expect(await withFault('a', { kind: 'canceled' })).toMatchObject({
      counts: { canceled: 1 },
      paid: ['b', 'c'],
      line: { result: { type: 'canceled' } },
    });
    expect(await withFault('a', { kind: 'expired' })).toMatchObject({
      counts: { expired: 1 },
      paid: ['b', 'c'],
      line: { result: { type: 'expired' } },
    });
  });

  test('lines can be missing, duplicated, malformed or of another custom_id', async () => {
    const ids = ({ lines }: { lines: string[] }) => lines.map((line) => tryJson(line)?.custom_id).sort();
    const missing = await withFault('a', { kind: 'missing' });
    expect([ids(missing), missing.counts.succeeded, missing.paid]).toEqual([['b', 'c'], 3, ['a', 'b', 'c']]);
    expect(ids(await withFault('a', { kind: 'duplicated' }))).toEqual(['a', 'a', 'b', 'c']);
    expect(ids(await withFault('a', { kind: 'malformed_line' }))).toEqual(['b', 'c', undefined]);
    expect(ids(await withFault('a', { kind: 'null_custom_id' }))).toEqual(['b', 'c', null]);
    expect(ids(await withFault('a', { kind: 'foreign_custom_id', customId: 'theirs' }))).toEqual(['b', 'c', 'theirs']);
  });

  test('answers can stop for each reason that the API has', async () => {
    const stops = async (fault: Parameters<StandIn['script']['result']>[1]) => {
      const { line } = await withFault('a', fault);
      return {
        reason: messageIn(line?.result).stop_reason,
        whole: isJson(text(line)),
        types: messageIn(line?.result).content.map(({ type }) => type),
      };
    };
    expect(await stops({ kind: 'max_tokens' })).toMatchObject({ reason: 'max_tokens', whole: false });
    expect(await stops({ kind: 'context_window' })).toMatchObject({
      reason: 'model_context_window_exceeded',
      whole: false,
    });
    expect(await stops({ kind: 'pause_turn' })).toMatchObject({ reason: 'pause_turn', whole: false });
    expect(await stops({ kind: 'refusal' })).toEqual({ reason: 'refusal', whole: false, types: [] });
    expect((await stops({ kind: 'tool_use' })).types.at(-1)).toBe('tool_use');
  });
  const isJson = (value: string) => {
    try {
      return JSON.parse(value) !== undefined;
    } catch {
      return false;
    }
  };

  test('answers can be prose, fenced, of another shape, empty or huge', async () => {
    expect(isJson(text((await withFault('a', { kind: 'not_json' })).line))).toBe(false);
    const fenced = text((await withFault('a', { kind: 'fenced_json' })).line);
    expect(fenced).toMatch(/^```json\n\{.*\}\n```$/s);
    expect(text((await withFault('a', { kind: 'surrounded_json' })).line)).toMatch(/^<think>.*\{"report": \{.*\}\}$/s);
    expect(JSON.parse(text((await withFault('a', { kind: 'wrong_shape' })).line))).not.toHaveProperty('paragraphs');
    expect(messageIn((await withFault('a', { kind: 'empty_content' })).line?.result)).toMatchObject({
      stop_reason: 'end_turn',
    });
    expect(text((await withFault('a', { kind: 'empty_content' })).line)).toBe('');
  });

  test('a huge answer is whole when max_tokens allows it', async () => {
    const standIn = await start();
    standIn.script.result('one', { kind: 'huge_text', characters: 1_000_000 });
    const message = messageIn(await resultOf(standIn, { max_tokens: 300_000 }));
    expect(textOf(message).length).toBeGreaterThan(1_000_000);
    expect(message.usage.output_tokens).toBeGreaterThan(250_000);
    expect(isJson(textOf(message))).toBe(true);
  });

  test('answers can cite comments that were not shown', async () => {
    const cited = async (ids?: number[]) => {
      const { line } = await withFault('a', { kind: 'foreign_citations', ids });
      return citationsOf(JSON.parse(text(line)) as Narrative).filter((id) => ![3, 7, 12, 15].includes(id));
    };
    expect(await cited()).toEqual([16, 17]);
    expect(await cited([999])).toEqual([999]);
  });

  test('a fault stays with its batch when results are read again', async () => {
    const standIn = await start();
    standIn.script.result(({ params }) => params.max_tokens === 8000, { kind: 'errored' }, 2);
    const types = async () => {
      const { id } = await sdk(standIn).messages.batches.create({ requests: requests('a', 'b', 'c') });
      const once = [...(await linesOf(standIn, id)).entries()].map(([custom, { type }]) => `${custom} ${type}`).sort();
      const again = [...(await linesOf(standIn, id)).entries()].map(([custom, { type }]) => `${custom} ${type}`).sort();
      expect(again).toEqual(once);
      return once;
    };
    expect(await types()).toEqual(['a errored', 'b errored', 'c succeeded']);
    expect(await types()).toEqual(['a succeeded', 'b succeeded', 'c succeeded']);
  });
});
