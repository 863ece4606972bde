import { describe, expect, test } from 'vitest';
import { type LooseRow, looseRow, runOf, standingOf } from '../../../lambdas/job/standing.ts';
import { executionName } from '../../../lambdas/shared/names.ts';
import { JOB, jobRow } from '../../support/make.ts';

const NAME = executionName(JOB, 1, 'beta');
const row = (change: Record<string, unknown>) => looseRow(jobRow({ worker_id: NAME, ...change })) as LooseRow;
const standing = (change: Record<string, unknown>) => standingOf(row(change), { stage: 'beta' });

describe('a job row', () => {
  test.each([
    [{ status: 'PENDING' }, 'waiting'],
    [{ status: 'PROCESSING' }, 'running'],
    [{ status: 'FAILED' }, 'failed'],
    [{ status: 'FAILED', execution_status: 'ABORTED' }, 'stopped'],
    [{ status: 'FAILED', withdrawn_reason: 'cancelled' }, 'withdrawn'],
    [{ status: 'FAILED', withdrawn_reason: 'cancelled', execution_status: 'ABORTED' }, 'withdrawn'],
    [{ status: 'COMPLETED' }, 'completed'],
    [{ status: 'CANCELLED' }, 'cancelling'],
    [{ status: 'AWAITING_RECHECK' }, 'unknown'],
  ])('%j is %s', (change, kind) => {
    expect(standing(change).kind).toBe(kind);
  });

  test.each([
    [{ worker_id: NAME }, 'ours'],
    [{ worker_id: executionName(JOB, 7, 'beta') }, 'ours'],
    [{ worker_id: executionName(JOB, 1, 'other') }, 'another'],
    [{ worker_id: 'python-poller-1' }, 'another'],
    [{ worker_id: 'none' }, 'nobody'],
    [{ worker_id: '' }, 'nobody'],
    [{ worker_id: undefined }, 'nobody'],
    [{ job_type: 'AWAITING_NARRATIVE_BATCH', batch_job_id: 'sender', worker_id: 'sender-v2-beta' }, 'our job'],
    [{ job_type: 'AWAITING_NARRATIVE_BATCH', batch_job_id: 'sender', worker_id: 'other-v2-beta' }, 'another'],
  ])('%j is held by %s', (change, holder) => {
    expect(standing(change).holder).toBe(holder);
  });

  test('is held by one execution only, when that is asked', () => {
    expect(standingOf(row({}), { execution: NAME }).holder).toBe('ours');
    expect(standingOf(row({}), { execution: `${NAME}x` }).holder).toBe('another');
  });

  test('of another type is not read', () => {
    expect(looseRow(jobRow({ job_type: 'FULL_PIPELINE' }))).toBeUndefined();
  });

  test('is read as far as its standing goes, whatever else is wrong with it', () => {
    const damaged = row({ conversation_id: 7, version: 'two', logs: 3, worker_id: { a: 1 }, resumed: -1 });
    expect(standingOf(damaged, { stage: '' })).toEqual({ kind: 'waiting', holder: 'nobody' });
    expect(runOf(damaged, '')).toMatchObject({ version: -1, execution: executionName(JOB, 0) });
  });
});
