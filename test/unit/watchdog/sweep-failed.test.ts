import { describe, expect, test } from 'vitest';
import { tellUnwatched } from '../../../lambdas/job/summary.ts';
import { InvalidRow } from '../../../lambdas/shared/errors.ts';
import { executionName } from '../../../lambdas/shared/names.ts';
import { batchEntry, JOB } from '../../support/make.ts';
import { ago, NAME, NOTHING, pending, unwatched, wired } from '../../support/sweep-world.ts';

describe('a FAILED row with a paid batch that nobody watches', () => {
  const batches = [batchEntry({ state: 'submitted', batch_id: 'b' })];

  test.each([
    [0, 59, 61],
    [1, 239, 241],
    [2, 959, 961],
  ])('that was resumed %i times is resumed after %i minutes', async (resumed, early, due) => {
    const old = { created_at: ago(2_000), started_at: ago(2_000), resumed };
    expect(await wired([unwatched({ ...old, updated_at: ago(early) })], { batches }).run()).toMatchObject({
      resumed: 0,
      unwatched: 1,
    });
    const { run, row } = wired([unwatched({ ...old, updated_at: ago(due) })], { batches });
    expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    // until an execution has claimed it, nobody watches the batch
    expect(row(JOB)).toMatchObject({ status: 'PENDING', resumed: resumed + 1, checker_schedule_failed: true });
    expect(row(JOB).process_exit_confirmed).toBeUndefined();
  });

  test.each([
    ['was resumed three times', { resumed: 3 }],
    ['was stopped by a person', { execution_status: 'ABORTED' }],
    ['cannot be read', { conversation_id: 'abc' }],
  ])('that %s is only counted', async (_why, change) => {
    const old = { created_at: ago(9_000), started_at: ago(9_000), updated_at: ago(9_000) };
    const { run, changes, figures } = wired([unwatched({ ...old, ...change })], { batches });
    expect(await run()).toMatchObject({ ...NOTHING, unwatched: 1 });
    expect(changes).toEqual([]);
    expect(figures.UnwatchedBatches).toBe(1);
  });

  test('that may still be at work is left alone', async () => {
    const { run, changes } = wired([unwatched({ process_exit_confirmed: undefined, updated_at: ago(900) })], {
      batches,
    });
    expect(await run()).toMatchObject(NOTHING);
    expect(changes).toEqual([]);
  });

  test('an AWAITING row that dispatch refused is resumed once it can be read', async () => {
    const refused = {
      job_type: 'AWAITING_NARRATIVE_BATCH',
      worker_id: 'none',
      updated_at: ago(70),
      created_at: ago(700),
      started_at: '',
    };
    const { run, row } = wired([unwatched(refused)]);
    expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    expect(row(JOB).status).toBe('PENDING');
    const bad = wired([unwatched({ ...refused, conversation_id: 'abc' })]);
    expect(await bad.run()).toMatchObject({ ...NOTHING, unwatched: 1 });
  });

  test('waits while another job of its report is under way, so that two never are', async () => {
    const failed = unwatched({ created_at: ago(900), started_at: ago(900), updated_at: ago(90) });
    const other = { job_id: 'other', created_at: ago(30), updated_at: ago(1) };
    const before = { status: 'PROCESSING', version: 2, worker_id: 'python-1', batch_job_id: undefined };
    const waits = [{}, { status: 'PROCESSING', version: 2, worker_id: executionName('other', 1) }];
    const goesOn = [
      { report_id: 'r2other' },
      // an old poller may have left it so for ever
      before,
      { ...before, job_type: 'AWAITING_NARRATIVE_BATCH', worker_id: NAME, batch_job_id: JOB },
    ];
    for (const change of waits) {
      const { run, changes } = wired([failed, pending({ ...other, ...change })], { status: 'RUNNING', batches });
      expect(await run()).toMatchObject({ ...NOTHING, unwatched: 1 });
      expect(changes).toEqual([]);
    }
    for (const change of goesOn) {
      const { run } = wired([failed, pending({ ...other, ...change })], { status: 'RUNNING', batches });
      expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    }
  });

  test.each([
    ['was collected by a step that was still at work', [batchEntry({ state: 'collected', batch_id: 'b' })]],
    ['was refused to a step that was still at work', []],
  ])('whose batch %s no longer says that it is unwatched', async (_what, left) => {
    const error_message = `ExecutionAborted: stopped${tellUnwatched(['round 1 part 0, never confirmed'])}`;
    const told = unwatched({
      execution_status: 'ABORTED',
      error_message,
      failed_because: 'ExecutionAborted: stopped',
      batch_id: undefined,
    });
    const { run, row } = wired([told], { batches: left });
    expect(await run()).toMatchObject(NOTHING);
    expect(row(JOB)).toMatchObject({ status: 'FAILED', error_message: 'ExecutionAborted: stopped' });
    expect(row(JOB).checker_schedule_failed).toBeUndefined();
    expect(row(JOB).logs).toMatch(/none of its batches is left unwatched any more/);
    const { run: again, changes } = wired([row(JOB)], { batches: left });
    await again();
    expect(changes).toEqual([]);
  });

  test('stays as it is while the ledger cannot be read', async () => {
    const told = unwatched({ execution_status: 'ABORTED', batch_id: undefined });
    const { run, deps, changes } = wired([told]);
    deps.ledger.batches = () => Promise.reject(new InvalidRow('of another version'));
    expect(await run()).toMatchObject({ ...NOTHING, unwatched: 1 });
    expect(changes).toEqual([]);
  });

  test('whose execution was redriven without an event is its again', async () => {
    const { run, row } = wired([unwatched({ execution_status: 'ABORTED' })], { status: 'RUNNING', batches });
    expect(await run()).toMatchObject({ ...NOTHING, resumed: 1 });
    expect(row(JOB)).toMatchObject({ status: 'PROCESSING', worker_id: NAME });
  });

  test('rows of the last 29 days are looked at', async () => {
    const { run, asked } = wired([]);
    await run();
    const since = ago(29 * 24 * 60);
    expect(asked).toEqual([
      ['PENDING', undefined],
      ['PROCESSING', undefined],
      ['CANCELLED', since],
      ['FAILED', since],
    ]);
  });
});
