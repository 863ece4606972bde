import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { SETTLE_SECONDS } from '../../lambdas/batch/send.ts';
import { batchRequest } from '../../lambdas/report/request.ts';
import { AnthropicUnavailable, BatchNotFound } from '../../lambdas/shared/errors.ts';
import { customId } from '../../lambdas/shared/names.ts';
import { collect } from '../../lambdas/steps/collect/collect.ts';
import { complete } from '../../lambdas/steps/complete.ts';
import { fail } from '../../lambdas/steps/fail.ts';
import { submit } from '../../lambdas/steps/submit.ts';
import { STATE, TABLE_NAMES } from '../../lib/names.ts';
import { lost, onNextCall } from '../support/faults.ts';
import { useWorld } from '../support/use-world.ts';

const world = useWorld();

const batchesSince = (count: number) =>
  world.standIn
    .batches()
    .slice(count)
    .map(({ requests }) => requests.length);

describe('money is spent once', () => {
  it('a lost answer to the submission is settled from the list', async () => {
    const before = world.standIn.batches().length;
    world.standIn.script.dropAfter('create');
    const job = await world.run();
    expect(batchesSince(before)).toEqual([15]);
    expect(job.results).toMatchObject({ stored: 15, rounds: 1 });
    expect(job.states).toContain(STATE.waitForSubmissionToSettle);
  });

  it.each([500, 504, 529])(
    'HTTP %i on the submission is settled from the list before it is sent again',
    async (status) => {
      const before = world.standIn.batches().length;
      world.standIn.script.answer('create', status);
      const began = world.now();
      const job = await world.run();
      expect(batchesSince(before)).toEqual([15]);
      expect(job.results).toMatchObject({ stored: 15, rounds: 1 });
      expect((world.now() - began) / 1000).toBeGreaterThanOrEqual(SETTLE_SECONDS);
    },
  );

  it('429 waits as long as retry-after says, and is sent again when the list stays without it', async () => {
    const before = world.standIn.batches().length;
    world.standIn.script.answer('create', 429, { retryAfterSeconds: 277 });
    const waited = world.waits.length;
    await world.run();
    expect(batchesSince(before)).toEqual([15]);
    expect(world.waits[waited]).toBe(277);
  });

  it.each(['putIntent', 'ownBatch', 'updateBatch', 'writePlan'] as const)(
    'a crash of submit before and after ledger.%s leaves one paid batch',
    async (method) => {
      for (const when of ['before', 'after'] as const) {
        const before = world.standIn.batches().length;
        const restore = onNextCall(world.deps.ledger, method, { [when]: lost });
        const job = await world.run();
        restore();
        expect(batchesSince(before)).toEqual([15]);
        expect(job.results).toMatchObject({ stored: 15, rounds: 1 });
      }
    },
  );

  it.each(['oldest', 'newest'])(
    'two submissions of the same size whose answers are both lost end with their own batch, the %s being found first',
    async (first) => {
      const before = world.standIn.batches().length;
      const { batches } = world.deps;
      const { createdSince } = batches;
      if (first === 'newest') batches.createdSince = async (since) => (await createdSince(since)).reverse();
      world.standIn.script.dropAfter('create', { times: 2 });
      const rows = [world.jobRow(), world.jobRow()];
      for (const row of rows) await world.putJob(row);
      await world.settle();
      batches.createdSince = createdSince;
      expect(batchesSince(before)).toEqual([15, 15]);
      for (const { job_id } of rows) {
        const job = await world.ended(job_id);
        expect(job.results).toMatchObject({ stored: 15, rounds: 1, unfiled_count: 0 });
        const own = world.standIn.batches().find(({ requests }) => requests[0]?.custom_id === customId(job_id, 1, 0));
        expect(job.row).toMatchObject({ status: 'COMPLETED', batch_id: own?.id, batch_ids: [own?.id] });
        const [awaiting] = (await world.all(TABLE_NAMES.jobs)).filter((row) => row.batch_job_id === job_id);
        expect(awaiting).toMatchObject({ status: 'COMPLETED', batch_id: own?.id });
      }
    },
  );
});

describe('money is spent once, in jobs of several batches', () => {
  it.each([1, 2, 3])(
    'when the answer to submission %i of three alike is lost, it is not taken for one of the others',
    async (nth) => {
      const before = world.standIn.batches().length;
      world.standIn.script.dropAfter('create', { nth });
      const config = JSON.parse(String(world.jobRow().job_config));
      config.stages[0].config.max_batch_size = 5;
      const job = await world.run({ job_config: JSON.stringify(config) });
      expect(batchesSince(before)).toEqual([5, 5, 5]);
      expect(job.results).toMatchObject({ stored: 15, rounds: 1, unfiled_count: 0 });
      expect(new Set(job.results.batch_ids).size).toBe(3);
    },
  );
});

describe('a batch that was found in the list and was deleted', () => {
  it('is released, and our own is found', async () => {
    const row = world.jobRow();
    const stranger = new Anthropic({ apiKey: 'key', baseURL: world.standIn.url });
    const requests = Array.from({ length: 15 }, (_, index) =>
      batchRequest({
        customId: `strange_${index}`,
        model: 'claude-sonnet-5-5',
        maxTokens: 100,
        system: 'Answer.',
        messages: [{ role: 'user', content: 'words' }],
        cached: false,
        claims: false,
      }),
    );
    const foreign = await stranger.messages.batches.create({ requests });
    const before = world.standIn.batches().length;
    world.standIn.script.dropAfter('create');
    const { batches } = world.deps;
    const { createdSince } = batches;
    // the first look shows the stranger's batch only
    let looks = 0;
    batches.createdSince = async (since) =>
      (await createdSince(since)).filter(({ id }) => (id === foreign.id) === (looks === 0));
    const { status } = batches;
    batches.status = async (batchId) => {
      if (batchId !== foreign.id) return status(batchId);
      looks += 1;
      const refusal = new BatchNotFound('gone');
      throw new AnthropicUnavailable('gone', { refusal });
    };
    await world.putJob(row);
    await world.settle();
    Object.assign(batches, { createdSince, status });
    expect(batchesSince(before)).toEqual([15]);
    expect((await world.ended(row.job_id)).results).toMatchObject({ stored: 15, rounds: 1, unfiled_count: 0 });
  });
});

describe('a job that is cancelled while its submission is unclear', () => {
  it('has its paid batch found and collected, and stays cancelled', async () => {
    world.standIn.script.dropAfter('create');
    const row = world.jobRow();
    const { batches } = world.deps;
    const { createdSince } = batches;
    batches.createdSince = async () => {
      batches.createdSince = createdSince;
      await world.setCancelled(row);
      throw new AnthropicUnavailable('the list is not available');
    };
    await world.putJob(row);
    await world.settle();
    const job = await world.ended(row.job_id);
    expect(job.row).toMatchObject({ status: 'FAILED', withdrawn_reason: 'cancelled', process_exit_confirmed: true });
    expect(job.results).toMatchObject({ stored: 15 });
    expect(job.reports).toEqual([]);
  });
});

describe('the API in trouble for a long time', () => {
  it('while collecting: the step waits and reads on', async () => {
    world.standIn.script.answer('results', 500, { times: 40 });
    const job = await world.run();
    expect(job.results).toMatchObject({ stored: 15, rounds: 1 });
    expect(job.states.filter((state) => state === STATE.collectResults).length).toBeGreaterThan(5);
  });

  it('while submitting: after hours the job fails, and nothing was paid', async () => {
    const before = world.standIn.batches().length;
    world.standIn.script.answer('create', 500, { times: 1_000 });
    const job = await world.run();
    expect(job.row.status).toBe('FAILED');
    expect(job.row.error_message).toMatch(
      /^SubmissionUnsettled: the Anthropic API gave no clear answer to a submission 240 times/,
    );
    expect(batchesSince(before)).toEqual([]);
  });
});

describe('an execution that fails before it could claim its row', () => {
  it('does not leave the row PENDING forever', async () => {
    const row = world.jobRow();
    await world.deps.jobs.putNew(row);
    const error = { Error: 'InvalidSetting', Cause: JSON.stringify({ errorMessage: 'secret x is absent' }) };
    await fail(world.deps, { job_id: row.job_id, job_type: row.job_type, version: 1, execution: 'e', error });
    const failed = await world.deps.jobs.get(row.job_id);
    expect(failed).toMatchObject({
      status: 'FAILED',
      error_message: 'InvalidSetting: secret x is absent',
      process_exit_confirmed: true,
    });
  });
});

describe('the same work done twice leaves the same rows', () => {
  it('every step run again from its start changes nothing', async () => {
    const job = await world.run();
    const before = { ...(await world.rowsOf(job.job_id)), batches: world.standIn.batches().length };
    const state = {
      job_id: job.job_id,
      job_type: 'CREATE_NARRATIVE_BATCH',
      version: 1,
      execution: `${job.job_id}-v1`,
      first_round: 1,
      round: 1,
    };
    expect(await submit(world.deps, state)).toMatchObject({ next: 'leave' });
    for (const batch of await world.deps.ledger.batches(job.job_id))
      await world.deps.ledger.updateBatch({ ...batch, state: 'ended' });
    expect(await collect(world.deps, state)).toMatchObject({ next: 'complete' });
    await complete(world.deps, state);
    expect({ ...(await world.rowsOf(job.job_id)), batches: world.standIn.batches().length }).toEqual(before);
    expect((await world.ended(job.job_id)).row).toEqual(job.row);
  });

  it('a stream record delivered twice starts nothing twice', async () => {
    const row = world.jobRow();
    const before = world.standIn.batches().length;
    await world.putJob(row);
    await world.settle();
    world.forgetExecutions();
    await world.putJob({ ...row, status: 'PENDING', version: 1, worker_id: 'none' });
    await world.deps.jobs.change(row.job_id, { status: 'PENDING', version: 1 }, { status: 'COMPLETED' });
    await world.settle();
    expect(batchesSince(before)).toEqual([15]);
  });

  it('a crash in the middle of collecting leaves no row twice', async () => {
    for (const [client, method] of [
      ['reports', 'write'],
      ['ledger', 'putAnswers'],
      ['ledger', 'putUnfiled'],
    ] as const) {
      for (const when of ['before', 'after'] as const) {
        const before = world.standIn.batches().length;
        const row = world.jobRow();
        world.standIn.script.result(customId(row.job_id, 1, 2), { kind: 'null_custom_id' });
        const restore = onNextCall(world.deps[client] as unknown as Record<string, unknown>, method, { [when]: lost });
        await world.putJob(row);
        await world.settle();
        restore();
        const job = await world.ended(row.job_id);
        expect(batchesSince(before)).toEqual([15]);
        expect(job.results).toMatchObject({ stored: 15, rounds: 1, unfiled_count: 1 });
        expect(job.reports).toHaveLength(15);
      }
    }
  });

  it('an execution lost while it waits is started again and keeps its batch', async () => {
    const row = world.jobRow();
    const before = world.standIn.batches().length;
    const state = { job_id: row.job_id, job_type: row.job_type, version: 1, execution: `${row.job_id}-v1` };
    await world.deps.jobs.putNew(row);
    await submit(world.deps, state);
    world.forgetExecutions();
    world.machine().start(state.execution, state);
    await world.settle();
    expect((await world.ended(row.job_id)).results).toMatchObject({ stored: 15, rounds: 1 });
    expect(batchesSince(before)).toEqual([15]);
  });

  it('a step that nears its time limit hands over and continues where it was', async () => {
    const original = world.deps.remainingMs;
    let lines = 0;
    world.deps.remainingMs = () => (lines++ % 10 === 9 ? 1_000 : 600_000);
    const job = await world.run();
    world.deps.remainingMs = original;
    const invocations = job.states.filter((state) => state === STATE.collectResults).length;
    expect(invocations).toBeGreaterThan(1);
    expect(job.results).toMatchObject({ stored: 15, rounds: 1 });
    expect(job.reports).toHaveLength(15);
  });
});
