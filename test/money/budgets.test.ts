import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { costUsd } from '../../lambdas/domain/cost.ts';
import { StoreUnavailable } from '../../lambdas/domain/errors.ts';
import { customId } from '../../lambdas/domain/keys.ts';
import { unpack } from '../../lambdas/domain/packed.ts';
import type { DaySpending } from '../../lambdas/domain/spending.ts';
import { MOST_TROUBLES } from '../../lambdas/domain/wait.ts';
import { SETTLE_SECONDS } from '../../lambdas/submit/send.ts';
import { TABLE_NAMES } from '../../lib/contract.ts';
import { DEFAULT_MODELS } from '../../local/anthropic-stand-in/models.ts';
import { taskSteps } from '../../local/embedded/steps.ts';
import { onNextCall } from '../pipeline/watch.ts';
import { startWorld, type World } from '../pipeline/world.ts';

const UNPRICED = 'narrator-9';

let world: World;
beforeAll(async () => {
  world = await startWorld({ models: [...DEFAULT_MODELS, UNPRICED] });
});
beforeEach(() => {
  // every test has a day of its own
  world.passTime(86_400);
});
afterEach(() => {
  Object.assign(world.settings, { jobBudgetUsd: undefined, dayBudgetUsd: undefined, unpricedModels: [] });
  world.standIn.script.clear();
});
afterAll(() => world?.close());

const day = () => new Date(world.now()).toISOString().slice(0, 10);
const total = async (of = day()): Promise<DaySpending> => (await world.world.spending.days([of]))[0] as DaySpending;
const spendRow = async (jobId: string, round = 1) =>
  (await world.all(TABLE_NAMES.ledger)).find((row) => row.job_id === jobId && row.entry === `spend#${round}`);
const ledgerRows = async (jobId: string, prefix: string) =>
  (await world.all(TABLE_NAMES.ledger)).filter((row) => row.job_id === jobId && String(row.entry).startsWith(prefix));
const withConfig = (changes: Record<string, unknown>) => {
  const row = world.jobRow();
  const config = JSON.parse(String(row.job_config));
  Object.assign(config.stages[0].config, changes);
  return { job_config: JSON.stringify(config) };
};
const sentBatches = () => world.standIn.batches().length;

describe('the money of a day', () => {
  it('is what jobs may cost while their batches are under way, and what they did cost afterwards', async () => {
    let underWay: DaySpending | undefined;
    onNextCall(world.world.batches, 'status', {
      before: async () => {
        underWay = await total();
      },
    });
    const of = day();
    const job = await world.run();
    const row = await spendRow(job.job_id);
    expect(underWay?.committed_usd).toBe(row?.reserved_usd);
    expect(underWay?.open_usd).toBe(row?.reserved_usd);
    expect(row?.settled_usd).toBeCloseTo(job.results.cost_usd, 5);
    expect(Number(row?.settled_usd)).toBeLessThan(Number(row?.reserved_usd));
    expect(await total(of)).toMatchObject({ committed_usd: row?.settled_usd, open_usd: 0, unpriced_rounds: 0 });
  });

  it('is counted on the day the batch was sent, though its answers come the next day', async () => {
    const of = day();
    const untilMidnight = Date.parse(`${of}T23:59:55Z`) - world.now();
    world.passTime(untilMidnight / 1000);
    const job = await world.run();
    expect(day()).not.toBe(of);
    expect((await total(of)).committed_usd).toBeCloseTo(job.results.cost_usd, 5);
    expect(await total()).toMatchObject({ committed_usd: 0 });
  });

  it('counts what every section cost in every round it was asked in', async () => {
    const row = world.jobRow();
    for (const ordinal of [0, 1, 2]) {
      world.standIn.script.result(customId(row.job_id, 1, ordinal), { kind: 'max_tokens' });
    }
    await world.putJob(row);
    await world.settle();
    const { results } = await world.ended(row.job_id);
    const answers = await ledgerRows(row.job_id, 'answered#');
    expect(answers).toHaveLength(18);
    const sum = (prefix: string) =>
      answers.reduce((all, { entry, cost_usd }) => all + (String(entry).startsWith(prefix) ? Number(cost_usd) : 0), 0);
    expect(sum('answered#2')).toBeGreaterThan(0);
    expect(results.cost_usd).toBeCloseTo(sum('answered#'), 5);
    expect((await spendRow(row.job_id, 1))?.settled_usd).toBeCloseTo(sum('answered#1'), 5);
    expect((await spendRow(row.job_id, 2))?.settled_usd).toBeCloseTo(sum('answered#2'), 5);
    expect((await total()).committed_usd).toBeCloseTo(results.cost_usd, 5);
  });

  it('counts an answer that names no section, and one filed by elimination once', async () => {
    const row = world.jobRow();
    world.standIn.script.result(customId(row.job_id, 1, 4), { kind: 'null_custom_id' });
    await world.putJob(row);
    await world.settle();
    const { results } = await world.ended(row.job_id);
    expect(results.unfiled).toHaveLength(1);
    expect((await total()).committed_usd).toBeCloseTo(results.cost_usd, 5);
  });
});

describe('the cost of a section', () => {
  it('is half the list price of its tokens, those the cache served and stored at their own prices', async () => {
    const job = await world.run();
    const answers = await ledgerRows(job.job_id, 'answered#');
    // dollars for a million tokens of claude-sonnet-5-5, from the kept list; the one-hour cache costs twice the input
    const cached = answers.filter(({ tokens }) => (tokens as { cache_read: number }).cache_read > 0);
    expect(cached.length).toBeGreaterThan(0);
    for (const { raw, cost_usd } of answers) {
      const { usage, model } = JSON.parse(unpack(raw as Uint8Array)).result.message;
      const price = (tokens: object) =>
        Number(costUsd(model, { input: 0, output: 0, cache_read: 0, cache_write: 0, ...tokens }));
      const input = price({ input: 1 });
      const byHand =
        usage.input_tokens * input +
        usage.output_tokens * price({ output: 1 }) +
        usage.cache_read_input_tokens * input * 0.1 +
        usage.cache_creation_input_tokens * input * 2;
      expect(cost_usd).toBeCloseTo(byHand, 9);
    }
  });
});

describe('a day budget', () => {
  /** What one job of the sample may cost at most. */
  let most = 0;
  beforeAll(async () => {
    most = Number((await spendRow((await world.run()).job_id))?.reserved_usd);
  });

  it('refuses a job that does not fit, before anything is sent, with both figures, and the job can be redriven the next day', async () => {
    const first = await world.run();
    const spent = Number(first.results.cost_usd);
    world.settings.dayBudgetUsd = spent + most - 0.05;
    const before = sentBatches();
    const refused = await world.run();
    expect(refused.row).toMatchObject({ status: 'FAILED', process_exit_confirmed: true });
    expect(refused.row.checker_schedule_failed).toBeUndefined();
    expect(refused.row.error_message).toContain(
      `OverBudget: the job could cost up to $${most.toFixed(2)}, and $${spent.toFixed(2)} of the day budget of $${world.settings.dayBudgetUsd} is spoken for on ${day()}: raise the day budget, or redrive the job after midnight UTC`,
    );
    expect(sentBatches()).toBe(before);
    expect(await spendRow(refused.job_id)).toBeUndefined();
    world.passTime(86_400);
    await world.putJob({ ...refused.row, status: 'PENDING', version: Number(refused.row.version) + 1 });
    await world.settle();
    expect((await world.ended(refused.job_id)).row.status).toBe('COMPLETED');
  });

  it('says what to do about a job that would not fit on any day', async () => {
    world.settings.dayBudgetUsd = 0.01;
    expect((await world.run()).row.error_message).toMatch(/raise the day budget, or ask for fewer layers$/);
  });

  it('is not passed by jobs that start at once', async () => {
    world.settings.dayBudgetUsd = most * 2.5;
    const rows = Array.from({ length: 5 }, () => world.jobRow());
    await Promise.all(rows.map((row) => world.putJob(row)));
    let highest = 0;
    const { reserve } = world.world.spending;
    world.world.spending.reserve = async (...given) => {
      const answer = await reserve(...given);
      highest = Math.max(highest, (await total()).committed_usd);
      return answer;
    };
    await world.settle();
    world.world.spending.reserve = reserve;
    const ended = await Promise.all(rows.map(({ job_id }) => world.ended(job_id)));
    expect(ended.filter(({ row }) => row.status === 'COMPLETED').length).toBeGreaterThanOrEqual(2);
    expect(highest).toBeLessThanOrEqual(world.settings.dayBudgetUsd);
    for (const { row } of ended.filter(({ row: { status } }) => status === 'FAILED'))
      expect(row.error_message).toMatch(/^OverBudget: .*day budget/);
  });

  it('leaves the sections of a later round missing when they do not fit, and closes the job with what is there', async () => {
    const row = world.jobRow();
    world.settings.dayBudgetUsd = most;
    world.standIn.script.result(customId(row.job_id, 1, 3), { kind: 'max_tokens' });
    onNextCall(world.world.batches, 'status', {
      before: () => {
        world.settings.dayBudgetUsd = 0.02;
      },
    });
    const before = sentBatches();
    await world.putJob(row);
    await world.settle();
    const { row: ended, results } = await world.ended(row.job_id);
    expect(ended.status).toBe('COMPLETED');
    expect(results).toMatchObject({ stored: 14, rounds: 1, failed: [{ reason: 'truncated' }] });
    expect(sentBatches()).toBe(before + 1);
    expect(await spendRow(row.job_id, 2)).toBeUndefined();
    expect(String(ended.logs)).toMatch(
      /round 2 with 1 sections is not sent: it could cost up to \$0\.\d\d, and \$\d\.\d\d of the day budget of \$0\.02 is spoken for/,
    );
  });
});

describe('what was reserved', () => {
  it('is given back when the API refuses the batch', async () => {
    world.standIn.script.answer('create', 400);
    const job = await world.run();
    expect(job.row.error_message).toMatch(/^AnthropicRefused/);
    expect(await spendRow(job.job_id)).toBeUndefined();
    expect(await total()).toMatchObject({ committed_usd: 0, open_usd: 0 });
  });

  it('stays when the API refuses the second batch of a round, as the first is paid for', async () => {
    const changes = withConfig({ max_batch_size: 8 });
    onNextCall(world.world.batches, 'send', {
      after: () => {
        world.standIn.script.answer('create', 400);
      },
    });
    const job = await world.run(changes);
    expect(job.row).toMatchObject({ status: 'FAILED', checker_schedule_failed: true });
    const reserved = Number((await spendRow(job.job_id))?.reserved_usd);
    expect(await total()).toMatchObject({ committed_usd: reserved, open_usd: reserved });
    world.standIn.script.clear();
    await world.putJob({ ...job.row, status: 'PENDING', version: Number(job.row.version) + 1 });
    await world.settle();
    const { results } = await world.ended(job.job_id);
    expect(results).toMatchObject({ stored: 15 });
    expect((await total()).committed_usd).toBeCloseTo(results.cost_usd, 5);
    expect((await total()).open_usd).toBe(0);
  });

  it('keeps its place while the API says "later", and is settled in the end', async () => {
    world.standIn.script.answer('create', 429, { times: 3, retryAfterSeconds: 30 });
    const job = await world.run();
    expect(job.row.status).toBe('COMPLETED');
    expect((await total()).committed_usd).toBeCloseTo(job.results.cost_usd, 5);
  });

  it('stays while it is not known whether a batch was made, and is given back when there is none', async () => {
    const row = world.jobRow();
    const { submit } = taskSteps(world.world);
    const state = { job_id: row.job_id, job_type: row.job_type, version: 2, execution: `${row.job_id}-v2` };
    await world.world.jobs.putNew({ ...row, job_type: 'NOT_FOR_THE_STREAM' });
    await world.world.jobs.change(row.job_id, { status: 'PENDING', version: 1 }, { job_type: row.job_type });
    world.standIn.script.dropBefore('create');
    await expect(submit({ ...state, troubles: MOST_TROUBLES })).rejects.toThrow(/gave no clear answer/);
    expect(await spendRow(row.job_id)).toBeDefined();
    await world.world.jobs.change(row.job_id, { status: 'PROCESSING', version: 3 }, { status: 'CANCELLED' });
    world.passTime(SETTLE_SECONDS);
    expect(await submit(state)).toMatchObject({ next: 'complete' });
    expect(await spendRow(row.job_id)).toBeUndefined();
    expect(await total()).toMatchObject({ committed_usd: 0, open_usd: 0 });
  });

  it('is not given back by the step of a redriven execution that waits for its row, while the step before the stop still sends', async () => {
    const row = world.jobRow();
    const { submit } = taskSteps(world.world);
    const execution = `${row.job_id}-v2`;
    const state = { job_id: row.job_id, job_type: row.job_type, version: 2, execution };
    await world.world.jobs.putNew({ ...row, job_type: 'NOT_FOR_THE_STREAM' });
    await world.world.jobs.change(row.job_id, { status: 'PENDING', version: 1 }, { job_type: row.job_type });
    onNextCall(world.world.ledger, 'putIntent', {
      before: async () => {
        const stopped = { status: 'FAILED', execution_status: 'ABORTED' };
        await world.world.jobs.change(row.job_id, { status: 'PROCESSING', version: 3 }, stopped);
        await expect(submit(state)).rejects.toThrow(/was stopped/);
      },
    });
    const before = sentBatches();
    await submit(state);
    expect(sentBatches()).toBe(before + 1);
    const reserved = Number((await spendRow(row.job_id))?.reserved_usd);
    expect(await total()).toMatchObject({ committed_usd: reserved, open_usd: reserved });
  });

  it('is given back when the job is cancelled before anything is sent', async () => {
    const row = world.jobRow();
    onNextCall(world.world.spending, 'reserve', {
      after: async () => {
        const now = (await world.world.jobs.get(row.job_id)) ?? {};
        await world.putJob({ ...now, status: 'CANCELLED', version: Number(now.version) + 1 });
      },
    });
    const before = sentBatches();
    await world.putJob(row);
    await world.settle();
    expect((await world.world.jobs.get(row.job_id))?.status).toBe('CANCELLED');
    expect(sentBatches()).toBe(before);
    expect(await spendRow(row.job_id)).toBeUndefined();
  });

  it('stays when the job fails with a paid batch that nobody watches, and is settled when it is collected after all', async () => {
    world.standIn.script.answer('retrieve', 401);
    const failed = await world.run();
    const reserved = Number((await spendRow(failed.job_id))?.reserved_usd);
    expect(failed.row.checker_schedule_failed).toBe(true);
    expect(await total()).toMatchObject({ committed_usd: reserved, open_usd: reserved });
    await world.putJob({ ...failed.row, status: 'PENDING', version: Number(failed.row.version) + 1 });
    await world.settle();
    const { results } = await world.ended(failed.job_id);
    expect((await total()).committed_usd).toBeCloseTo(results.cost_usd, 5);
  });

  it('is counted once when the step that sends, and the one that collects, are lost in the middle and run again', async () => {
    const { spending, ledger } = world.world;
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
    expect((await total()).committed_usd).toBeCloseTo(job.results.cost_usd, 5);
    expect((await total()).open_usd).toBe(0);
  });
});

describe('a model without a price', () => {
  it('is refused before anything is sent, with and without a budget', async () => {
    const before = sentBatches();
    for (const jobBudgetUsd of [undefined, 1_000]) {
      world.settings.jobBudgetUsd = jobBudgetUsd;
      const { row } = await world.run(withConfig({ model: UNPRICED }));
      expect(row.error_message).toMatch(
        /^OverBudget: the price list does not know the model "narrator-9", .*unpricedModels or "allow_unpriced": true/,
      );
    }
    expect(sentBatches()).toBe(before);
  });

  it.each([
    ['the setting names it', () => [UNPRICED], {}],
    ['its job_config allows it', () => [], { allow_unpriced: true }],
  ])('is used when %s; row and results say that its price is unknown', async (_how, unpricedModels, config) => {
    Object.assign(world.settings, { unpricedModels: unpricedModels(), jobBudgetUsd: 0.01, dayBudgetUsd: 0.01 });
    const row = world.jobRow();
    const changes = withConfig({ model: UNPRICED, ...config });
    world.standIn.script.result(customId(row.job_id, 1, 3), { kind: 'max_tokens' });
    await world.putJob({ ...row, ...changes });
    await world.settle();
    const job = await world.ended(row.job_id);
    expect(job.row.status).toBe('COMPLETED');
    expect(job.results).toMatchObject({
      stored: 15,
      rounds: 2,
      cost_usd: null,
      cost_note: 'its price is not known, and no budget counts it',
    });
    expect(String(job.row.logs)).toContain(
      'submitted with 15 sections; its price is not known, and no budget counts it',
    );
    expect(await total()).toMatchObject({ committed_usd: 0, open_usd: 0, unpriced_rounds: 2 });
  });

  it('that is allowed is used as well for a text that was to be reused and is gone, when nothing else had to be bought', async () => {
    const changes = withConfig({ model: UNPRICED, allow_unpriced: true, no_cache: false });
    await world.run(changes);
    world.passTime(1);
    onNextCall(world.world.ledger, 'writePlan', {
      after: async () => {
        const plans = (await world.all(TABLE_NAMES.ledger)).filter(({ entry }) => entry === 'asked#0#000003');
        const newest: unknown = plans.sort((a, b) => Number(b.expires_at_epoch) - Number(a.expires_at_epoch))[0];
        const { key: Key } = (newest as { reuse: { key: Record<string, string> } }).reuse;
        await world.db.send(new DeleteCommand({ TableName: TABLE_NAMES.reports, Key }));
      },
    });
    const before = sentBatches();
    const { row, results } = await world.run(changes);
    expect(row.status).toBe('COMPLETED');
    expect(results).toMatchObject({ stored: 15, reused: 14, failed: [] });
    expect(sentBatches()).toBe(before + 1);
  });
});
