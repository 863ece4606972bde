import { beforeEach, describe, expect, it } from 'vitest';
import type { Embedded } from '../../local/embedded/embedded.ts';
import { type KnownJob, resumeJob, unfinishedJobs } from '../../local/jobs.ts';

import { killed, onNextCall } from '../support/faults.ts';
import { billed } from '../support/readers.ts';
import { expectClosed, useWorld } from '../support/use-world.ts';
import { firstName } from '../support/world.ts';

const world = useWorld();
const MINUTES = 60;
/** Of 15 sections, when a third is finished by the time of the cancel. */
const FINISHED = 5;
beforeEach(() => {
  world.processing.finishedShare = 1 / 3;
});

describe('an embedded run that was stopped', () => {
  it('brings a cancelled job to its end when it is started again', async () => {
    world.processing.secondsPerBatch = 600 * MINUTES;
    const job = await world.stoppedJob((row) =>
      onNextCall(world.deps.batches, 'status', {
        before: async () => {
          await world.setCancelled(row);
          world.stop(row);
          killed();
        },
      }),
    );
    world.forgetExecutions();
    const embedded = { db: world.db, machine: world.machine(), world: world.deps } as unknown as Embedded;
    const [left, ...others] = await unfinishedJobs(embedded);
    expect([left?.job_id, others]).toEqual([job.job_id, []]);
    await resumeJob(embedded, left as KnownJob);
    await world.settle();
    await expectClosed(world, job, { planned: 15, stored: FINISHED, reasons: ['canceled'] });
    expect(await unfinishedJobs(embedded)).toEqual([]);
  });
});

describe('a cancelled job whose execution is gone', () => {
  /** Runs until the batch is on its way, cancels and stops; `order` tells which comes first. */
  const gone = (order: 'cancelled, then stopped' | 'stopped, then cancelled') =>
    world.stoppedJob((job) =>
      onNextCall(world.deps.batches, 'status', {
        before: async () => {
          if (order === 'cancelled, then stopped') await world.setCancelled(job);
          world.stop(job);
          killed();
        },
      }),
    );

  it.each([['cancelled, then stopped'], ['stopped, then cancelled']] as const)(
    '%s: the sweep has a new execution cancel its batch, collect and close it',
    async (order) => {
      world.processing.secondsPerBatch = 600 * MINUTES;
      const job = await gone(order);
      await world.hear(job, 'ABORTED');
      if (order === 'stopped, then cancelled') await world.setCancelled(job);
      const row = await world.rowOf(job);
      expect(row).toMatchObject({ checker_schedule_failed: true });
      expect(row.status).toBe(order === 'stopped, then cancelled' ? 'CANCELLED' : 'FAILED');
      // one that is open and was written a moment ago is not looked at yet
      expect(await world.sweep()).toMatchObject({ resumed: 0, unwatched: row.status === 'CANCELLED' ? 0 : 1 });
      world.passTime(6 * MINUTES);
      expect(await world.sweep()).toMatchObject({ resumed: 1, closed: 0, unwatched: 0 });
      await world.settle();
      const { status, version, resumed } = await world.rowOf(job);
      expect({ status, resumed }).toEqual({ status: 'FAILED', resumed: 1 });
      expect(Number(version)).toBeGreaterThan(Number(row.version));
      const { results } = await world.ended(job.job_id);
      expect(results).toMatchObject({ planned: 15, stored: FINISHED });
      expect(await world.rowOf(job)).toMatchObject({ process_exit_confirmed: true });
      expect((await world.rowOf(job)).checker_schedule_failed).toBeUndefined();
      expect(world.sent()).toHaveLength(1);
      expect(billed(world)).toBe(FINISHED);
      world.passTime(60 * MINUTES);
      expect(await world.sweep()).toMatchObject({ resumed: 0, closed: 0, unwatched: 0 });
    },
  );

  it('whose end was not told is resumed once, though sweeps overlap', async () => {
    world.processing.secondsPerBatch = 600 * MINUTES;
    const job = await gone('cancelled, then stopped');
    world.passTime(6 * MINUTES);
    const swept = await Promise.all([world.sweep(), world.sweep()]);
    expect(swept.map(({ resumed }) => resumed).sort()).toEqual([0, 1]);
    await world.settle();
    expect(await world.ended(job.job_id)).toMatchObject({ results: { stored: FINISHED } });
    expect(
      world
        .machine()
        .names()
        .filter((name) => name.startsWith(job.job_id)),
    ).toHaveLength(2);
  });

  it('goes on after a sweep that was killed before it could start the new execution', async () => {
    world.processing.secondsPerBatch = 600 * MINUTES;
    const job = await gone('cancelled, then stopped');
    await world.hear(job, 'ABORTED');
    world.passTime(6 * MINUTES);
    onNextCall(world.machine(), 'start', { before: killed });
    expect(await world.sweep()).toMatchObject({ resumed: 0 });
    const named = await world.rowOf(job);
    expect(named.worker_id).not.toBe(firstName(job));
    world.passTime(6 * MINUTES);
    expect(await world.sweep()).toMatchObject({ resumed: 1 });
    await world.settle();
    expect(await world.rowOf(job)).toMatchObject({ worker_id: named.worker_id, resumed: 1 });
    expect((await world.ended(job.job_id)).results).toMatchObject({ stored: FINISHED });
  });

  it('stopped again and again is given up at last, with what is known', async () => {
    world.processing.secondsPerBatch = 600 * MINUTES;
    const job = await gone('cancelled, then stopped');
    world.standIn.script.answer('retrieve', 403, { times: 100 });
    let resumed = 0;
    for (let sweeps = 0; sweeps < 12; sweeps++) {
      world.passTime(17 * 60 * MINUTES);
      resumed += (await world.sweep()).resumed;
      await world.settle();
    }
    expect(resumed).toBe(5);
    const row = await world.rowOf(job);
    expect(row).toMatchObject({ status: 'FAILED', withdrawn_reason: 'cancelled', checker_schedule_failed: true });
    expect(JSON.parse(String(row.job_results))).toMatchObject({ planned: 15, stored: 0 });
    expect(world.figures.UnwatchedBatches).toBe(1);
    world.passTime(30 * 24 * 60 * MINUTES);
  });
});
