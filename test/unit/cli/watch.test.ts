import { expect, test } from 'vitest';
import { translated } from '../../../cli/errors.ts';
import { type ExecutionNow, type WatchDeps, watchJob } from '../../../cli/watch.ts';
import { StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { JOB, jobRow } from '../../support/make.ts';

const EXECUTION = `${JOB}-v1`;
const running = (state: string, round = 1): ExecutionNow => ({ name: EXECUTION, status: 'RUNNING', state, round });
const processing = { status: 'PROCESSING', version: 2, worker_id: EXECUTION };

interface Moment {
  row?: Record<string, unknown>;
  execution?: ExecutionNow | undefined;
  fails?: Error;
}

/** Watches a job that goes through moments, one a poll; the last one lasts. */
async function watching(moments: Moment[], stopAfter = Number.POSITIVE_INFINITY) {
  let at = 0;
  const asked: string[] = [];
  const stop = new AbortController();
  const now = () => moments[Math.min(at, moments.length - 1)] as Moment;
  const deps: WatchDeps = {
    jobs: {
      async get() {
        const { fails, row } = now();
        if (fails) throw fails;
        return jobRow(row);
      },
    },
    executions: {
      async now(name) {
        asked.push(name);
        return now().execution;
      },
    },
    stage: '',
    now: () => new Date('2026-11-22T12:00:00Z'),
    async pause() {
      at += 1;
      if (at > 100) throw new Error('watched endlessly');
      if (at === stopAfter) stop.abort();
    },
    stopped: stop.signal,
    tell: () => undefined,
    translated: (error) => translated(error, 'AWS'),
  };
  const watched = await watchJob(deps, JOB);
  return { ...watched, shown: watched.changes.map(({ what }) => what), asked, polls: at };
}

test('each change is shown once, and waiting for a batch counts as one state', async () => {
  const { shown, status, stopped } = await watching([
    {},
    { row: processing, execution: running('Submit batch', 1) },
    { row: processing, execution: running('Wait') },
    { row: { ...processing, batch_progress: 'round 1: 9 processing' }, execution: running('Check batch status') },
    { row: { ...processing, batch_progress: 'round 1: 9 processing' }, execution: running('Wait') },
    { row: { ...processing, batch_progress: 'round 2: 1 processing' }, execution: running('Wait', 2) },
    { row: { ...processing, status: 'COMPLETED', process_exit_confirmed: true }, execution: undefined },
  ]);
  expect(shown).toEqual([
    'PENDING',
    `PROCESSING (${EXECUTION})`,
    'Submit batch, round 1',
    'Wait, round 1',
    'round 1: 9 processing',
    'Wait, round 2',
    'round 2: 1 processing',
    'COMPLETED',
  ]);
  expect({ status, stopped }).toEqual({ status: 'COMPLETED', stopped: false });
});

test('a PENDING row is watched under the name that its execution will have', async () => {
  const { asked } = await watching([{ row: { version: 4 } }, { row: { ...processing, status: 'FAILED' } }]);
  expect(asked[0]).toBe(`${JOB}-v4`);
});

test('a cancelled job is watched until its execution has collected what was sent', async () => {
  const cancelled = { ...processing, status: 'CANCELLED' };
  const { shown, polls, status } = await watching([
    { row: cancelled, execution: running('Wait') },
    { row: cancelled, execution: running('Collect results') },
    { row: { ...cancelled, process_exit_confirmed: true }, execution: running('Complete job') },
  ]);
  expect(polls).toBe(2);
  expect(status).toBe('CANCELLED');
  expect(shown).toContain('its execution is still collecting the answers to what was sent');
});

test('a failed job of another worker ends the watching too', async () => {
  const row = { status: 'FAILED', version: 3, worker_id: 'poller', error_message: 'no key' };
  expect(await watching([{ row }])).toMatchObject({ status: 'FAILED', error: 'no key', polls: 0 });
});

test('an aborted execution is shown, and its row is still watched', async () => {
  const aborted = { name: EXECUTION, status: 'ABORTED', state: 'Wait', round: 1 };
  const failed = { ...processing, status: 'FAILED', process_exit_confirmed: true };
  const { shown } = await watching([
    { row: processing, execution: aborted },
    { row: failed, execution: aborted },
  ]);
  expect(shown).toEqual([`PROCESSING (${EXECUTION})`, 'execution ABORTED', 'FAILED']);
});

test('an error that passes does not end the watching', async () => {
  const fails = new StoreUnavailable('DynamoDB could not read the job table (Throttling)');
  const done = { row: { ...processing, status: 'COMPLETED', process_exit_confirmed: true } };
  const { shown, status } = await watching([{ row: processing }, { fails }, { fails }, done]);
  expect(shown.filter((line) => /still watching/.test(line))).toHaveLength(1);
  expect(status).toBe('COMPLETED');
});

test('an error that stays, and a refusal, end the watching', async () => {
  const away = new StoreUnavailable('DynamoDB could not read the job table (Throttling)');
  await expect(watching([{ row: processing }, { fails: away }])).rejects.toThrow('Throttling');
  const refused = Object.assign(new Error('no'), { name: 'ExpiredTokenException', $metadata: { httpStatusCode: 400 } });
  await expect(watching([{ row: processing }, { fails: refused }])).rejects.toThrow('log in again');
});

test('stopping watch leaves the job as it is', async () => {
  const stopped = await watching([{ row: processing, execution: running('Wait') }], 3);
  expect(stopped).toMatchObject({ stopped: true, status: 'PROCESSING' });
});
