import { expect, test } from 'vitest';
import { checkUnwatched } from '../../../cli/doctor/deployed.ts';
import type { JobFinder } from '../../../lambdas/stores/jobs.ts';

const NOW = new Date('2026-11-22T12:00:00Z');
const row = (job_id: string, more: Record<string, unknown> = {}) => ({
  job_id,
  job_type: 'CREATE_NARRATIVE_BATCH',
  status: 'FAILED',
  ...more,
});

function finderOf(rows: Record<string, unknown>[]) {
  const asked: unknown[] = [];
  const finder: JobFinder = {
    async *withStatus(...what) {
      asked.push(what);
      yield* rows;
    },
  };
  return { finder, asked };
}

test('doctor names each failed job that left a paid batch unwatched, and how to go on with it', async () => {
  const unwatched = { checker_schedule_failed: true };
  const { finder, asked } = finderOf([
    row('a', unwatched),
    row('b'),
    row('c', unwatched),
    row('d', { ...unwatched, job_type: 'FULL_PIPELINE' }),
  ]);
  expect(await checkUnwatched(finder, NOW)).toEqual({
    state: 'warn',
    what: 'unwatched paid batches',
    found: '2 FAILED job(s) left one: a, c',
    todo: 'narratives redrive JOB_ID goes on with each',
  });
  expect(asked).toEqual([['FAILED', '2026-10-24T12:00:00.000Z']]);
});

test('doctor finds no unwatched batch where no failed job tells of one', async () => {
  expect(await checkUnwatched(finderOf([row('b')]).finder, NOW)).toMatchObject({ state: 'ok', found: 'none' });
});
