import { describe, expect, test } from 'vitest';
import { SETTLE_SECONDS } from '../../../lambdas/batch/send.ts';
import { entry } from '../../../lambdas/shared/names.ts';
import { ownerOf } from '../../support/fakes.ts';
import { batchEntry, batchStatus } from '../../support/make.ts';
import { INTENT_AT, type World, world } from '../../support/send-world.ts';

describe('adopting our own batch from the list', () => {
  const known = batchEntry();
  const adopted = async (change: World) => {
    const { run, calls, owners } = world({ known, age: 90, ...change });
    const answer = await run();
    return { answer, calls, owners };
  };

  test('a batch that was created since the intent with as many requests is taken, and nothing is sent', async () => {
    const { answer, calls, owners } = await adopted({ listed: [batchStatus('msgbatch_lost', 2)] });
    expect(answer).toMatchObject({
      kind: 'sent',
      batch: { batch_id: 'msgbatch_lost', state: 'submitted', adopted: true, intent_at: known.intent_at },
    });
    expect(calls).not.toContain('send');
    expect(owners.get('msgbatch_lost')).toBe(ownerOf(known));
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
    const { answer, owners } = await adopted({ listed, owners: { theirs: 'another job' } });
    expect(answer).toMatchObject({ batch: { batch_id: 'ours' } });
    expect(owners.get('theirs')).toBe('another job');
    expect(
      (await adopted({ listed: [batchStatus('theirs', 2)], owners: { theirs: 'another job' } })).answer,
    ).toMatchObject({ kind: 'settle' });
  });

  test('a batch of another part of the same job is not adopted: each part has its own', async () => {
    const part = ownerOf(batchEntry({ part: 1, entry: entry.batch(1, 1) }));
    expect((await adopted({ listed: [batchStatus('part', 2)], owners: { part } })).answer).toMatchObject({
      kind: 'settle',
    });
  });

  test('a batch that is marked ours already is taken: the attempt stopped after marking it', async () => {
    expect(
      (await adopted({ listed: [batchStatus('ours', 2)], owners: { ours: ownerOf(known) } })).answer,
    ).toMatchObject({
      batch: { batch_id: 'ours' },
    });
  });

  test('of two that fit, the older is taken and the newer stays free', async () => {
    const { answer, owners } = await adopted({ listed: [batchStatus('newer', 2), batchStatus('older', 2)] });
    expect(answer).toMatchObject({ batch: { batch_id: 'older' } });
    expect(owners.has('newer')).toBe(false);
  });

  test('the list is read from a minute before the intent, because clocks differ, and no further', async () => {
    const { run, sinces } = world({
      known,
      age: 90,
      listed: [batchStatus('old', 2, { created_at: '2026-11-22T09:58:59.000Z' })],
    });
    expect(await run()).toMatchObject({ kind: 'settle' });
    expect(sinces).toEqual(['2026-11-22T09:59:00.000Z']);
  });

  test('a batch younger than a minute is not taken yet: its own job may be about to mark it', async () => {
    const listed = [batchStatus('young', 2)];
    expect((await adopted({ listed, age: 60 })).answer).toMatchObject({ kind: 'settle' });
    expect((await adopted({ listed, age: 61 })).answer).toMatchObject({ batch: { batch_id: 'young' } });
  });

  test('a young batch that fits is waited for, however old the intent: nothing is sent beside it', async () => {
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
