import { describe, expect, test } from 'vitest';
import { entry } from '../../../lambdas/shared/names.ts';
import { ended, open, STATE, world } from '../../support/check-world.ts';
import { batchStatus, JOB } from '../../support/make.ts';

describe('while a batch is on its way', () => {
  test('the next check comes after a tenth of its age, and the check is counted', async () => {
    expect(await world({ b0: batchStatus('b0', 2) }).run({ checks: 7, troubles: 3 })).toEqual({
      ...STATE,
      checks: 8,
      troubles: 0,
      wait_seconds: 10,
      next: 'wait',
    });
  });

  test('the oldest batch of the round sets the pace', async () => {
    const young = batchStatus('b1', 2, { created_at: '2026-11-22T10:01:30.000Z' });
    expect(await world({ b0: batchStatus('b0', 2), b1: young }, [open(0), open(1)]).run()).toMatchObject({
      wait_seconds: 10,
    });
  });

  test('a batch that is canceling has not ended', async () => {
    expect(await world({ b0: batchStatus('b0', 2, { processing_status: 'canceling' }) }).run()).toMatchObject({
      next: 'wait',
    });
  });
});

describe('when batches end', () => {
  test('when all have, results are collected without waiting, and the ledger knows', async () => {
    const { run, entries } = world({ b0: ended('b0'), b1: ended('b1') }, [open(0), open(1)]);
    expect(await run()).toMatchObject({ next: 'collect', wait_seconds: 0, checks: 1 });
    expect([...entries.values()].map(({ state }) => state)).toEqual(['ended', 'ended']);
  });

  test('while one has not, the others are waited for, and the one that ended is not asked about again', async () => {
    const { run, asked, entries } = world({ b0: ended('b0'), b1: batchStatus('b1', 2) }, [open(0), open(1)]);
    expect(await run()).toMatchObject({ next: 'wait' });
    expect(entries.get(entry.batch(1, 0))).toMatchObject({ state: 'ended', batch_id: 'b0' });
    expect(await run()).toMatchObject({ next: 'wait' });
    expect(asked).toEqual(['b0', 'b1', 'b1']);
  });

  test('batches of other rounds and collected ones are not asked about', async () => {
    const other = open(0, { round: 2, entry: entry.batch(2, 0), batch_id: 'later' });
    const { run, asked } = world({}, [open(0, { state: 'collected' }), open(1, { state: 'ended' }), other]);
    expect(await run()).toMatchObject({ next: 'collect' });
    expect(asked).toEqual([]);
  });
});

test('trouble that collecting met is still counted when there is nothing to ask about, and forgotten once the API answers', async () => {
  expect(await world({}, [open(0, { state: 'ended' })]).run({ troubles: 4 })).toMatchObject({
    next: 'collect',
    troubles: 4,
  });
  expect(await world({ b0: ended('b0') }).run({ troubles: 4 })).toMatchObject({ next: 'collect', troubles: 0 });
});

describe('progress on the job row', () => {
  test('it is written when it changes, and only then', async () => {
    const { run, changes, row, answers } = world({ b0: batchStatus('b0', 2) });
    await run();
    await run();
    await run();
    expect(changes).toHaveLength(1);
    expect(row(JOB)).toMatchObject({
      version: 3,
      status: 'PROCESSING',
      batch_progress: expect.stringContaining('0 of 1 open batches ended; 2 processing'),
    });
    answers.b0 = ended('b0');
    await run();
    expect(changes).toHaveLength(2);
    expect(row(JOB).batch_progress).toContain('1 of 1 open batches ended; 0 processing, 2 succeeded');
    expect(JSON.parse(String(row(JOB).logs)).entries).toHaveLength(2);
  });

  test.each([
    ['another worker holds', { worker_id: 'poller-1' }],
    ['was cancelled under another worker', { status: 'CANCELLED', worker_id: 'poller-1' }],
    ['has ended', { status: 'COMPLETED' }],
  ])('a row that %s is not written, and the batch is watched all the same', async (_, row) => {
    const { run, changes, cancels, entries } = world({ b0: batchStatus('b0', 2) }, [open(0)], row);
    expect(await run()).toMatchObject({ next: 'wait' });
    expect(changes).toEqual([]);
    expect(cancels).toEqual([]);
    expect(entries.get(entry.batch(1, 0))).toEqual(open(0));
  });

  test('a row that is gone does not stop the watch', async () => {
    const { run } = world({ b0: ended('b0') }, [open(0)], { job_id: 'another job' });
    expect(await run()).toMatchObject({ next: 'collect' });
  });
});
