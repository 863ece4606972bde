import { describe, expect, test } from 'vitest';
import { LIST_SECONDS, SETTLE_SECONDS, sendOnce } from '../../../lambdas/batch/send.ts';
import { AnthropicRefused, AnthropicUnavailable } from '../../../lambdas/shared/errors.ts';
import type { SendAnswer } from '../../../lambdas/stores/anthropic.ts';
import { memoryLedger, memoryLog } from '../../support/fakes.ts';
import { batchEntry, batchStatus, plan } from '../../support/make.ts';
import { INTENT_AT, REQUESTS, sent, world } from '../../support/send-world.ts';

const unclear: SendAnswer = { kind: 'unclear', why: 'timed out' };

describe('a first submission', () => {
  test('the intent is recorded before the call, the owner and the batch id after it', async () => {
    const { run, calls, entry } = world({});
    expect(await run()).toMatchObject({
      kind: 'sent',
      batch: { batch_id: 'msgbatch_new', state: 'submitted', requests: 2 },
    });
    expect(calls).toEqual(['putIntent', 'send', 'ownBatch msgbatch_new', 'updateBatch']);
    expect(entry()).toMatchObject([
      {
        state: 'submitted',
        batch_id: 'msgbatch_new',
        intent_at: '2026-11-22T10:00:00.000Z',
        created_at: sent.batch.created_at,
        expires_at: sent.batch.expires_at,
      },
    ]);
  });

  test('a batch whose id is known is never sent again', async () => {
    const { run, calls } = world({ known: batchEntry({ batch_id: 'msgbatch_1', state: 'submitted' }), age: 86_400 });
    expect(await run()).toMatchObject({ kind: 'sent', batch: { batch_id: 'msgbatch_1' } });
    expect(calls).toEqual([]);
  });

  test('while another attempt has put its intent, nothing is sent', async () => {
    const { run, calls } = world({ known: batchEntry() });
    expect(await run({ known: undefined })).toMatchObject({ kind: 'settle' });
    expect(calls).toEqual(['putIntent']);
  });
});

describe('an answer that says the batch was not taken', () => {
  test('a refusal removes the intent and is passed on', async () => {
    const { run, calls, entry } = world({ answer: new AnthropicRefused('no') });
    await expect(run()).rejects.toBeInstanceOf(AnthropicRefused);
    expect(calls).toEqual(['putIntent', 'send', 'removeIntent']);
    expect(entry()).toEqual([]);
  });

  test.each([
    [undefined, 180],
    [5, 180],
    [190.2, 191],
    [86_400, 600],
  ])('a rate limit with retry-after %s is looked into again in %i seconds', async (retryAfterSeconds, waitSeconds) => {
    const { run, entry } = world({ answer: { kind: 'later', why: 'HTTP 429', retryAfterSeconds } });
    expect(await run()).toEqual({ kind: 'settle', waitSeconds, why: 'HTTP 429' });
    expect(entry()).toMatchObject([{ state: 'intended', refused_at: '2026-11-22T10:00:00.000Z' }]);
  });

  test('after a rate limit it is sent again when the list has stayed without it for as long as a list takes', async () => {
    const known = batchEntry({ refused_at: '2026-11-22T10:00:00.000Z' });
    expect(await world({ known, age: LIST_SECONDS - 1 }).run()).toMatchObject({ kind: 'settle' });
    expect(await world({ known, age: LIST_SECONDS }).run()).toMatchObject({ kind: 'sent' });
  });

  test('a rate limit whose batch was made all the same is not sent again', async () => {
    const known = batchEntry({ refused_at: '2026-11-22T10:00:00.000Z' });
    const { run, calls } = world({ known, age: LIST_SECONDS, listed: [batchStatus('msgbatch_made', 2)] });
    expect(await run()).toMatchObject({ kind: 'sent', batch: { batch_id: 'msgbatch_made', adopted: true } });
    expect(calls).not.toContain('send');
  });
});

describe('an answer that says nothing', () => {
  test('the intent stays, and nothing is sent again at once', async () => {
    const { run, calls, entry } = world({ answer: unclear });
    expect(await run()).toEqual({ kind: 'settle', waitSeconds: 15, why: 'timed out' });
    expect(calls).toEqual(['putIntent', 'send']);
    expect(entry()).toMatchObject([{ state: 'intended' }]);
  });

  test('an error that is no refusal, such as a body that broke off, leaves the intent: the batch may exist', async () => {
    const { run, entry } = world({ answer: new TypeError('terminated') });
    await Promise.resolve(run()).catch(() => undefined);
    expect(entry()).toMatchObject([{ state: 'intended' }]);
  });

  test('the list is waited for beyond the end of the longest call', () => expect(SETTLE_SECONDS).toBe(240 + 180));

  test.each([0, 1, SETTLE_SECONDS - 1])('%i seconds after the intent the list is still waited for', async (age) => {
    const { run, calls } = world({ known: batchEntry(), age });
    expect(await run()).toMatchObject({ kind: 'settle', waitSeconds: 15 });
    expect(calls).toEqual([]);
  });

  test('when the list has stayed without it long enough, it is sent again with a fresh intent', async () => {
    const { run, calls, entry } = world({ known: batchEntry(), age: SETTLE_SECONDS });
    expect(await run()).toMatchObject({ kind: 'sent', batch: { batch_id: 'msgbatch_new' } });
    expect(calls).toEqual(['removeIntent', 'putIntent', 'send', 'ownBatch msgbatch_new', 'updateBatch']);
    expect(entry()).toMatchObject([{ intent_at: '2026-11-22T10:07:00.000Z', batch_id: 'msgbatch_new' }]);
  });

  test('a list that cannot be read is an error: nothing is sent', async () => {
    const calls: string[] = [];
    const { ledger } = memoryLedger([], (call) => calls.push(call));
    const down = { send: async () => sent, createdSince: () => Promise.reject(new AnthropicUnavailable('down')) };
    const deps = { ledger, batches: down as never, log: memoryLog().log, now: () => new Date(INTENT_AT + 1e6) };
    await expect(
      sendOnce(deps, plan(), { round: 1, part: 0, requests: REQUESTS, known: batchEntry() }),
    ).rejects.toBeInstanceOf(AnthropicUnavailable);
    expect(calls).toEqual([]);
  });
});
