import { describe, expect, it } from 'vitest';
import { cancelJob } from '../../lambdas/job/cancel.ts';
import { customId } from '../../lambdas/shared/names.ts';
import { STATE } from '../../lib/names.ts';
import { taskSteps } from '../../local/embedded/steps.ts';
import { cancellingWorld, FINISHED, MINUTES } from '../support/cancels.ts';
import { stepByStep } from '../support/steps-by-hand.ts';
import { firstName } from '../support/stops.ts';
import { onNextCall } from '../support/watch.ts';

const { world, watch, stops, sent, billed, setCancelled, runCancelled, expectClosed } = cancellingWorld();

describe('a job that is cancelled while its batch runs', () => {
  it('has the batch cancelled at the API; what is finished is stored and billed, nothing else is', async () => {
    const job = world.jobRow();
    const waits = world.waits.length;
    await runCancelled(job, (cancel) => onNextCall(world.world.batches, 'status', { before: cancel }));
    const { row, reports } = await expectClosed(job, { planned: 15, stored: FINISHED, reasons: ['canceled'] });
    expect(sent()).toHaveLength(1);
    expect(billed()).toBe(FINISHED);
    // a section that was not written has its row that says so
    expect(reports).toHaveLength(15);
    expect(String(row.logs)).toMatch(/the job is cancelled: the API is asked to cancel 1 of them/);
    expect(String(row.batch_progress)).toMatch(/10 canceled.*what is finished is stored$/);
    // cancelled at one check, ended at the next: far within the half minute that the batch would have taken
    expect(world.waits.length - waits).toBeLessThan(4);
    const [batch] = await world.world.ledger.batches(job.job_id);
    expect(batch).toMatchObject({ state: 'collected', cancel_requested_at: expect.any(String) });
  });

  it('by the command or a request: the row says how, and the same comes of it', async () => {
    const job = world.jobRow();
    const deps = { jobs: world.world.jobs, now: world.world.now, stage: '', by: 'by a test' };
    await runCancelled(job, () =>
      onNextCall(world.world.batches, 'status', {
        before: async () => {
          expect(await cancelJob(deps, job.job_id)).toMatchObject({ cancelled: { execution: firstName(job) } });
        },
      }),
    );
    const { row } = await expectClosed(job, { planned: 15, stored: FINISHED, reasons: ['canceled'] });
    expect(String(row.logs)).toContain('cancelled by a test');
  });

  it('has every batch of its round cancelled', async () => {
    const row = world.jobRow();
    const config = JSON.parse(String(row.job_config));
    config.stages[0].config.max_batch_size = 6;
    const job = { ...row, job_config: JSON.stringify(config) };
    await runCancelled(job, (cancel) => onNextCall(world.world.batches, 'status', { before: cancel }));
    await expectClosed(job, { planned: 15, stored: 2 + 2 + 1, reasons: ['canceled'] });
    expect(sent().map(({ requests }) => requests.length)).toEqual([6, 6, 3]);
    expect(billed()).toBe(5);
  });

  it('waits for the end of a batch that takes its time to cancel', async () => {
    world.processing.secondsToCancel = 20 * MINUTES;
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.world.batches, 'status', { before: cancel }));
    await expectClosed(job, { planned: 15, stored: FINISHED, reasons: ['canceled'] });
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
    await runCancelled(job, (cancel) => onNextCall(world.world.batches, 'status', { before: cancel }));
    await expectClosed(job, { planned: 15, stored: FINISHED, reasons: ['canceled'] });
    expect(world.standIn.script.pending()).toBe(0);
  });

  it('and whose cancel the API refuses is watched to its end: what is paid for is stored', async () => {
    world.standIn.script.answer('cancel', 403, { times: 100 });
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.world.batches, 'status', { before: cancel }));
    await expectClosed(job, { planned: 15, stored: 15, reasons: [] });
  });

  it('put back to PENDING after that, it asks for what was canceled, and for nothing else', async () => {
    const job = world.jobRow();
    const { row } = await runCancelled(job, (cancel) => onNextCall(world.world.batches, 'status', { before: cancel }));
    await world.putJob({ ...row, status: 'PENDING', version: Number(row.version) + 1 });
    await world.settle();
    expect(await stops.rowOf(job)).toMatchObject({ status: 'COMPLETED' });
    expect(sent().map(({ requests }) => requests.length)).toEqual([15, 10]);
    expect(billed()).toBe(15);
  });
});

describe('a job that is cancelled', () => {
  it('before a worker has taken it is confirmed by the sweep, and nothing is planned or sent', async () => {
    const job = world.jobRow();
    await world.world.jobs.putNew(job);
    await setCancelled(job);
    await world.settle();
    world.passTime(6 * MINUTES);
    expect(await watch.sweep()).toMatchObject({ closed: 1 });
    expect(await stops.rowOf(job)).toMatchObject({ status: 'CANCELLED', process_exit_confirmed: true });
    expect(await world.rowsOf(job.job_id)).toEqual({ ledger: [], reports: [] });
    expect(sent()).toEqual([]);
  });

  it('before it is planned is closed by its own execution, and nothing is sent', async () => {
    const job = world.jobRow();
    const { states } = await runCancelled(job, (cancel) =>
      onNextCall(world.world.conversations, 'groupCounts', { after: cancel }),
    );
    expect(await stops.rowOf(job)).toMatchObject({ status: 'CANCELLED', process_exit_confirmed: true });
    expect(states.at(-1)).toBe(STATE.jobLeftToItsOwner);
    expect(sent()).toEqual([]);
  });

  it('once it is planned and before it is sent gets its figures', async () => {
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.world.ledger, 'writePlan', { after: cancel }));
    await expectClosed(job, { planned: 15, stored: 0, reasons: [] });
    expect(sent()).toEqual([]);
  });

  it('while a submission is settled: the batch that is found may be another’s, and is watched to its end', async () => {
    world.standIn.script.dropAfter('create');
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.world.batches, 'createdSince', { before: cancel }));
    await expectClosed(job, { planned: 15, stored: 15, reasons: [] });
    expect(sent()).toHaveLength(1);
    const [batch] = await world.world.ledger.batches(job.job_id);
    expect(batch).not.toHaveProperty('cancel_requested_at');
  });

  it('while a submission is settled that never arrived: it is not sent again', async () => {
    world.standIn.script.dropBefore('create');
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.world.batches, 'createdSince', { before: cancel }));
    await expectClosed(job, { planned: 15, stored: 0, reasons: [] });
    expect(sent()).toEqual([]);
  });

  it('while one of its batches is settled: the others are cancelled at once, not minutes later', async () => {
    world.processing.secondsPerBatch = 2 * MINUTES;
    const row = world.jobRow();
    const config = JSON.parse(String(row.job_config));
    config.stages[0].config.max_batch_size = 6;
    const job = { ...row, job_config: JSON.stringify(config) };
    await runCancelled(job, (cancel) => {
      onNextCall(world.world.batches, 'send', { after: () => void world.standIn.script.dropBefore('create') });
      onNextCall(world.world.batches, 'createdSince', { before: cancel });
    });
    const { row: closed } = await expectClosed(job, { planned: 15, stored: 2, reasons: ['canceled', 'missing'] });
    expect(sent().map(({ requests }) => requests.length)).toEqual([6]);
    expect(closed.process_exit_confirmed).toBe(true);
  });

  it('between two of its batches: the first is cancelled, and the others are not sent', async () => {
    const row = world.jobRow();
    const config = JSON.parse(String(row.job_config));
    config.stages[0].config.max_batch_size = 6;
    const job = { ...row, job_config: JSON.stringify(config) };
    await runCancelled(job, (cancel) => onNextCall(world.world.jobs, 'putNew', { after: cancel }));
    const { results } = await expectClosed(job, { planned: 15, stored: 2, reasons: ['canceled', 'missing'] });
    expect(sent().map(({ requests }) => requests.length)).toEqual([6]);
    expect(results).toMatchObject({ failed_count: 13 });
  });

  it('while its results are collected: all of them are stored', async () => {
    const job = world.jobRow();
    await runCancelled(job, (cancel) => onNextCall(world.world.ledger, 'putAnswers', { after: cancel }));
    await expectClosed(job, { planned: 15, stored: 15, reasons: [] });
  });

  it('between two rounds: the second is not sent', async () => {
    const job = world.jobRow();
    world.standIn.script.result(customId(job.job_id, 1, 4), { kind: 'not_json' });
    let rounds = 0;
    await stepByStep(world, taskSteps(world.world), job, {
      before: async (step) => {
        if (step === 'submit' && ++rounds === 2) await setCancelled(job);
      },
    });
    await expectClosed(job, { planned: 15, stored: 14, reasons: ['not_json'] });
    expect(sent()).toHaveLength(1);
  });

  it('in its second round: that round’s batch is cancelled, and the first round’s sections stay', async () => {
    world.processing.finishedShare = 0;
    const job = world.jobRow();
    world.standIn.script.result(customId(job.job_id, 1, 4), { kind: 'not_json' });
    await runCancelled(job, (cancel) =>
      onNextCall(world.world.ledger, 'putAnswers', {
        after: () => onNextCall(world.world.batches, 'status', { before: cancel }),
      }),
    );
    await expectClosed(job, { planned: 15, stored: 14, reasons: ['canceled'] });
    expect(sent().map(({ requests }) => requests.length)).toEqual([15, 1]);
  });
});
