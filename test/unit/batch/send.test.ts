import { describe, expect, test } from 'vitest';
import { LIST_SECONDS, SETTLE_SECONDS, sendOnce } from '../../../lambdas/batch/send.ts';
import { batchRequestOf } from '../../../lambdas/batch/split.ts';
import { AnthropicRefused, AnthropicUnavailable } from '../../../lambdas/shared/errors.ts';
import type { BatchEntry } from '../../../lambdas/shared/ledger-rows.ts';
import { entry } from '../../../lambdas/shared/names.ts';
import type { Batches, BatchStatus, SendAnswer } from '../../../lambdas/stores/anthropic.ts';
import type { Ledger } from '../../../lambdas/stores/ledger.ts';
import { batchEntry, batchStatus, plan, promptRow, promptsOf } from '../../support/make.ts';
import { unitWorld } from '../../support/unit-world.ts';

const INTENT_AT = Date.parse('2026-11-22T10:00:00.000Z');
const REQUESTS = [0, 1].map((ordinal) =>
  batchRequestOf(plan(), 1, { ordinal, part: 0, max_tokens: 8_000 }, promptsOf(promptRow(ordinal))),
);
const sent = { kind: 'sent', batch: batchStatus('msgbatch_new', 2) } satisfies SendAnswer;
const unclear: SendAnswer = { kind: 'unclear', why: 'timed out' };
/** Intents of others. */
const ANOTHER = batchEntry({ job_id: 'another job' });
const PART = batchEntry({ part: 1, entry: entry.batch(1, 1) });

interface Given {
  /** what an earlier attempt left in the ledger */
  known?: BatchEntry;
  /** what the API's list shows, newest first */
  listed?: BatchStatus[] | Error;
  answer?: SendAnswer | Error;
  /** seconds since the intent */
  age?: number;
  /** whose some batches are, by id */
  owners?: Record<string, BatchEntry>;
}

/** `sendOnce` in a world; `calls` are the writes and calls in their order. */
function world({ known, listed = [], answer = sent, age = 0, owners = {} }: Given) {
  const { deps, entries } = unitWorld({
    batches: known ? [known] : [],
    now: () => new Date(INTENT_AT + age * 1000),
  });
  const { ledger } = deps;
  const calls: string[] = [];
  const recorded =
    <A extends unknown[], R>(name: string, call: (...args: A) => R) =>
    (...args: A): R => {
      const [batchId] = args;
      calls.push(typeof batchId === 'string' ? `${name} ${batchId}` : name);
      return call(...args);
    };
  const watched: Ledger = {
    ...ledger,
    putIntent: recorded('putIntent', ledger.putIntent),
    updateBatch: recorded('updateBatch', ledger.updateBatch),
    removeIntent: recorded('removeIntent', ledger.removeIntent),
    ownBatch: recorded('ownBatch', ledger.ownBatch),
    disownBatch: recorded('disownBatch', ledger.disownBatch),
  };
  const sinces: string[] = [];
  const batches = {
    async send() {
      calls.push('send');
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async createdSince(since: string) {
      sinces.push(since);
      if (listed instanceof Error) throw listed;
      return listed.filter(({ created_at }) => created_at >= since);
    },
  };
  /** @param seen what the step read of the ledger before */
  const run = async (seen: { known: BatchEntry | undefined } = { known }) => {
    for (const [id, owner] of Object.entries(owners)) await ledger.ownBatch(id, owner, true);
    const given = { ...deps, ledger: watched, batches: batches as unknown as Batches };
    return sendOnce(given, plan(), { round: 1, part: 0, requests: REQUESTS, ...seen });
  };
  /** Whether a batch is marked as the one of an intent, or is by nobody's mark and now is. */
  const owns = async (id: string, intent: BatchEntry) => (await ledger.ownBatch(id, intent, false)) === 'ours';
  return { calls, sinces, run, entry: entries, owns };
}

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

  test('after a rate limit it is sent again once the list stays without it', async () => {
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

  test('an error that is not a refusal leaves the intent, as the batch may exist', async () => {
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

  test('once the list has stayed without it, it is sent again with a new intent', async () => {
    const { run, calls, entry } = world({ known: batchEntry(), age: SETTLE_SECONDS });
    expect(await run()).toMatchObject({ kind: 'sent', batch: { batch_id: 'msgbatch_new' } });
    expect(calls).toEqual(['removeIntent', 'putIntent', 'send', 'ownBatch msgbatch_new', 'updateBatch']);
    expect(entry()).toMatchObject([{ intent_at: '2026-11-22T10:07:00.000Z', batch_id: 'msgbatch_new' }]);
  });

  test('a list that cannot be read is an error: nothing is sent', async () => {
    const { run, calls } = world({ known: batchEntry(), age: 1e6, listed: new AnthropicUnavailable('down') });
    await expect(run()).rejects.toBeInstanceOf(AnthropicUnavailable);
    expect(calls).toEqual([]);
  });
});

describe('adopting our own batch from the list', () => {
  const known = batchEntry();
  const adopted = async (change: Given) => {
    const { run, calls, owns } = world({ known, age: 90, ...change });
    const answer = await run();
    return { answer, calls, owns };
  };

  test('a batch with as many requests since the intent is adopted', async () => {
    const { answer, calls, owns } = await adopted({ listed: [batchStatus('msgbatch_lost', 2)] });
    expect(answer).toMatchObject({
      kind: 'sent',
      batch: { batch_id: 'msgbatch_lost', state: 'submitted', adopted: true, intent_at: known.intent_at },
    });
    expect(calls).not.toContain('send');
    expect(await owns('msgbatch_lost', ANOTHER)).toBe(false);
    expect(await owns('msgbatch_lost', known)).toBe(true);
  });

  test('a batch that has ended meanwhile counts all its requests', async () => {
    const counts = { processing: 0, succeeded: 1, errored: 1, canceled: 0, expired: 0 };
    const { answer } = await adopted({
      listed: [batchStatus('msgbatch_lost', 2, { processing_status: 'ended', counts })],
    });
    expect(answer).toMatchObject({ kind: 'sent', batch: { batch_id: 'msgbatch_lost' } });
  });

  test('a batch with another number of requests is not ours', async () => {
    expect((await adopted({ listed: [batchStatus('other', 3), batchStatus('another', 1)] })).answer).toMatchObject({
      kind: 'settle',
    });
  });

  test('a batch that another job owns is not adopted, and the next one is', async () => {
    const listed = [batchStatus('ours', 2), batchStatus('theirs', 2)];
    const { answer, owns } = await adopted({ listed, owners: { theirs: ANOTHER } });
    expect(answer).toMatchObject({ batch: { batch_id: 'ours' } });
    expect(await owns('theirs', ANOTHER)).toBe(true);
    expect((await adopted({ listed: [batchStatus('theirs', 2)], owners: { theirs: ANOTHER } })).answer).toMatchObject({
      kind: 'settle',
    });
  });

  test('a batch of another part of the same job is not adopted', async () => {
    expect((await adopted({ listed: [batchStatus('part', 2)], owners: { part: PART } })).answer).toMatchObject({
      kind: 'settle',
    });
  });

  test('a batch that is already marked as ours is adopted', async () => {
    expect((await adopted({ listed: [batchStatus('ours', 2)], owners: { ours: known } })).answer).toMatchObject({
      batch: { batch_id: 'ours' },
    });
  });

  test('of two that fit, the older is taken and the newer stays free', async () => {
    const { answer, owns } = await adopted({ listed: [batchStatus('newer', 2), batchStatus('older', 2)] });
    expect(answer).toMatchObject({ batch: { batch_id: 'older' } });
    expect(await owns('newer', ANOTHER)).toBe(true);
  });

  test('the list is read from a minute before the intent, as clocks differ', async () => {
    const { run, sinces } = world({
      known,
      age: 90,
      listed: [batchStatus('old', 2, { created_at: '2026-11-22T09:58:59.000Z' })],
    });
    expect(await run()).toMatchObject({ kind: 'settle' });
    expect(sinces).toEqual(['2026-11-22T09:59:00.000Z']);
  });

  test('a batch younger than a minute is left, as its own job may mark it', async () => {
    const listed = [batchStatus('young', 2)];
    expect((await adopted({ listed, age: 60 })).answer).toMatchObject({ kind: 'settle' });
    expect((await adopted({ listed, age: 61 })).answer).toMatchObject({ batch: { batch_id: 'young' } });
  });

  test('a young batch that fits is waited for, however old the intent', async () => {
    // created by a call that took minutes, and whose answer was lost
    const born = new Date(INTENT_AT + (SETTLE_SECONDS - 5) * 1000).toISOString();
    const { answer, calls } = await adopted({
      listed: [batchStatus('late', 2, { created_at: born })],
      age: SETTLE_SECONDS,
    });
    expect(answer).toMatchObject({ kind: 'settle', waitSeconds: 15 });
    expect(calls).toEqual([]);
  });

  test('also long after the intent it is adopted before anything is sent again', async () => {
    const { answer, calls } = await adopted({ listed: [batchStatus('ours', 2)], age: 86_400 });
    expect(answer).toMatchObject({ batch: { batch_id: 'ours' } });
    expect(calls).not.toContain('send');
  });
});
