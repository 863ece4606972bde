import { beforeEach, describe, expect, it } from 'vitest';
import { SETTLE_SECONDS } from '../../lambdas/batch/send.ts';
import { MAX_TROUBLES } from '../../lambdas/batch/wait.ts';
import { microUsd } from '../../lambdas/money/money.ts';
import { StoreUnavailable } from '../../lambdas/shared/errors.ts';
import { taskSteps } from '../../local/embedded/steps.ts';
import { onNextCall } from '../support/faults.ts';
import { useWorld } from '../support/use-world.ts';

const world = useWorld();
// every test has a day of its own
beforeEach(() => world.passTime(86_400));

describe('what was reserved', () => {
  it('is released when the API refuses the batch', async () => {
    world.standIn.script.answer('create', 400);
    const job = await world.run();
    expect(job.row.error_message).toMatch(/^AnthropicRefused/);
    expect(await world.spendRow(job.job_id)).toBeUndefined();
    expect(await world.spent()).toMatchObject({ committed_micro_usd: 0, open_micro_usd: 0 });
  });

  it('stays when the API refuses the second batch of a round', async () => {
    const changes = world.configured({ max_batch_size: 8 });
    onNextCall(world.deps.batches, 'send', {
      after: () => {
        world.standIn.script.answer('create', 400);
      },
    });
    const job = await world.run(changes);
    expect(job.row).toMatchObject({ status: 'FAILED', checker_schedule_failed: true });
    const reserved = Number((await world.spendRow(job.job_id))?.reserved_micro_usd);
    expect(await world.spent()).toMatchObject({ committed_micro_usd: reserved, open_micro_usd: reserved });
    world.standIn.script.clear();
    await world.putJob({ ...job.row, status: 'PENDING', version: Number(job.row.version) + 1 });
    await world.settle();
    const { results } = await world.ended(job.job_id);
    expect(results).toMatchObject({ stored: 15 });
    expect((await world.spent()).committed_micro_usd).toBe(microUsd(results.cost_usd));
    expect((await world.spent()).open_micro_usd).toBe(0);
  });

  it('keeps its place while the API says "later", and is settled in the end', async () => {
    world.standIn.script.answer('create', 429, { times: 3, retryAfterSeconds: 30 });
    const job = await world.run();
    expect(job.row.status).toBe('COMPLETED');
    expect((await world.spent()).committed_micro_usd).toBe(microUsd(job.results.cost_usd));
  });

  it('stays until it is known that no batch was made', async () => {
    const row = world.jobRow();
    const { submit, complete } = taskSteps(world.deps);
    const state = { job_id: row.job_id, job_type: row.job_type, version: 2, execution: `${row.job_id}-v2` };
    await world.deps.jobs.putNew({ ...row, job_type: 'NOT_FOR_THE_STREAM' });
    await world.deps.jobs.change(row.job_id, { status: 'PENDING', version: 1 }, { job_type: row.job_type });
    world.standIn.script.dropBefore('create');
    await expect(submit({ ...state, troubles: MAX_TROUBLES })).rejects.toThrow(/gave no clear answer/);
    expect(await world.spendRow(row.job_id)).toBeDefined();
    await world.setCancelled(row);
    world.passTime(SETTLE_SECONDS);
    expect(await submit(state)).toMatchObject({ next: 'complete' });
    expect(await world.spendRow(row.job_id)).toBeUndefined();
    expect(await world.spent()).toMatchObject({ committed_micro_usd: 0, open_micro_usd: 0 });
    await complete(state);
  });

  it('is kept while a step from before the stop still sends', async () => {
    const row = world.jobRow();
    const { submit } = taskSteps(world.deps);
    const execution = `${row.job_id}-v2`;
    const state = { job_id: row.job_id, job_type: row.job_type, version: 2, execution };
    await world.deps.jobs.putNew({ ...row, job_type: 'NOT_FOR_THE_STREAM' });
    await world.deps.jobs.change(row.job_id, { status: 'PENDING', version: 1 }, { job_type: row.job_type });
    onNextCall(world.deps.ledger, 'putIntent', {
      before: async () => {
        const stopped = { status: 'FAILED', execution_status: 'ABORTED' };
        await world.deps.jobs.change(row.job_id, { status: 'PROCESSING', version: 3 }, stopped);
        await expect(submit(state)).rejects.toThrow(/was stopped/);
      },
    });
    const before = world.sent().length;
    await submit(state);
    expect(world.sent().length).toBe(before + 1);
    const reserved = Number((await world.spendRow(row.job_id))?.reserved_micro_usd);
    expect(await world.spent()).toMatchObject({ committed_micro_usd: reserved, open_micro_usd: reserved });
  });

  it('is released when the job is cancelled before anything is sent', async () => {
    const row = world.jobRow();
    onNextCall(world.deps.spending, 'reserve', {
      after: async () => {
        const now = (await world.deps.jobs.get(row.job_id)) ?? {};
        await world.putJob({ ...now, status: 'CANCELLED', version: Number(now.version) + 1 });
      },
    });
    const before = world.sent().length;
    await world.putJob(row);
    await world.settle();
    expect(await world.deps.jobs.get(row.job_id)).toMatchObject({ status: 'FAILED', withdrawn_reason: 'cancelled' });
    expect(world.sent().length).toBe(before);
    expect(await world.spendRow(row.job_id)).toBeUndefined();
  });

  it('stays while a paid batch is unwatched, and is settled when it is collected', async () => {
    world.standIn.script.answer('retrieve', 403);
    const failed = await world.run();
    const reserved = Number((await world.spendRow(failed.job_id))?.reserved_micro_usd);
    expect(failed.row.checker_schedule_failed).toBe(true);
    expect(await world.spent()).toMatchObject({ committed_micro_usd: reserved, open_micro_usd: reserved });
    await world.putJob({ ...failed.row, status: 'PENDING', version: Number(failed.row.version) + 1 });
    await world.settle();
    const { results } = await world.ended(failed.job_id);
    expect((await world.spent()).committed_micro_usd).toBe(microUsd(results.cost_usd));
  });

  it('is counted once although the sending and the collecting step run twice', async () => {
    const { spending, ledger } = world.deps;
    for (const [client, method] of [
      [spending, 'reserve'],
      [ledger, 'putIntent'],
      [spending, 'settle'],
    ] as const) {
      onNextCall(client as typeof spending, method as 'reserve', {
        after: () => {
          throw new StoreUnavailable('lost');
        },
      });
    }
    const job = await world.run();
    expect(job.row.status).toBe('COMPLETED');
    expect((await world.spent()).committed_micro_usd).toBe(microUsd(job.results.cost_usd));
    expect((await world.spent()).open_micro_usd).toBe(0);
  });
});
