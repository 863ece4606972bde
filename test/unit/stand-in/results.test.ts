import { describe, expect, test } from 'vitest';
import { unevenChunks } from '../../../stand-in/http.ts';
import { resultLines } from '../../../stand-in/results.ts';
import {
  linesOf,
  MODEL,
  messageIn,
  params,
  raw,
  requests,
  resultOf,
  sdk,
  start,
  textOf,
} from '../../support/stand-in.ts';

describe('results', () => {
  test('they come in another order at each reading', async () => {
    const standIn = await start();
    const ids = Array.from({ length: 30 }, (_, i) => `c${i}`);
    const { id } = await sdk(standIn).messages.batches.create({ requests: requests(...ids) });
    const first = [...(await linesOf(standIn, id)).keys()];
    const second = [...(await linesOf(standIn, id)).keys()];
    expect(first).not.toEqual(ids);
    expect(second).not.toEqual(first);
    expect(first.toSorted()).toEqual(ids.toSorted());
  });

  test('a message is complete and the same at every reading', async () => {
    const standIn = await start();
    const { id } = await sdk(standIn).messages.batches.create({ requests: requests('a') });
    const message = messageIn((await linesOf(standIn, id)).get('a'));
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: MODEL,
      stop_reason: 'end_turn',
      stop_sequence: null,
    });
    expect(message.id).toMatch(/^msg_01\w{22}$/);
    expect((await linesOf(standIn, id)).get('a')).toEqual({ type: 'succeeded', message });
  });

  test('some answers begin with thinking, unless thinking is switched off', async () => {
    const standIn = await start();
    const ids = Array.from({ length: 20 }, (_, i) => `c${i}`);
    const blocks = async (thinking?: { type: 'disabled' }) => {
      const list = ids.map((custom_id) => ({ custom_id, params: params(thinking ? { thinking } : {}) }));
      const { id } = await sdk(standIn).messages.batches.create({ requests: list });
      return [...(await linesOf(standIn, id)).values()].map((result) =>
        messageIn(result)
          .content.map(({ type }) => type)
          .join(),
      );
    };
    expect(new Set(await blocks())).toEqual(new Set(['text', 'thinking,text']));
    expect(new Set(await blocks({ type: 'disabled' }))).toEqual(new Set(['text']));
  });

  test('chunks end inside lines and inside characters', async () => {
    const text = Array.from(
      { length: 40 },
      (_, i) => `{"custom_id":"c${i}","text":"${'a long plain piece of text and then one é, '.repeat(i)}"}\n`,
    );
    const chunks: Buffer[] = [];
    for await (const chunk of unevenChunks(text, 1)) chunks.push(Buffer.from(chunk));
    expect(Buffer.concat(chunks).toString()).toBe(text.join(''));
    const inCharacter = chunks.slice(1).filter((chunk) => ((chunk[0] ?? 0) & 0xc0) === 0x80);
    expect(inCharacter.length).toBeGreaterThan(chunks.length / 2);
    expect(chunks.slice(0, -1).every((chunk) => chunk.at(-1) !== 0x0a)).toBe(true);
  });

  test('a line is made only when it is read', async () => {
    const touched = new Set<number>();
    const list = requests(...Array.from({ length: 100_000 }, (_, i) => `c${i}`));
    const watched = new Proxy(list, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) touched.add(Number(key));
        return Reflect.get(target, key);
      },
    });
    const batch = { id: 'b', requests: watched, outcome: () => undefined, cached: () => false };
    let bytes = 0;
    for await (const chunk of unevenChunks(resultLines(batch, 1), 1)) {
      bytes += chunk.length;
      if (bytes > 20_000) break;
    }
    expect(touched.size).toBeGreaterThan(0);
    expect(touched.size).toBeLessThan(100);
  });

  test('a reader that disconnects does not disturb the server', async () => {
    const standIn = await start();
    const ids = Array.from({ length: 3000 }, (_, i) => `c${i}`);
    const { id } = await sdk(standIn).messages.batches.create({ requests: requests(...ids) });
    const reader = (await raw(standIn, `/v1/messages/batches/${id}/results`)).body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    await reader?.cancel();
    expect((await raw(standIn, '/v1/models')).status).toBe(200);
  });

  test('an answer longer than max_tokens is cut off', async () => {
    const message = messageIn(await resultOf(await start(), { max_tokens: 50 }));
    expect(message).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 50 } });
    expect(() => JSON.parse(textOf(message))).toThrow();
  });

  test('the first request writes the cache and later ones read it', async () => {
    const standIn = await start();
    const system = (text: string) => [
      { type: 'text' as const, text, cache_control: { type: 'ephemeral' as const, ttl: '1h' as const } },
    ];
    const long = 'a rule. '.repeat(1000);
    const list = [
      { custom_id: 'bad', params: params({ system: system(long), temperature: 1 }) },
      { custom_id: 'first', params: params({ system: system(long) }) },
      { custom_id: 'second', params: params({ system: system(long) }) },
      { custom_id: 'other', params: params({ system: system(`${long}!`) }) },
      { custom_id: 'short', params: params({ system: system('a rule.') }) },
    ];
    const { id } = await sdk(standIn).messages.batches.create({ requests: list });
    const results = await linesOf(standIn, id);
    const cache = (custom: string) => {
      const { usage } = messageIn(results.get(custom));
      return [
        usage.cache_creation_input_tokens,
        usage.cache_read_input_tokens,
        usage.cache_creation?.ephemeral_1h_input_tokens,
      ];
    };
    expect(cache('first')).toEqual([2000, 0, 2000]);
    expect(cache('second')).toEqual([0, 2000, 0]);
    expect(cache('other')).toEqual([2001, 0, 2001]);
    expect(cache('short')).toEqual([0, 0, 0]);
    const paid = standIn.paidRequests().find(({ custom_id }) => custom_id === 'second');
    expect(paid).toMatchObject({ batch_id: id, model: MODEL, usage: messageIn(results.get('second')).usage });
  });
});
