import { type CancellationReason, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jobGuards } from '../../../lambdas/stores/guards.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const canceled = (...codes: string[]) =>
  new TransactionCanceledException({
    message: 'canceled',
    $metadata: {},
    CancellationReasons: codes.map((Code): CancellationReason => ({ Code })),
  });

/** Puts a job over a database that gives these answers in turn, the last one forever. */
async function put(...answers: (Error | 'done')[]) {
  let calls = 0;
  const send = async () => {
    const answer = answers[Math.min(calls++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return {};
  };
  const guards = jobGuards({ send } as unknown as DynamoDBDocumentClient, { jobs: 'Jobs', ledger: 'Ledger' });
  const times = { now: new Date(), guardExpiry: 1, keyExpiry: 1 };
  const guard = { model: 'm', replaces: undefined, key: 'k' };
  const ended = guards.putJob({ job_id: 'j', report_id: 'r' }, guard, times).catch((error: Error) => error.name);
  await vi.runAllTimersAsync();
  return { answer: await ended, calls };
}

describe('the transaction that puts a job', () => {
  it('is tried again while another transaction is at its rows', async () => {
    const busy = canceled('None', 'TransactionConflict', 'None');
    expect(await put(busy, busy, 'done')).toEqual({ answer: 'put', calls: 3 });
  });

  it('is tried again when the table throttles it', async () => {
    expect(await put(canceled('ThrottlingError'), 'done')).toEqual({ answer: 'put', calls: 2 });
  });

  it('is lost, and not tried again, when a condition does not hold', async () => {
    const lost = canceled('None', 'ConditionalCheckFailed', 'TransactionConflict');
    expect(await put(lost)).toEqual({ answer: 'lost', calls: 1 });
  });

  it('ends as StoreUnavailable when its rows stay busy', async () => {
    const { answer, calls } = await put(canceled('TransactionConflict'));
    expect(answer).toBe('StoreUnavailable');
    expect(calls).toBeLessThan(10);
  });

  it('fails at once for a reason that does not pass with time', async () => {
    expect(await put(canceled('ValidationError'))).toEqual({ answer: 'TransactionCanceledException', calls: 1 });
  });
});
