import { beforeEach, describe, expect, it } from 'vitest';
import { cancelJob } from '../../lambdas/job/cancel.ts';
import { customId } from '../../lambdas/shared/names.ts';
import { STATE } from '../../lib/names.ts';
import { taskSteps } from '../../local/embedded/steps.ts';
import { onNextCall } from '../support/faults.ts';
import { billed } from '../support/readers.ts';
import { stepByStep } from '../support/steps-by-hand.ts';
import { expectClosed, useWorld } from '../support/use-world.ts';
import { firstName, type Job } from '../support/world.ts';

const world = useWorld();
const MINUTES = 60;
/** Of 15 sections, when a third is finished by the time of the cancel. */
const FINISHED = 5;
beforeEach(() => {
  world.processing.finishedShare = 1 / 3;
});

/** Runs a job, which is cancelled at the moment that is arranged. */
async function runCancelled(job: Job, arrange: (cancel: () => Promise<void>) => void) {
  arrange(() => world.setCancelled(job));
  return world.runRow(job);
}

describe('a job that is cancelled while its batch runs', () => {
  it('has its batch cancelled; only what is finished is stored and billed', async () => {
    const job = world.jobRow();
    const waits = world.waits.length;
    await runCancelled(job, (cancel) => onNextCall(world.deps.batches, 'status', { before: cancel }));
    const { row } = await expectClosed(world, job, { planned: 15, stored: FINISHED, reasons: ['canceled'] });
    expect(world.sent()).toHaveLength(1);
    expect(billed(world)).toBe(FINISHED);
    expect(String(row.logs)).toMatch(/the job is cancelled: the API is asked to cancel 1 of them/);
    expect(String(row.batch_progress)).toMatch(/10 canceled.*what is finished is kept$/);
    // cancelled at one check, ended at the next: far within the half minute that the batch would have taken
    expect(world.waits.length - waits).toBeLessThan(4);
    const [batch] = await world.deps.ledger.batches(job.job_id);
    expect(batch).toMatchObject({ state: 'collected', cancel_requested_at: expect.any(String) });
  });

  it('by the command or a request: the row says how, and the same comes of it', async () => {
    const job = world.jobRow();
    const deps = { jobs: world.deps.jobs, now: world.deps.now, stage: '', by: 'by a test' };
    await runCancelled(job, () =>
      onNextCall(world.deps.batches, 'status', {
        before: async () => {
          expect(await cancelJob(deps, job.job_id)).toMatchObject({ cancelled: { execution: firstName(job) } });
        },
      }),
    );
    const { row } = await expectClosed(world, job, { planned: 15, stored: FINISHED, reasons: ['canceled'] });
    expect(String(row.logs)).toContain('cancelled by a test');
  });

  it('has every batch of its round cancelled', async () => {
    const row = world.jobRow();
    const config = JSON.parse(String(row.job_config));
    config.stages[0].config.max_batch_size = 6;
    const job = { ...row, job_config: JSON.stringify(config) };
    await runCancelled(job, (cancel) => onNextCall(world.deps.batches, 'status', { before: cancel }));
    await expectClosed(world, job, { planned: 15, stored: 2 + 2 + 1, reasons: ['canceled'] });
    expect(world.sent().map(({ requests }) => requests.length)).toEqual([6, 6, 3]);
    expect(billed(world)).toBe(5);
  });

  it('waits for the end of a batch that takes its time to cancel', async () => {
    world.processing.secondsToCancel = 20 * MINUTES;
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.deps.batches, 'status', { before: cancel }));
    await expectClosed(world, job, { planned: 15, stored: FINISHED, reasons: ['canceled'] });
  });

  it.each([
    ['is refused for now', () => world.standIn.script.answer('cancel', 529, { times: 3 })],
    ['is never answered though it was done', () => world.standIn.script.dropAfter('cancel')],
    ['never arrives', () => world.standIn.script.dropBefore('cancel')],
  ])('and whose cancel %s is cancelled all the same', async (_what, fault) => {
    // the step waits longer after each trouble, and the batch must not have ended by itself by then
    world.processing.secondsPerBatch = 20 * MINUTES;
    fault();
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.deps.batches, 'status', { before: cancel }));
    await expectClosed(world, job, { planned: 15, stored: FINISHED, reasons: ['canceled'] });
    expect(world.standIn.script.pending()).toBe(0);
  });

  it('and whose cancel the API refuses is watched to its end', async () => {
    world.standIn.script.answer('cancel', 403, { times: 100 });
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.deps.batches, 'status', { before: cancel }));
    await expectClosed(world, job, { planned: 15, stored: 15, reasons: [] });
  });

  it('put back to PENDING after that, it asks for what was canceled, and for nothing else', async () => {
    const job = world.jobRow();
    const { row } = await runCancelled(job, (cancel) => onNextCall(world.deps.batches, 'status', { before: cancel }));
    await world.putJob({ ...row, status: 'PENDING', version: Number(row.version) + 1 });
    await world.settle();
    expect(await world.rowOf(job)).toMatchObject({ status: 'COMPLETED' });
    expect(world.sent().map(({ requests }) => requests.length)).toEqual([15, 10]);
    expect(billed(world)).toBe(15);
  });
});

describe('a job that is cancelled', () => {
  it('before a worker has claimed it is confirmed by the sweep', async () => {
    const job = world.jobRow();
    await world.deps.jobs.putNew(job);
    await world.setCancelled(job);
    await world.settle();
    world.passTime(6 * MINUTES);
    expect(await world.sweep()).toMatchObject({ closed: 1 });
    expect(await world.rowOf(job)).toMatchObject({
      status: 'FAILED',
      withdrawn_reason: 'cancelled',
      process_exit_confirmed: true,
    });
    expect(await world.rowsOf(job.job_id)).toEqual({ ledger: [], reports: [] });
    expect(world.sent()).toEqual([]);
  });

  it('before it is planned is closed by its own execution, and nothing is sent', async () => {
    const job = world.jobRow();
    const { states } = await runCancelled(job, (cancel) =>
      onNextCall(world.deps.conversations, 'groupCounts', { after: cancel }),
    );
    expect(await world.rowOf(job)).toMatchObject({
      status: 'FAILED',
      withdrawn_reason: 'cancelled',
      process_exit_confirmed: true,
    });
    expect(states.at(-1)).toBe(STATE.jobLeftToItsOwner);
    expect(world.sent()).toEqual([]);
  });

  it('once it is planned and before it is sent gets its figures', async () => {
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.deps.ledger, 'writePlan', { after: cancel }));
    await expectClosed(world, job, { planned: 15, stored: 0, reasons: [] });
    expect(world.sent()).toEqual([]);
  });

  it('while a submission is settled: a batch that may be another’s is watched to its end', async () => {
    world.standIn.script.dropAfter('create');
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.deps.batches, 'createdSince', { before: cancel }));
    await expectClosed(world, job, { planned: 15, stored: 15, reasons: [] });
    expect(world.sent()).toHaveLength(1);
    const [batch] = await world.deps.ledger.batches(job.job_id);
    expect(batch).not.toHaveProperty('cancel_requested_at');
  });

  it('while a submission is settled that never arrived: it is not sent again', async () => {
    world.standIn.script.dropBefore('create');
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.deps.batches, 'createdSince', { before: cancel }));
    await expectClosed(world, job, { planned: 15, stored: 0, reasons: [] });
    expect(world.sent()).toEqual([]);
  });

  it('while one of its batches is settled: the others are cancelled at once, not minutes later', async () => {
    world.processing.secondsPerBatch = 2 * MINUTES;
    const row = world.jobRow();
    const config = JSON.parse(String(row.job_config));
    config.stages[0].config.max_batch_size = 6;
    const job = { ...row, job_config: JSON.stringify(config) };
    await runCancelled(job, (cancel) => {
      onNextCall(world.deps.batches, 'send', { after: () => void world.standIn.script.dropBefore('create') });
      onNextCall(world.deps.batches, 'createdSince', { before: cancel });
    });
    const { row: closed } = await expectClosed(world, job, {
      planned: 15,
      stored: 2,
      reasons: ['canceled', 'missing'],
    });
    expect(world.sent().map(({ requests }) => requests.length)).toEqual([6]);
    expect(closed.process_exit_confirmed).toBe(true);
  });

  it('between two of its batches: the first is cancelled, and the others are not sent', async () => {
    const row = world.jobRow();
    const config = JSON.parse(String(row.job_config));
    config.stages[0].config.max_batch_size = 6;
    const job = { ...row, job_config: JSON.stringify(config) };
    await runCancelled(job, (cancel) => onNextCall(world.deps.jobs, 'putNew', { after: cancel }));
    const { results } = await expectClosed(world, job, { planned: 15, stored: 2, reasons: ['canceled', 'missing'] });
    expect(world.sent().map(({ requests }) => requests.length)).toEqual([6]);
    expect(results).toMatchObject({ failed_count: 13 });
  });

  it('while its results are collected: all of them are stored', async () => {
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.deps.ledger, 'putAnswers', { after: cancel }));
    await expectClosed(world, job, { planned: 15, stored: 15, reasons: [] });
  });

  it('between two rounds: the second is not sent', async () => {
    const job = world.jobRow();
    world.standIn.script.result(customId(job.job_id, 1, 4), { kind: 'not_json' });
    let rounds = 0;
    await stepByStep(world, taskSteps(world.deps), job, {
      before: async (step) => {
        if (step === 'submit' && ++rounds === 2) await world.setCancelled(job);
      },
    });
    await expectClosed(world, job, { planned: 15, stored: 14, reasons: ['not_json'] });
    expect(world.sent()).toHaveLength(1);
  });

  it('in its second round: that round’s batch is cancelled, and the first round’s sections stay', async () => {
    world.processing.finishedShare = 0;
    const job = world.jobRow();
    world.standIn.script.result(customId(job.job_id, 1, 4), { kind: 'not_json' });
    await runCancelled(job, (cancel) =>
      onNextCall(world.deps.ledger, 'putAnswers', {
        after: () => onNextCall(world.deps.batches, 'status', { before: cancel }),
      }),
    );
    await expectClosed(world, job, { planned: 15, stored: 14, reasons: ['canceled'] });
    expect(world.sent().map(({ requests }) => requests.length)).toEqual([15, 1]);
  });
});
