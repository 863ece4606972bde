import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../lambdas/shared/errors.ts';
import { submit } from '../../lambdas/steps/submit.ts';
import { STATE } from '../../lib/names.ts';
import { killed, onNextCall } from '../support/faults.ts';
import { useWorld } from '../support/use-world.ts';
import { inputOf, type Job } from '../support/world.ts';

const world = useWorld();

/** Where an execution can be stopped, how that is brought about, and whether a batch is paid for by then. */
const MOMENTS: [string, (job: Job) => void, { batch: boolean }][] = [
  ['while it waits for its batch', (job) => world.stopAtWait(job, STATE.wait), { batch: true }],
  [
    'while it waits for a submission to settle',
    (job) => {
      world.standIn.script.dropAfter('create');
      world.stopAtWait(job, STATE.waitForSubmissionToSettle);
    },
    { batch: true },
  ],
  [
    'before anything is sent',
    (job) =>
      onNextCall(world.deps.ledger, 'writePlan', {
        after: () => {
          world.stop(job);
          killed();
        },
      }),
    { batch: false },
  ],
  [
    'when the batch has just been sent',
    (job) => onNextCall(world.deps.jobs, 'putNew', { after: () => world.stop(job) }),
    { batch: true },
  ],
  [
    'while it collects',
    (job) =>
      onNextCall(world.deps.ledger, 'putAnswers', {
        after: () => {
          world.stop(job);
          killed();
        },
      }),
    { batch: true },
  ],
];

describe('an execution that is stopped in the console', () => {
  it.each(MOMENTS)('%s: the row says so, and what is paid for and unwatched', async (_when, arrange, { batch }) => {
    const job = await world.stoppedJob(arrange);
    expect(await world.hear(job, 'ABORTED')).toEqual({ done: 'closed' });
    const row = await world.rowOf(job);
    expect(row).toMatchObject({ status: 'FAILED', execution_status: 'ABORTED' });
    expect(row).not.toHaveProperty('process_exit_confirmed');
    expect(row.error_message).toMatch(/^ExecutionAborted: the execution was stopped by hand; .*narratives redrive/);
    expect(row.checker_schedule_failed).toBe(batch ? true : undefined);
    if (batch) expect(row.error_message).toMatch(/1 batch\(es\) left unwatched: (msgbatch_|round 1 part 0)/);
    for (const awaiting of await world.awaitingRows(job)) expect(awaiting.status).toBe('FAILED');
  });

  it.each(MOMENTS)('%s: put back to PENDING, it continues, and nothing is paid for twice', async (_when, arrange) => {
    const before = world.standIn.batches().length;
    const job = await world.stoppedJob(arrange);
    await world.hear(job, 'ABORTED');
    await world.putBack(job);
    const row = await world.rowOf(job);
    expect(row).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
    for (const gone of ['execution_status', 'checker_schedule_failed', 'error_message'])
      expect(row[gone]).toBeUndefined();
    expect(world.standIn.batches()).toHaveLength(before + 1);
    expect(await world.reports(job.job_id)).toHaveLength(15);
    const [awaiting] = await world.awaitingRows(job);
    expect(awaiting).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
    expect(awaiting?.execution_status).toBeUndefined();
  });

  it('once it continues, the AWAITING row of its batch no longer says that it ended', async () => {
    const job = await world.stoppedJob((row) => world.stopAtWait(row, STATE.wait));
    await world.hear(job, 'ABORTED');
    const { version } = await world.rowOf(job);
    await world.deps.jobs.change(job.job_id, { status: 'FAILED', version }, { status: 'PENDING' });
    const next = { ...inputOf(job), version: Number(version) + 1, execution: 'next' };
    expect(await submit(world.deps, next)).toMatchObject({ next: 'wait' });
    const [awaiting] = await world.awaitingRows(job);
    expect(awaiting).toMatchObject({ status: 'PROCESSING', worker_id: 'next', completed_at: '' });
    for (const gone of ['process_exit_confirmed', 'execution_status', 'error_message'])
      expect(awaiting).not.toHaveProperty(gone);
  });

  it('ends a cancelled job as withdrawn, with its figures and the name of its batch', async () => {
    const job = await world.stoppedJob((row) => {
      onNextCall(world.deps.batches, 'status', {
        before: async () => {
          const { version } = await world.rowOf(row);
          await world.deps.jobs.change(row.job_id, { status: 'PROCESSING', version }, { status: 'CANCELLED' });
          world.stop(row);
          killed();
        },
      });
    });
    await world.hear(job, 'ABORTED');
    const row = await world.rowOf(job);
    expect(row).toMatchObject({ status: 'FAILED', withdrawn_reason: 'cancelled', checker_schedule_failed: true });
    expect(JSON.parse(String(row.job_results))).toMatchObject({ planned: 15, stored: 0 });
    expect(String(row.logs)).toMatch(/left unwatched: msgbatch_/);
    await world.putBack(job);
    expect(await world.rowOf(job)).toMatchObject({ status: 'COMPLETED' });
  });

  it('after "Fail job" has closed the row: the event changes nothing', async () => {
    const job = world.jobRow({ report_id: 'rnobody' });
    await world.putJob(job);
    await world.settle();
    const before = await world.rowOf(job);
    expect(before.status).toBe('FAILED');
    expect(await world.hear(job, 'FAILED')).toEqual({ done: 'nothing' });
    expect(await world.rowOf(job)).toEqual(before);
  });
});

describe('a step that is still at work when its execution is stopped', () => {
  it('sends nothing once the row says that it was stopped', async () => {
    const before = world.standIn.batches().length;
    const job = world.jobRow();
    await world.deps.jobs.putNew(job);
    onNextCall(world.deps.ledger, 'writePlan', { after: () => world.hear(job, 'ABORTED') });
    expect(await submit(world.deps, inputOf(job))).toMatchObject({ next: 'leave' });
    expect(world.standIn.batches()).toHaveLength(before);
    expect(await world.rowOf(job)).toMatchObject({ status: 'FAILED', execution_status: 'ABORTED' });
  });

  it('does not replace the plan that a later execution has sent', async () => {
    const before = world.standIn.batches().length;
    const job = world.jobRow();
    await world.deps.jobs.putNew(job);
    const next = { ...inputOf(job), version: 4, execution: 'next' };
    onNextCall(world.deps.conversations, 'groupCounts', {
      after: async () => {
        await world.hear(job, 'ABORTED');
        await world.deps.jobs.change(job.job_id, { status: 'FAILED', version: 3 }, { status: 'PENDING' });
        world.passTime(60);
        expect(await submit(world.deps, next)).toMatchObject({ next: 'wait' });
      },
    });
    expect(await submit(world.deps, inputOf(job))).toMatchObject({ next: 'leave' });
    const row = await world.rowOf(job);
    expect(row).toMatchObject({ status: 'PROCESSING', worker_id: 'next' });
    expect((await world.deps.ledger.plan(job.job_id))?.report_timestamp).toBe(row.started_at);
    expect(world.standIn.batches()).toHaveLength(before + 1);
  });

  it('does not replace the plan that another attempt of its execution has sent', async () => {
    const before = world.standIn.batches().length;
    const job = world.jobRow();
    await world.deps.jobs.putNew(job);
    const planned = async () => JSON.stringify(await world.asked(job.job_id, 1));
    let sentBy = '';
    onNextCall(world.deps.conversations, 'groupCounts', {
      after: async () => {
        // the other attempt sees one comment less
        const { comments } = world.deps.conversations;
        world.deps.conversations.comments = async (...of) =>
          (await comments.apply(world.deps.conversations, of)).slice(1);
        expect(await submit(world.deps, inputOf(job))).toMatchObject({ next: 'wait' });
        world.deps.conversations.comments = comments;
        sentBy = await planned();
      },
    });
    expect(await submit(world.deps, inputOf(job))).toMatchObject({ next: 'wait' });
    expect(await planned()).toBe(sentBy);
    expect(world.standIn.batches()).toHaveLength(before + 1);
  });

  it('does not send again what had no clear answer, once the job was cancelled', async () => {
    const before = world.standIn.batches().length;
    const job = world.jobRow();
    await world.deps.jobs.putNew(job);
    world.standIn.script.answer('create', 500);
    expect(await submit(world.deps, inputOf(job))).toMatchObject({ next: 'settle' });
    world.passTime(3_600);
    onNextCall(world.deps.ledger, 'batches', {
      after: async () => {
        const { version } = await world.rowOf(job);
        await world.deps.jobs.change(job.job_id, { status: 'PROCESSING', version }, { status: 'CANCELLED' });
      },
    });
    expect(await submit(world.deps, inputOf(job))).toMatchObject({ next: 'complete' });
    expect(world.standIn.batches()).toHaveLength(before);
  });

  it('does not claim the row again when it begins after the stop', async () => {
    const job = world.jobRow();
    await world.deps.jobs.putNew(job);
    await submit(world.deps, inputOf(job));
    await world.hear(job, 'ABORTED');
    const stopped = await world.rowOf(job);
    await expect(submit(world.deps, inputOf(job))).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await world.rowOf(job)).toEqual(stopped);
  });

  it('was about to send a batch: the sweep names the batch on the row', async () => {
    const job = world.jobRow();
    await world.deps.jobs.putNew(job);
    onNextCall(world.deps.ledger, 'putIntent', { before: () => world.hear(job, 'ABORTED') });
    await submit(world.deps, inputOf(job));
    expect((await world.rowOf(job)).checker_schedule_failed).toBeUndefined();
    world.passTime(600);
    await world.sweep();
    const row = await world.rowOf(job);
    expect(row).toMatchObject({ status: 'FAILED', checker_schedule_failed: true });
    expect(row.error_message).toMatch(/ExecutionAborted.*left unwatched: msgbatch_/);
    await world.sweep();
    expect(await world.rowOf(job)).toEqual(row);
    for (const awaiting of await world.awaitingRows(job)) expect(awaiting.status).toBe('FAILED');
  });
});
