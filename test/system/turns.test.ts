import { beforeEach, describe, expect, it } from 'vitest';
import { waitsForJob } from '../../lambdas/job/turn.ts';
import { submit } from '../../lambdas/steps/submit.ts';
import { STATE, TABLE_NAMES } from '../../lib/names.ts';
import { billed } from '../support/readers.ts';
import { useWorld } from '../support/use-world.ts';

const world = useWorld();
beforeEach(() => world.emptyTables());

const ALL = 15;

describe('two jobs of one report at once', () => {
  it('pay once: the later one waits, and has the answers of the earlier one', async () => {
    const rows = [world.reusingRow(), world.reusingRow(), world.reusingRow()];
    for (const row of rows) await world.putJob(row);
    await world.settle();
    expect(billed(world)).toBe(ALL);
    const ended = await Promise.all(rows.map(({ job_id }) => world.ended(job_id)));
    expect(ended.map(({ row }) => row.status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect(ended.map(({ results }) => results.reused).sort()).toEqual([0, ALL, ALL]);
    for (const { reports } of ended) expect(reports).toHaveLength(ALL);
    const waited = ended.filter(({ states }) => states.includes(STATE.waitForEarlierJob));
    expect(waited).toHaveLength(2);
  });

  it('say on the row and in its log whom they wait for, once', async () => {
    const [first, second] = [world.reusingRow(), world.reusingRow()];
    await world.deps.jobs.putNew(first);
    await submit(world.deps, {
      job_id: first.job_id,
      job_type: first.job_type,
      version: 1,
      execution: `${first.job_id}-v1`,
    });
    await world.deps.jobs.putNew(second);
    const input = { job_id: second.job_id, job_type: second.job_type, version: 1, execution: `${second.job_id}-v1` };
    let state: unknown = input;
    for (const wait_seconds of [15, 30, 60]) {
      state = await submit(world.deps, state);
      expect(state).toMatchObject({ next: 'turn', wait_seconds });
    }
    const row = await world.rowOf(second);
    const told = `waits for job ${first.job_id} of the same report to end, and then uses what that has bought`;
    expect(row).toMatchObject({ status: 'PROCESSING', batch_progress: told });
    expect(String(row.logs).split(told)).toHaveLength(2);
    await world.settle();
  });

  it('a later one that is cancelled while it waits ends, and sends nothing', async () => {
    const [first, second] = [world.reusingRow(), world.reusingRow()];
    world.pace.onEvent = (_, { type, state }) => {
      if (type === 'StateEntered' && state === STATE.waitForEarlierJob) {
        delete world.pace.onEvent;
        void world.setCancelled(second);
      }
    };
    await world.putJob(first);
    await world.putJob(second);
    await world.settle();
    expect(await world.rowOf(first)).toMatchObject({ status: 'COMPLETED' });
    expect(await world.rowOf(second)).toMatchObject({ status: 'FAILED', withdrawn_reason: 'cancelled' });
    expect(billed(world)).toBe(ALL);
  });

  it('the later one buys the report when the earlier one fails', async () => {
    const [first, second] = [world.reusingRow(), world.reusingRow()];
    world.standIn.script.answer('create', 403);
    await world.putJob(first);
    await world.putJob(second);
    await world.settle();
    expect(await world.rowOf(first)).toMatchObject({ status: 'FAILED' });
    expect((await world.ended(second.job_id)).results).toMatchObject({ stored: ALL, reused: 0 });
  });
});

describe('the turn of a report', () => {
  const take = (jobId: string) => waitsForJob(world.deps, 'rturn', jobId);
  const status = (job_id: string, change: Record<string, unknown>) =>
    world.putJob({ ...world.jobRow(), job_id, report_id: 'rturn', worker_id: `${job_id}-v1`, ...change });

  it('is kept by the job that has it, however often it asks', async () => {
    expect([await take('one'), await take('one')]).toEqual([undefined, undefined]);
  });

  it.each([
    ['is PROCESSING', { status: 'PROCESSING' }, 'one'],
    ['was requeued', { status: 'PENDING', worker_id: 'none' }, 'one'],
    ['is being cancelled', { status: 'CANCELLED' }, 'one'],
    ['is COMPLETED', { status: 'COMPLETED' }, undefined],
    ['is FAILED', { status: 'FAILED' }, undefined],
    ['was stopped', { status: 'FAILED', execution_status: 'ABORTED' }, undefined],
    ['has a status that nobody knows', { status: 'LOCKED_FOR_CHECKING' }, undefined],
  ])('passes on, or not, when the job that has it %s', async (_, change, waitsFor) => {
    await take('one');
    await status('one', change);
    expect(await take('two')).toBe(waitsFor);
    // the next test begins with the job that had it
    await status('two', { status: 'COMPLETED' });
    await status('one', { status: 'PROCESSING' });
    await take('one');
  });

  it('passes on when the row of the job that has it is gone', async () => {
    await world.deps.ledger.takeTurn('rgone', 'gone');
    expect(await waitsForJob(world.deps, 'rgone', 'two')).toBeUndefined();
  });

  it('is taken by one of two that ask at the same moment', async () => {
    const asked = await Promise.all(['a', 'b', 'c', 'd'].map((job) => waitsForJob(world.deps, 'rrace', job)));
    const [{ holder } = {}] = (await world.all(TABLE_NAMES.ledger)).filter(({ job_id }) => job_id === 'report:rrace');
    // jobs without a row count as gone, and one of them has it at the end
    expect(['a', 'b', 'c', 'd']).toContain(holder);
    expect(asked.filter((waitsFor) => waitsFor === undefined).length).toBeGreaterThan(0);
  });
});
