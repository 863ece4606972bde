import { describe, expect, test } from 'vitest';
import { API_AWAITED, MAX_REFUSALS } from '../../../lambdas/batch/wait.ts';
import {
  AnthropicRefused,
  AnthropicUnavailable,
  BatchNotFound,
  BatchOverdue,
  InvalidSetting,
} from '../../../lambdas/shared/errors.ts';
import type { BatchEntry } from '../../../lambdas/shared/ledger-rows.ts';
import { entry } from '../../../lambdas/shared/names.ts';
import { checkStatus } from '../../../lambdas/steps/check-status.ts';
import type { BatchStatus } from '../../../lambdas/stores/anthropic.ts';
import { batchEntry, batchStatus, JOB, jobRow } from '../../support/make.ts';
import { errorOf } from '../../support/readers.ts';
import { unitWorld } from '../../support/unit-world.ts';

const EXECUTION = `${JOB}-v1`;
const STATE = {
  job_id: JOB,
  job_type: 'CREATE_NARRATIVE_BATCH',
  version: 1,
  execution: EXECUTION,
  first_round: 1,
  round: 1,
  checks: 0,
  troubles: 0,
  wait_seconds: 5,
  next: 'wait',
};
const CREATED = Date.parse('2026-11-22T10:00:01.000Z');
const EXPIRES = '2026-11-23T10:00:01.000Z';
const open = (part: number, change: Partial<BatchEntry> = {}) =>
  batchEntry({
    part,
    entry: entry.batch(1, part),
    state: 'submitted',
    batch_id: `b${part}`,
    expires_at: EXPIRES,
    ...change,
  });
const ended = (id: string) =>
  batchStatus(id, 0, {
    processing_status: 'ended',
    counts: { processing: 0, succeeded: 2, errored: 0, canceled: 0, expired: 0 },
  });

/** The step over an API that answers by batch id; an Error is thrown. */
function world(
  answers: Record<string, BatchStatus | Error>,
  batches = [open(0)],
  change: Record<string, unknown> = {},
) {
  let age = 0;
  const processing = jobRow({ status: 'PROCESSING', version: 2, worker_id: EXECUTION, ...change });
  const world = unitWorld({ jobs: [processing], batches, now: () => new Date(CREATED + age * 1000) });
  const asked: string[] = [];
  const cancels: string[] = [];
  const cancelAnswers: ('cancelling' | 'ended' | Error)[] = [];
  const cancel = async (id: string) => {
    cancels.push(id);
    const answer = cancelAnswers.shift() ?? 'cancelling';
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const status = async (id: string) => {
    asked.push(id);
    const answer = answers[id];
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error(`nobody asks for ${id}`);
    return answer;
  };
  /** @param seconds since the batches were made */
  const run = (state: Record<string, unknown> = {}, seconds = 100) => {
    age = seconds;
    return checkStatus({ ...world.deps, batches: { status, cancel } }, { ...STATE, ...state });
  };
  return { ...world, run, asked, answers, cancels, cancelAnswers };
}

describe('while a batch is on its way', () => {
  test('the next check comes after a tenth of its age', async () => {
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
    expect(entries().map(({ state }) => state)).toEqual(['ended', 'ended']);
  });

  test('until the last has, those that ended are not asked about again', async () => {
    const { run, asked, entries } = world({ b0: ended('b0'), b1: batchStatus('b1', 2) }, [open(0), open(1)]);
    expect(await run()).toMatchObject({ next: 'wait' });
    expect(entries()[0]).toMatchObject({ state: 'ended', batch_id: 'b0' });
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

test('trouble of collecting is counted until the API answers', async () => {
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
    expect(entries()[0]).toEqual(open(0));
  });

  test('a deleted row does not stop watching', async () => {
    const { run } = world({ b0: ended('b0') }, [open(0)], { job_id: 'another job' });
    expect(await run()).toMatchObject({ next: 'collect' });
  });
});

describe('how long a batch took', () => {
  const at = { ended_at: '2026-11-22T10:01:31.000Z' };

  test('is published once, by the check that finds it ended', async () => {
    const { run, added, entries } = world({ b0: { ...ended('b0'), ...at } });
    await run();
    await run();
    expect(added).toEqual([{ name: 'BatchSeconds', value: 90 }]);
    expect(entries()).toMatchObject([{ state: 'ended', ...at }]);
  });

  test('is published for each batch that has ended, and for no other', async () => {
    const { run, added } = world({ b0: { ...ended('b0'), ...at }, b1: batchStatus('b1', 2) }, [open(0), open(1)]);
    await run();
    expect(added).toEqual([{ name: 'BatchSeconds', value: 90 }]);
  });
});

describe('when the API is in trouble', () => {
  const trouble = (retryAfterSeconds?: number) => new AnthropicUnavailable('HTTP 529', { retryAfterSeconds });

  test.each([
    [0, undefined, 5],
    [1, undefined, 10],
    [4, undefined, 60],
    [0, 75, 75],
    [4, 3, 60],
  ])('after %i troubles and with retry-after %s it waits %i seconds', async (troubles, retryAfter, wait_seconds) => {
    const { run, changes } = world({ b0: trouble(retryAfter) });
    expect(await run({ troubles, checks: 3 })).toMatchObject({
      next: 'wait',
      wait_seconds,
      troubles: troubles + 1,
      checks: 4,
    });
    expect(changes).toMatchObject([{ batch_progress: API_AWAITED }]);
  });

  test('what had ended before the trouble is kept', async () => {
    const { run, entries } = world({ b0: ended('b0'), b1: trouble() }, [open(0), open(1)]);
    expect(await run()).toMatchObject({ next: 'wait' });
    expect(entries().map(({ state }) => state)).toEqual(['ended', 'submitted']);
  });

  test('an error that is no trouble of the API is passed on', async () => {
    await expect(world({ b0: new TypeError('a fault of ours') }).run()).rejects.toThrow('a fault of ours');
  });
});

describe('a batch that the API does not find', () => {
  const lost = (refusal: AnthropicRefused = new BatchNotFound('batch b0 is not found')) =>
    new AnthropicUnavailable(refusal.message, { refusal });

  test('is waited for, a little longer each time', async () => {
    const { run, changes } = world({ b0: lost() });
    expect(await run({ checks: 3 })).toMatchObject({ next: 'wait', wait_seconds: 5, refusals: 1, checks: 4 });
    expect(await run({ refusals: 1 })).toMatchObject({ next: 'wait', wait_seconds: 10, refusals: 2 });
    expect(await run({ refusals: MAX_REFUSALS - 1 })).toMatchObject({ wait_seconds: 60, refusals: MAX_REFUSALS });
    expect(changes).toMatchObject([{ batch_progress: API_AWAITED }]);
  });

  test('is found again, and the count begins anew', async () => {
    const { run, answers } = world({ b0: lost() });
    const waiting = await run({ refusals: 20 });
    answers.b0 = batchStatus('b0', 2);
    const found = await run(waiting);
    expect(found).toMatchObject({ next: 'wait', troubles: 0, refusals: undefined });
    answers.b0 = ended('b0');
    expect(await run(waiting)).toMatchObject({ next: 'collect', refusals: undefined });
  });

  test('has its own error after an hour', async () => {
    expect(await errorOf(() => world({ b0: lost() }).run({ refusals: MAX_REFUSALS }))).toBeInstanceOf(BatchNotFound);
  });

  test('because a gateway refuses is another error after an hour', async () => {
    const byGateway = new AnthropicRefused('http://gateway refuses');
    const { run } = world({ b0: lost(byGateway) }, [open(0, { adopted: true })]);
    expect(await run()).toMatchObject({ next: 'wait', refusals: 1 });
    expect(await errorOf(() => run({ refusals: MAX_REFUSALS }))).toBe(byGateway);
  });

  test('does not keep the others of its round from being checked', async () => {
    const { run, asked, entries, row } = world({ b0: lost(), b1: ended('b1') }, [open(0), open(1)]);
    expect(await run()).toMatchObject({ next: 'wait', refusals: 1 });
    expect(asked).toEqual(['b0', 'b1']);
    expect(entries().map(({ state }) => state)).toEqual(['submitted', 'ended']);
    expect(row(JOB).batch_progress).toContain('1 of 1 open batches ended');
  });

  test('and is not yet proven ours is released after an hour, and not before', async () => {
    const found = open(0, { adopted: true });
    const { run, entries } = world({ b0: lost() }, [found]);
    expect(await run({ refusals: MAX_REFUSALS - 1 })).toMatchObject({ next: 'wait' });
    expect(entries()[0]).toEqual(found);
    expect(await run({ refusals: MAX_REFUSALS })).toMatchObject({ next: 'collect' });
    expect(entries()[0]).toMatchObject({ state: 'intended', not_ours: ['b0'] });
  });

  test('while its results are read is counted between the two steps', async () => {
    const { run } = world({}, [open(0, { state: 'ended' })]);
    expect(await run({ troubles: 4, refusals: 4 })).toMatchObject({ next: 'collect', troubles: 4, refusals: 4 });
  });
});

describe('a batch that does not end', () => {
  const anHourAfter = 25 * 3600;

  test('it is waited for until an hour after it should have expired', async () => {
    expect(await world({ b0: batchStatus('b0', 2) }).run({}, anHourAfter - 1)).toMatchObject({ next: 'wait' });
    const error = await errorOf(() => world({ b0: batchStatus('b0', 2) }).run({}, anHourAfter));
    expect(error).toBeInstanceOf(BatchOverdue);
    expect(error.message).toMatch(/batch b0 .* expired at 2026-11-23T10:00:01.000Z/);
  });

  test('that is so as well when the API gives no answer any more', async () => {
    expect(await errorOf(() => world({ b0: new AnthropicUnavailable('down') }).run({}, anHourAfter))).toBeInstanceOf(
      BatchOverdue,
    );
  });

  test('one that ended late is collected', async () => {
    expect(await world({ b0: ended('b0') }).run({}, anHourAfter * 2)).toMatchObject({ next: 'collect' });
  });
});

test('a hand-off that lacks a field names it', async () => {
  const error = await errorOf(() => world({}).run({ job_id: undefined }));
  expect([error.constructor, error.message]).toEqual([InvalidSetting, expect.stringContaining('job_id')]);
});

const CANCELLED = { status: 'CANCELLED' };
const running = batchStatus('b0', 2);
const canceling = batchStatus('b0', 2, { processing_status: 'canceling' });
const AT = '2026-11-22T10:01:41.000Z';

describe('a job that was cancelled while its batches are watched', () => {
  test('has every open batch cancelled, and the ledger and its row say so', async () => {
    const { run, cancels, entries, row } = world(
      { b0: running, b1: batchStatus('b1', 2) },
      [open(0), open(1)],
      CANCELLED,
    );
    expect(await run()).toMatchObject({ next: 'wait', troubles: 0 });
    expect(cancels).toEqual(['b0', 'b1']);
    expect(entries().map(({ cancel_requested_at }) => cancel_requested_at)).toEqual([AT, AT]);
    expect(row(JOB)).toMatchObject({ status: 'CANCELLED', version: 3, updated_at: AT });
    expect(row(JOB).batch_progress).toMatch(/the job is cancelled: the API is asked to cancel 2 of them$/);
    expect(String(row(JOB).logs)).toContain('the job is cancelled');
  });

  test('is watched until its batch has ended, and cancels it once', async () => {
    const { run, cancels, answers, entries, changes } = world({ b0: running }, [open(0)], CANCELLED);
    await run();
    answers.b0 = canceling;
    expect(await run({}, 160)).toMatchObject({ next: 'wait' });
    expect(changes).toHaveLength(1);
    answers.b0 = ended('b0');
    expect(await run()).toMatchObject({ next: 'collect' });
    expect(cancels).toEqual(['b0']);
    expect(entries()[0]).toMatchObject({ state: 'ended', cancel_requested_at: AT });
  });

  test('has a batch that is still in progress cancelled again', async () => {
    const { run, cancels, entries } = world({ b0: running }, [open(0)], CANCELLED);
    await run();
    await run({}, 200);
    expect(cancels).toEqual(['b0', 'b0']);
    expect(entries()[0]?.cancel_requested_at).toBe(AT);
  });

  test('does not cancel a batch that may be another’s', async () => {
    const found = open(0, { adopted: true });
    const { run, cancels, entries, row } = world({ b0: running }, [found], CANCELLED);
    expect(await run()).toMatchObject({ next: 'wait' });
    expect(cancels).toEqual([]);
    expect(entries()[0]).toEqual(found);
    expect(row(JOB).batch_progress).toMatch(/asked to cancel 0 of them; 1 not yet proven ours/);
  });

  test('has nothing cancelled when its batch has ended meanwhile', async () => {
    const { run, cancels } = world({ b0: ended('b0') }, [open(0)], CANCELLED);
    expect(await run()).toMatchObject({ next: 'collect' });
    expect(cancels).toEqual([]);
  });

  test('and whose row was closed has its batch cancelled, and the row is left', async () => {
    const closed = { status: 'FAILED', withdrawn_reason: 'cancelled', process_exit_confirmed: true };
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
