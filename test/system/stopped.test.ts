import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../lambdas/shared/errors.ts';
import { submit } from '../../lambdas/steps/submit.ts';
import { STATE } from '../../lib/names.ts';
import { stoppableWorld } from '../support/stoppable-world.ts';
import { inputOf, type Job, killed } from '../support/stops.ts';
import { onNextCall } from '../support/watch.ts';

const { world, watch, stops } = stoppableWorld();

/** Where an execution can be stopped, how that is brought about, and whether a batch is paid for by then. */
const MOMENTS: [string, (job: Job) => void, { batch: boolean }][] = [
  ['while it waits for its batch', (job) => stops.stopAtWait(job, STATE.wait), { batch: true }],
  [
    'while it waits for a submission to settle',
    (job) => {
      world.standIn.script.dropAfter('create');
      stops.stopAtWait(job, STATE.waitForSubmissionToSettle);
    },
    { batch: true },
  ],
  [
    'before anything is sent',
    (job) =>
      onNextCall(world.world.ledger, 'writePlan', {
        after: () => {
          stops.stop(job);
          killed();
        },
      }),
    { batch: false },
  ],
  [
    'when the batch has just been sent',
    (job) => onNextCall(world.world.jobs, 'putNew', { after: () => stops.stop(job) }),
    { batch: true },
  ],
  [
    'while it collects',
    (job) =>
      onNextCall(world.world.ledger, 'putAnswers', {
        after: () => {
          stops.stop(job);
          killed();
        },
      }),
    { batch: true },
  ],
];

async function putBackByHand(job: Job): Promise<void> {
  const row = await stops.rowOf(job);
  await world.putJob({ ...row, status: 'PENDING', worker_id: 'none', version: Number(row.version) + 1 });
  await world.settle();
}

describe('an execution that is stopped in the console', () => {
  it.each(MOMENTS)('%s: the row says so, and what is paid for and unwatched', async (_when, arrange, { batch }) => {
    const job = await stops.stoppedJob(arrange);
    expect(await watch.hear(job, 'ABORTED')).toEqual({ done: 'closed' });
    const row = await stops.rowOf(job);
    expect(row).toMatchObject({ status: 'FAILED', process_exit_confirmed: true, execution_status: 'ABORTED' });
    expect(row.error_message).toMatch(/^ExecutionAborted: the execution was stopped by hand; .*narratives redrive/);
    expect(row.checker_schedule_failed).toBe(batch ? true : undefined);
    if (batch) expect(row.error_message).toMatch(/1 batch\(es\) left unwatched: (msgbatch_|round 1 part 0)/);
    for (const awaiting of await stops.awaitingRows(job)) expect(awaiting.status).toBe('FAILED');
  });

  it.each(MOMENTS)('%s: put back to PENDING, it goes on, and nothing is paid for twice', async (_when, arrange) => {
    const before = world.standIn.batches().length;
    const job = await stops.stoppedJob(arrange);
    await watch.hear(job, 'ABORTED');
    await putBackByHand(job);
    const row = await stops.rowOf(job);
    expect(row).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
    for (const gone of ['execution_status', 'checker_schedule_failed', 'error_message'])
      expect(row[gone]).toBeUndefined();
    expect(world.standIn.batches()).toHaveLength(before + 1);
    expect(await world.reports(job.job_id)).toHaveLength(15);
    const [awaiting] = await stops.awaitingRows(job);
    expect(awaiting).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
    expect(awaiting?.execution_status).toBeUndefined();
  });

  it('gone on with, the AWAITING row of its batch says nothing any more of an end', async () => {
    const job = await stops.stoppedJob((row) => stops.stopAtWait(row, STATE.wait));
    await watch.hear(job, 'ABORTED');
    const { version } = await stops.rowOf(job);
    await world.world.jobs.change(job.job_id, { status: 'FAILED', version }, { status: 'PENDING' });
    const next = { ...inputOf(job), version: Number(version) + 1, execution: 'next' };
    expect(await submit(world.world, next)).toMatchObject({ next: 'wait' });
    const [awaiting] = await stops.awaitingRows(job);
    expect(awaiting).toMatchObject({ status: 'PROCESSING', worker_id: 'next', completed_at: '' });
    for (const gone of ['process_exit_confirmed', 'execution_status', 'error_message'])
      expect(awaiting).not.toHaveProperty(gone);
  });

  it('of a cancelled job: it stays CANCELLED and gets its figures, and its batch is named', async () => {
    const job = await stops.stoppedJob((row) => {
      onNextCall(world.world.batches, 'status', {
        before: async () => {
          const { version } = await stops.rowOf(row);
          await world.world.jobs.change(row.job_id, { status: 'PROCESSING', version }, { status: 'CANCELLED' });
          stops.stop(row);
          killed();
        },
      });
    });
    await watch.hear(job, 'ABORTED');
    const row = await stops.rowOf(job);
    expect(row).toMatchObject({ status: 'CANCELLED', process_exit_confirmed: true, checker_schedule_failed: true });
    expect(JSON.parse(String(row.job_results))).toMatchObject({ planned: 15, stored: 0 });
    expect(String(row.logs)).toMatch(/left unwatched: msgbatch_/);
    await putBackByHand(job);
    expect(await stops.rowOf(job)).toMatchObject({ status: 'COMPLETED' });
  });

  it('after "Fail job" has closed the row: the event changes nothing', async () => {
    const job = world.jobRow({ report_id: 'rnobody' });
    await world.putJob(job);
    await world.settle();
    const before = await stops.rowOf(job);
    expect(before.status).toBe('FAILED');
    expect(await watch.hear(job, 'FAILED')).toEqual({ done: 'nothing' });
    expect(await stops.rowOf(job)).toEqual(before);
  });
});

describe('a step that is still at work when its execution is stopped', () => {
  it('sends nothing once the row says that it was stopped', async () => {
    const before = world.standIn.batches().length;
    const job = world.jobRow();
    await world.world.jobs.putNew(job);
    onNextCall(world.world.ledger, 'writePlan', { after: () => watch.hear(job, 'ABORTED') });
    expect(await submit(world.world, inputOf(job))).toMatchObject({ next: 'leave' });
    expect(world.standIn.batches()).toHaveLength(before);
    expect(await stops.rowOf(job)).toMatchObject({ status: 'FAILED', execution_status: 'ABORTED' });
  });

  it('does not plan over the plan by which a later execution has sent', async () => {
    const before = world.standIn.batches().length;
    const job = world.jobRow();
    await world.world.jobs.putNew(job);
    const next = { ...inputOf(job), version: 4, execution: 'next' };
    onNextCall(world.world.conversations, 'groupCounts', {
      after: async () => {
        await watch.hear(job, 'ABORTED');
        await world.world.jobs.change(job.job_id, { status: 'FAILED', version: 3 }, { status: 'PENDING' });
        world.passTime(60);
        expect(await submit(world.world, next)).toMatchObject({ next: 'wait' });
      },
    });
    expect(await submit(world.world, inputOf(job))).toMatchObject({ next: 'leave' });
    const row = await stops.rowOf(job);
    expect(row).toMatchObject({ status: 'PROCESSING', worker_id: 'next' });
    expect((await world.world.ledger.plan(job.job_id))?.report_timestamp).toBe(row.started_at);
    expect(world.standIn.batches()).toHaveLength(before + 1);
  });

  it('nor over the plan by which another attempt of its own execution has sent', async () => {
    const before = world.standIn.batches().length;
    const job = world.jobRow();
    await world.world.jobs.putNew(job);
    const planned = async () => JSON.stringify(await Array.fromAsync(world.world.ledger.askedInRound(job.job_id, 1)));
    let sentBy = '';
    onNextCall(world.world.conversations, 'groupCounts', {
      after: async () => {
        // the other attempt sees one comment less
        const { comments } = world.world.conversations;
        world.world.conversations.comments = async (...of) =>
          (await comments.apply(world.world.conversations, of)).slice(1);
        expect(await submit(world.world, inputOf(job))).toMatchObject({ next: 'wait' });
        world.world.conversations.comments = comments;
        sentBy = await planned();
      },
    });
    expect(await submit(world.world, inputOf(job))).toMatchObject({ next: 'settle' });
    expect(await planned()).toBe(sentBy);
    expect(world.standIn.batches()).toHaveLength(before + 1);
  });

  it('does not send again what had no clear answer, once the job was cancelled', async () => {
    const before = world.standIn.batches().length;
    const job = world.jobRow();
    await world.world.jobs.putNew(job);
    world.standIn.script.answer('create', 500);
    expect(await submit(world.world, inputOf(job))).toMatchObject({ next: 'settle' });
    world.passTime(3_600);
    onNextCall(world.world.ledger, 'batches', {
      after: async () => {
        const { version } = await stops.rowOf(job);
        await world.world.jobs.change(job.job_id, { status: 'PROCESSING', version }, { status: 'CANCELLED' });
      },
    });
    expect(await submit(world.world, inputOf(job))).toMatchObject({ next: 'complete' });
    expect(world.standIn.batches()).toHaveLength(before);
  });

  it('one that only begins then does not take the row back', async () => {
    const job = world.jobRow();
    await world.world.jobs.putNew(job);
    await submit(world.world, inputOf(job));
    await watch.hear(job, 'ABORTED');
    const stopped = await stops.rowOf(job);
    await expect(submit(world.world, inputOf(job))).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await stops.rowOf(job)).toEqual(stopped);
  });

  it('one that was just about to send: the sweep finds the batch, and the row comes to name it', async () => {
    const job = world.jobRow();
    await world.world.jobs.putNew(job);
    onNextCall(world.world.ledger, 'putIntent', { before: () => watch.hear(job, 'ABORTED') });
    await submit(world.world, inputOf(job));
    expect((await stops.rowOf(job)).checker_schedule_failed).toBeUndefined();
    world.passTime(600);
    await watch.sweep();
    const row = await stops.rowOf(job);
    expect(row).toMatchObject({ status: 'FAILED', checker_schedule_failed: true });
    expect(row.error_message).toMatch(/ExecutionAborted.*left unwatched: msgbatch_/);
    await watch.sweep();
    expect(await stops.rowOf(job)).toEqual(row);
    for (const awaiting of await stops.awaitingRows(job)) expect(awaiting.status).toBe('FAILED');
  });
});
