import { describe, expect, test } from 'vitest';
import { AnthropicRefused, AnthropicUnavailable, BatchNotFound } from '../../../lambdas/shared/errors.ts';
import { entry } from '../../../lambdas/shared/names.ts';
import { ended, open, world } from '../../support/check-world.ts';
import { batchStatus, JOB } from '../../support/make.ts';

const CANCELLED = { status: 'CANCELLED' };
const running = batchStatus('b0', 2);
const canceling = batchStatus('b0', 2, { processing_status: 'canceling' });
const AT = '2026-11-22T10:01:41.000Z';

describe('a job that was cancelled under the execution that watches its batches', () => {
  test('has every open batch cancelled at the API, and the ledger and its row say so', async () => {
    const { run, cancels, entries, row } = world(
      { b0: running, b1: batchStatus('b1', 2) },
      [open(0), open(1)],
      CANCELLED,
    );
    expect(await run()).toMatchObject({ next: 'wait', troubles: 0 });
    expect(cancels).toEqual(['b0', 'b1']);
    expect([...entries.values()].map(({ cancel_requested_at }) => cancel_requested_at)).toEqual([AT, AT]);
    expect(row(JOB)).toMatchObject({ status: 'CANCELLED', version: 3, updated_at: AT });
    expect(row(JOB).batch_progress).toMatch(/the job is cancelled: the API is asked to cancel 2 of them$/);
    expect(String(row(JOB).logs)).toContain('the job is cancelled');
  });

  test('is asked about until the batch has ended; a batch that is canceling is not cancelled again', async () => {
    const { run, cancels, answers, entries, changes } = world({ b0: running }, [open(0)], CANCELLED);
    await run();
    answers.b0 = canceling;
    expect(await run({}, 160)).toMatchObject({ next: 'wait' });
    expect(changes).toHaveLength(1);
    answers.b0 = ended('b0');
    expect(await run()).toMatchObject({ next: 'collect' });
    expect(cancels).toEqual(['b0']);
    expect(entries.get(entry.batch(1, 0))).toMatchObject({ state: 'ended', cancel_requested_at: AT });
  });

  test('has one that is still in progress cancelled again, and the first time stands in the ledger', async () => {
    const { run, cancels, entries } = world({ b0: running }, [open(0)], CANCELLED);
    await run();
    await run({}, 200);
    expect(cancels).toEqual(['b0', 'b0']);
    expect(entries.get(entry.batch(1, 0))?.cancel_requested_at).toBe(AT);
  });

  test('keeps a batch that is only thought to be ours running: it may be another’s', async () => {
    const found = open(0, { adopted: true });
    const { run, cancels, entries, row } = world({ b0: running }, [found], CANCELLED);
    expect(await run()).toMatchObject({ next: 'wait' });
    expect(cancels).toEqual([]);
    expect(entries.get(entry.batch(1, 0))).toEqual(found);
    expect(row(JOB).batch_progress).toMatch(/asked to cancel 0 of them; 1 not yet proven ours/);
  });

  test('has nothing cancelled when its batch has ended meanwhile', async () => {
    const { run, cancels } = world({ b0: ended('b0') }, [open(0)], CANCELLED);
    expect(await run()).toMatchObject({ next: 'collect' });
    expect(cancels).toEqual([]);
  });

  test('and whose row was closed has its batch cancelled all the same, and the row left as it is', async () => {
    const closed = { ...CANCELLED, process_exit_confirmed: true };
    const { run, cancels, changes } = world({ b0: running }, [open(0)], closed);
    await run();
    expect(cancels).toEqual(['b0']);
    expect(changes).toEqual([]);
  });
});

describe('trouble with the cancel', () => {
  test('is waited out and the batch cancelled at the next check', async () => {
    const { run, cancels, cancelAnswers } = world({ b0: running }, [open(0)], CANCELLED);
    cancelAnswers.push(new AnthropicUnavailable('429', { retryAfterSeconds: 33 }));
    expect(await run()).toMatchObject({ next: 'wait', wait_seconds: 33, troubles: 1 });
    expect(await run({ troubles: 1 })).toMatchObject({ next: 'wait', troubles: 0 });
    expect(cancels).toEqual(['b0', 'b0']);
  });

  test.each([
    ['a refusal', new AnthropicRefused('403')],
    ['a batch that the API does not find', new BatchNotFound('404')],
  ])('%s does not end the watch: what was paid for is still collected', async (_what, error) => {
    const { run, cancelAnswers, answers } = world({ b0: running }, [open(0)], CANCELLED);
    cancelAnswers.push(error);
    expect(await run()).toMatchObject({ next: 'wait', troubles: 0 });
    answers.b0 = ended('b0');
    expect(await run()).toMatchObject({ next: 'collect' });
  });

  test('a batch that ended just before is found ended at the next check', async () => {
    const { run, cancelAnswers } = world({ b0: running }, [open(0)], CANCELLED);
    cancelAnswers.push('ended');
    expect(await run()).toMatchObject({ next: 'wait' });
  });
});
