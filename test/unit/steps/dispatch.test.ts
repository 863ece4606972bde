import { describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { executionName } from '../../../lambdas/shared/names.ts';
import { dispatch } from '../../../lambdas/steps/dispatch.ts';
import { JOB, jobRow as row } from '../../support/make.ts';
import { unitWorld } from '../../support/unit-world.ts';

const NOW = new Date('2026-11-22T10:00:00.000Z');

/** Dispatch with a job table that holds `jobs`, and a state machine that knows the names it has run. */
function wired(...jobs: Record<string, unknown>[]) {
  const world = unitWorld({ jobs, now: () => NOW });
  const started = new Map<string, unknown>();
  const executions = {
    async start(name: string, input: unknown) {
      if (started.has(name)) return 'already_started' as const;
      started.set(name, input);
      return 'started' as const;
    },
  };
  const deps = { ...world.deps, executions };
  return { ...world, started, send: (record: unknown) => dispatch(deps, record), deps };
}

describe('a job that is put in', () => {
  test('one execution is started, with the job, its version and its own name', async () => {
    const { send, started, changes } = wired(row());
    await send(row());
    const execution = executionName(JOB, 1);
    expect([...started]).toEqual([
      [execution, { job_id: JOB, job_type: 'CREATE_NARRATIVE_BATCH', version: 1, execution }],
    ]);
    expect(changes).toEqual([]);
  });

  test('a record delivered twice starts nothing twice and is no error', async () => {
    const { send, started } = wired(row());
    await send(row());
    await send(row());
    expect(started.size).toBe(1);
  });

  test('each version of a row has its own execution', async () => {
    const { send, started } = wired(row());
    for (const version of [1, 4, 4, 9]) await send(row({ version }));
    expect([...started.keys()]).toEqual([1, 4, 9].map((version) => executionName(JOB, version)));
  });

  test('a row of the old pipeline that waits for a batch is started', async () => {
    const waiting = row({
      job_id: `batch_check_${JOB}_1`,
      job_type: 'AWAITING_NARRATIVE_BATCH',
      batch_id: 'msgbatch_1',
      batch_job_id: JOB,
    });
    const { send, started } = wired(waiting);
    await send(waiting);
    expect([...started.values()]).toMatchObject([{ job_type: 'AWAITING_NARRATIVE_BATCH' }]);
  });

  test.each(['PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED', 'AWAITING_RECHECK', 'LOCKED_FOR_CHECKING'])(
    'a row that is %s is left alone',
    async (status) => {
      const { send, started, changes } = wired(row({ status }));
      await send(row({ status }));
      expect([started.size, changes]).toEqual([0, []]);
    },
  );

  test('a row without a report_id is started, and fails in its step', async () => {
    const { send, started, changes } = wired(row());
    await send(row({ report_id: undefined }));
    expect([started.size, changes]).toEqual([1, []]);
  });

  test('a state machine that cannot be reached is an error: the stream delivers again', async () => {
    const { deps } = wired(row());
    const start = () => Promise.reject(new StoreUnavailable('down'));
    await expect(dispatch({ ...deps, executions: { start } }, row())).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

describe('a row that cannot be understood', () => {
  test.each([
    ['version', '1'],
    ['version', undefined],
    ['conversation_id', 'not a zid'],
    ['conversation_id', undefined],
    ['report_id', ''],
    ['job_config', { model: 'x' }],
  ])('with %s: %j it is marked FAILED, with the attribute named and what to do', async (field, value) => {
    const bad = row({ [field]: value });
    const { send, started, row: stored } = wired(bad);
    await send(bad);
    expect(started.size).toBe(0);
    expect(stored(JOB)).toMatchObject({
      status: 'FAILED',
      process_exit_confirmed: true,
      completed_at: NOW.toISOString(),
      updated_at: NOW.toISOString(),
      error_message: expect.stringMatching(new RegExp(`^InvalidJobRow: ${field}: .*redrive the job$`)),
    });
    expect(JSON.parse(String(stored(JOB).logs))).toMatchObject({
      entries: [{ level: 'ERROR', timestamp: NOW.toISOString() }],
    });
    expect(typeof stored(JOB).version).toBe('number');
  });

  test('it is marked once, though its record comes twice', async () => {
    const bad = row({ conversation_id: 'x' });
    const { send, changes } = wired(bad);
    await send(bad);
    await send(bad);
    expect(changes).toHaveLength(1);
  });

  test('it is counted once, though its record is delivered twice', async () => {
    const bad = row({ conversation_id: 'x' });
    const { send, added } = wired(bad);
    expect(await send(bad)).toBe('refused');
    await send(bad);
    expect(added).toEqual([{ name: 'JobsFailed', value: 1, by: { error: 'InvalidJobRow' } }]);
  });

  test('a row that has moved on since is left alone', async () => {
    for (const moved of [row({ status: 'CANCELLED' }), row({ version: 2 })]) {
      const { send, changes } = wired(moved);
      await send(row({ conversation_id: 'x' }));
      expect(changes).toEqual([]);
    }
  });

  test('one that is already CANCELLED stays so', async () => {
    const cancelled = row({ status: 'CANCELLED', conversation_id: 'x' });
    const { send, changes, row: stored } = wired(cancelled);
    await send(cancelled);
    expect([changes, stored(JOB).status]).toEqual([[], 'CANCELLED']);
  });

  test('a record that is older than the fixed row does not fail it', async () => {
    const { send, row: stored } = wired(row({ version: 2 }));
    await send(row({ version: 'one' }));
    expect(stored(JOB).status).toBe('PENDING');
  });

  test('a row of another job type is left alone', async () => {
    const foreign = row({ job_type: 'FULL_PIPELINE' });
    const { send, changes, row: stored } = wired(foreign);
    await send(foreign);
    expect([changes, stored(JOB).status]).toEqual([[], 'PENDING']);
  });

  test('an AWAITING row that cannot be read says that its batch is unwatched', async () => {
    const logs = JSON.stringify({ entries: [{ timestamp: 't', level: 'INFO', message: 'before' }] });
    const bad = row({ job_type: 'AWAITING_NARRATIVE_BATCH', batch_id: 'msgbatch_1', conversation_id: 'x', logs });
    const { send, row: stored } = wired(bad);
    await send(bad);
    expect(stored(JOB)).toMatchObject({ status: 'FAILED', checker_schedule_failed: true });
    expect(stored(JOB).logs).toContain('before');
  });

  test('a record without a job_id is logged, and does not block the stream', async () => {
    for (const record of [undefined, null, 'text', {}, { status: 'PENDING' }]) {
      const { send, lines, started, changes } = wired();
      await send(record);
      expect([started.size, changes, lines.map(({ level }) => level)]).toEqual([0, [], ['error']]);
    }
  });

  test('the reason never repeats the value that is wrong', async () => {
    const bad = row({ conversation_id: 'private words' });
    const { send, row: stored, lines } = wired(bad);
    await send(bad);
    expect(JSON.stringify([stored(JOB).error_message, stored(JOB).logs, lines])).not.toContain('private words');
  });
});
