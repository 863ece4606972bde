import { describe, expect, test } from 'vitest';
import { AnthropicUnavailable, BatchNotFound, BatchOverdue, InvalidSetting } from '../../../lambdas/shared/errors.ts';
import { ended, open, world } from '../../support/check-world.ts';
import { errorOf } from '../../support/fakes.ts';
import { batchStatus } from '../../support/make.ts';

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
    expect(changes).toEqual([]);
  });

  test('what had ended before the trouble is kept', async () => {
    const { run, entries } = world({ b0: ended('b0'), b1: trouble() }, [open(0), open(1)]);
    expect(await run()).toMatchObject({ next: 'wait' });
    expect([...entries.values()].map(({ state }) => state)).toEqual(['ended', 'submitted']);
  });

  test('a batch that is not known is an error of its own', async () => {
    expect(await errorOf(() => world({ b0: new BatchNotFound('batch b0 is not known') }).run())).toBeInstanceOf(
      BatchNotFound,
    );
  });

  test('an error that is no trouble of the API is passed on', async () => {
    await expect(world({ b0: new TypeError('a fault of ours') }).run()).rejects.toThrow('a fault of ours');
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
