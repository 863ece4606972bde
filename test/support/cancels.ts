import { afterEach, beforeEach, expect } from 'vitest';
import { stoppableWorld } from './stoppable-world.ts';
import type { Job } from './stops.ts';

export const MINUTES = 60;
/** Of 15 sections, when a third is finished by the time of the cancel. */
export const FINISHED = 5;

/** A world for the tests of one file whose jobs are cancelled: a third of each batch is finished by then. Call it at the top. */
export function cancellingWorld() {
  const { world, watch, stops } = stoppableWorld();
  let before = 0;
  beforeEach(() => {
    before = world.standIn.batches().length;
    world.processing.finishedShare = 1 / 3;
  });
  afterEach(() => {
    Object.assign(world.processing, { secondsPerBatch: 30, secondsToCancel: 0 });
  });

  const sent = () => world.standIn.batches().slice(before);
  const billed = () => {
    const ids = sent().map(({ id }) => id);
    return world.standIn.paidRequests().filter(({ batch_id }) => ids.includes(batch_id)).length;
  };

  /** As somebody who changes nothing but the status, from whatever it is. */
  async function setCancelled(job: Job): Promise<void> {
    const { status, version } = await stops.rowOf(job);
    await world.world.jobs.change(job.job_id, { status: String(status), version }, { status: 'CANCELLED' });
  }

  async function runCancelled(job: Job, arrange: (cancel: () => Promise<void>) => void) {
    arrange(() => setCancelled(job));
    await world.putJob(job);
    await world.settle();
    return world.ended(job.job_id);
  }

  /** What holds of every cancelled job that has been brought to its end. */
  async function expectClosed(job: Job, counts: { planned: number; stored: number; reasons: string[] }) {
    const { row, results, reports } = await world.ended(job.job_id);
    expect(row).toMatchObject({ status: 'CANCELLED', process_exit_confirmed: true });
    for (const gone of ['checker_schedule_failed', 'execution_status', 'error_message'])
      expect(row[gone]).toBeUndefined();
    expect(row.completed_at).not.toBe('');
    const { planned, stored } = counts;
    expect(results).toMatchObject({ planned, stored });
    const reasons = new Set((results.failed as { reason: string }[]).map(({ reason }) => reason));
    expect([...reasons].sort()).toEqual(counts.reasons);
    expect(reports.filter(({ errors }) => errors === undefined)).toHaveLength(stored);
    for (const awaiting of await stops.awaitingRows(job))
      expect(awaiting).toMatchObject({ status: 'CANCELLED', process_exit_confirmed: true });
    return { row, results, reports };
  }

  return { world, watch, stops, sent, billed, setCancelled, runCancelled, expectClosed };
}
