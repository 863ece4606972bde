import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../lambdas/shared/errors.ts';
import { checkStatus } from '../../lambdas/steps/check-status.ts';
import { collect } from '../../lambdas/steps/collect/collect.ts';
import { complete } from '../../lambdas/steps/complete.ts';
import { fail } from '../../lambdas/steps/fail.ts';
import { submit } from '../../lambdas/steps/submit.ts';
import { STATE } from '../../lib/names.ts';
import { killed, onNextCall } from '../support/faults.ts';
import { useWorld } from '../support/use-world.ts';
import { firstName, inputOf, type Job } from '../support/world.ts';

const world = useWorld();

describe('an execution that is redriven in the console', () => {
  /** Submitted, and stopped while it waited. */
  async function stoppedWaiting(): Promise<Job> {
    const job = await world.stoppedJob((row) => world.stopAtWait(row, STATE.wait));
    await world.hear(job, 'ABORTED');
    return job;
  }
  /** The steps of a redrive that begins at the Wait. */
  async function goOnFromTheWait(job: Job): Promise<void> {
    let state: unknown = { ...inputOf(job), first_round: 1, round: 1, next: 'wait' };
    world.passTime(60);
    for (const step of [checkStatus, collect, complete]) state = await step(world.deps, state);
  }

  it('gets its row back, with the AWAITING row of its batch, and ends COMPLETED', async () => {
    const before = world.standIn.batches().length;
    const job = await stoppedWaiting();
    expect(await world.hear(job, 'RUNNING', 1)).toEqual({ done: 'resumed' });
    const reopened = await world.rowOf(job);
    expect(reopened).toMatchObject({ status: 'PROCESSING', worker_id: firstName(job), completed_at: '' });
    for (const gone of ['error_message', 'process_exit_confirmed', 'checker_schedule_failed', 'execution_status'])
      expect(reopened).not.toHaveProperty(gone);
    expect(await world.awaitingRows(job)).toMatchObject([{ status: 'PROCESSING', worker_id: firstName(job) }]);
    // the local machine has no redrive: the same name is started from the beginning
    world.forgetExecutions();
    world.machine().start(firstName(job), inputOf(job));
    await world.settle();
    expect(await world.rowOf(job)).toMatchObject({ status: 'COMPLETED', worker_id: firstName(job) });
    expect(await world.awaitingRows(job)).toMatchObject([{ status: 'COMPLETED' }]);
    expect(world.standIn.batches()).toHaveLength(before + 1);
  });

  it('from "Submit batch" before the event: the step is tried again, and then works', async () => {
    const job = await stoppedWaiting();
    await expect(submit(world.deps, inputOf(job))).rejects.toBeInstanceOf(StoreUnavailable);
    await world.hear(job, 'RUNNING', 1);
    expect(await submit(world.deps, inputOf(job))).toMatchObject({ next: 'wait', round: 1 });
    await goOnFromTheWait(job);
    expect(await world.rowOf(job)).toMatchObject({ status: 'COMPLETED' });
  });

  it('whose event never comes ends COMPLETED, and a late event does no harm', async () => {
    const job = await stoppedWaiting();
    await goOnFromTheWait(job);
    const row = await world.rowOf(job);
    expect(row).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
    for (const gone of ['execution_status', 'checker_schedule_failed']) expect(row).not.toHaveProperty(gone);
    expect(await world.awaitingRows(job)).toMatchObject([{ status: 'COMPLETED' }]);
    expect(await world.hear(job, 'RUNNING', 1)).toEqual({ done: 'nothing' });
    expect(await world.hear(job, 'ABORTED')).toEqual({ done: 'nothing' });
    expect(await world.rowOf(job)).toEqual(row);
  });

  it('whose event never comes and that fails ends FAILED, and a late event changes nothing', async () => {
    const job = await stoppedWaiting();
    await fail(world.deps, { ...inputOf(job), error: { Error: 'BatchNotFound', Cause: 'gone' } });
    const row = await world.rowOf(job);
    expect(row).toMatchObject({ status: 'FAILED', error_message: expect.stringMatching(/^BatchNotFound: gone/) });
    expect(row).not.toHaveProperty('execution_status');
    expect(await world.hear(job, 'RUNNING', 1)).toEqual({ done: 'nothing' });
    expect(await world.rowOf(job)).toEqual(row);
  });

  it('whose event comes before that of its stop: the older event changes nothing', async () => {
    const job = await world.stoppedJob((row) => world.stopAtWait(row, STATE.wait));
    expect(await world.hear(job, 'RUNNING', 1)).toEqual({ done: 'noted' });
    expect(await world.hear(job, 'ABORTED', 0)).toEqual({ done: 'nothing' });
    expect(await world.rowOf(job)).toMatchObject({ status: 'PROCESSING', worker_id: firstName(job) });
    expect(await world.hear(job, 'ABORTED', 1)).toEqual({ done: 'closed' });
    expect(await world.hear(job, 'RUNNING', 1)).toEqual({ done: 'nothing' });
    expect(await world.rowOf(job)).toMatchObject({ status: 'FAILED', execution_status: 'ABORTED' });
    expect(await world.hear(job, 'RUNNING', 2)).toEqual({ done: 'resumed' });
  });

  it('continues the job in a new execution after "Fail job" had closed it', async () => {
    const before = world.standIn.batches().length;
    const job = world.jobRow();
    onNextCall(world.deps.batches, 'status', { before: killed });
    await world.putJob(job);
    await world.settle();
    expect(await world.rowOf(job)).toMatchObject({ status: 'FAILED', checker_schedule_failed: true });
    expect(await world.hear(job, 'FAILED')).toEqual({ done: 'nothing' });
    expect(await world.hear(job, 'RUNNING', 1)).toEqual({ done: 'requeued' });
    expect(await world.rowOf(job)).toMatchObject({ status: 'PENDING', worker_id: 'none' });
    await world.settle();
    const row = await world.rowOf(job);
    expect(row.status).toBe('COMPLETED');
    expect(row.worker_id).not.toBe(firstName(job));
    expect(await world.hear(job, 'RUNNING', 1)).toEqual({ done: 'nothing' });
    expect(world.standIn.batches()).toHaveLength(before + 1);
  });
});
