import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DaySpending } from '../../lambdas/money/day.ts';
import { microUsd, usdText } from '../../lambdas/money/money.ts';
import { priceOf } from '../../lambdas/money/prices.ts';
import { customId } from '../../lambdas/shared/names.ts';
import { unpack } from '../../lambdas/shared/packed.ts';
import { onNextCall } from '../support/faults.ts';
import { useWorld } from '../support/use-world.ts';

const world = useWorld();
// every test has a day of its own
beforeEach(() => world.passTime(86_400));

describe('the money of a day', () => {
  it('is what jobs may cost, and afterwards what they did cost', async () => {
    let underWay: DaySpending | undefined;
    onNextCall(world.deps.batches, 'status', {
      before: async () => {
        underWay = await world.spent();
      },
    });
    const of = world.today();
    const job = await world.run();
    const row = await world.spendRow(job.job_id);
    expect(underWay?.committed_micro_usd).toBe(row?.reserved_micro_usd);
    expect(underWay?.open_micro_usd).toBe(row?.reserved_micro_usd);
    expect(row?.settled_micro_usd).toBe(microUsd(job.results.cost_usd));
    expect(Number(row?.settled_micro_usd)).toBeLessThan(Number(row?.reserved_micro_usd));
    expect(await world.spent(of)).toMatchObject({
      committed_micro_usd: row?.settled_micro_usd,
      open_micro_usd: 0,
      unpriced_rounds: 0,
    });
  });

  it('is counted on the day the batch was sent, though its answers come the next day', async () => {
    const of = world.today();
    const untilMidnight = Date.parse(`${of}T23:59:55Z`) - world.now();
    world.passTime(untilMidnight / 1000);
    const job = await world.run();
    expect(world.today()).not.toBe(of);
    expect((await world.spent(of)).committed_micro_usd).toBe(microUsd(job.results.cost_usd));
    expect(await world.spent()).toMatchObject({ committed_micro_usd: 0 });
  });

  it('counts what every section cost in every round it was asked in', async () => {
    const row = world.jobRow();
    for (const ordinal of [0, 1, 2]) {
      world.standIn.script.result(customId(row.job_id, 1, ordinal), { kind: 'max_tokens' });
    }
    await world.putJob(row);
    await world.settle();
    const { results } = await world.ended(row.job_id);
    const answers = await world.ledgerRows(row.job_id, 'answered#');
    expect(answers).toHaveLength(18);
    const sum = (prefix: string) =>
      answers.reduce(
        (all, { entry, cost_micro_usd }) => all + (String(entry).startsWith(prefix) ? Number(cost_micro_usd) : 0),
        0,
      );
    expect(sum('answered#2')).toBeGreaterThan(0);
    expect(microUsd(results.cost_usd)).toBe(sum('answered#'));
    expect((await world.spendRow(row.job_id, 1))?.settled_micro_usd).toBe(sum('answered#1'));
    expect((await world.spendRow(row.job_id, 2))?.settled_micro_usd).toBe(sum('answered#2'));
    expect((await world.spent()).committed_micro_usd).toBe(microUsd(results.cost_usd));
  });

  it('counts an answer that names no section, and one filed by elimination once', async () => {
    const row = world.jobRow();
    world.standIn.script.result(customId(row.job_id, 1, 4), { kind: 'null_custom_id' });
    await world.putJob(row);
    await world.settle();
    const { results } = await world.ended(row.job_id);
    expect(results.unfiled).toHaveLength(1);
    expect((await world.spent()).committed_micro_usd).toBe(microUsd(results.cost_usd));
  });
});

describe('the cost of a section', () => {
  it('is half the list price of its tokens, with the cache’s own prices', async () => {
    const job = await world.run();
    const answers = await world.ledgerRows(job.job_id, 'answered#');
    // dollars for a million tokens of claude-sonnet-5-5, from the kept list; the one-hour cache costs twice the input
    const cached = answers.filter(({ tokens }) => (tokens as { cache_read: number }).cache_read > 0);
    expect(cached.length).toBeGreaterThan(0);
    for (const { raw, cost_micro_usd } of answers) {
      const { usage, model } = JSON.parse(unpack(raw as Uint8Array)).result.message;
      const price = (tokens: object) =>
        Number(
          priceOf(model, { input: 0, output: 0, cache_read: 0, cache_write: 0, ...tokens }, new Date(world.now())),
        ) / 1_000;
      const input = price({ input: 1_000 });
      const byHand =
        usage.input_tokens * input +
        usage.output_tokens * price({ output: 1_000 }) +
        usage.cache_read_input_tokens * input * 0.1 +
        usage.cache_creation_input_tokens * input * 2;
      expect(cost_micro_usd).toBe(Math.ceil(Number(byHand.toFixed(5))));
    }
  });
});

describe('a day budget', () => {
  /** What one job of the sample may cost at most. */
  let most = 0;
  beforeAll(async () => {
    most = Number((await world.spendRow((await world.run()).job_id))?.reserved_micro_usd);
  });

  it('refuses a job that does not fit, which can be redriven the next day', async () => {
    const first = await world.run();
    const spent = microUsd(first.results.cost_usd);
    world.settings.dayBudget = spent + most - microUsd(0.05);
    const before = world.sent().length;
    const refused = await world.run();
    expect(refused.row).toMatchObject({ status: 'FAILED', process_exit_confirmed: true });
    expect(refused.row.checker_schedule_failed).toBeUndefined();
    expect(refused.row.error_message).toContain(
      `OverBudget: the job could cost up to ${usdText(most)}, and ${usdText(spent)} of the day budget of ${usdText(world.settings.dayBudget)} is already spent or reserved on ${world.today()}: raise the day budget (dayBudgetUsd), or redrive the job after midnight UTC`,
    );
    expect(world.sent().length).toBe(before);
    expect(await world.spendRow(refused.job_id)).toBeUndefined();
    world.passTime(86_400);
    await world.putJob({ ...refused.row, status: 'PENDING', version: Number(refused.row.version) + 1 });
    await world.settle();
    expect((await world.ended(refused.job_id)).row.status).toBe('COMPLETED');
  });

  it('says what to do about a job that would not fit on any day', async () => {
    world.settings.dayBudget = microUsd(0.01);
    expect((await world.run()).row.error_message).toMatch(
      /raise the day budget \(dayBudgetUsd\), or set "layers" in job_config to fewer topic layers$/,
    );
  });

  it('is not passed by jobs that start at once', async () => {
    world.settings.dayBudget = most * 2.5;
    const rows = Array.from({ length: 5 }, () => world.jobRow());
    await Promise.all(rows.map((row) => world.putJob(row)));
    let highest = 0;
    const { reserve } = world.deps.spending;
    world.deps.spending.reserve = async (...given) => {
      const answer = await reserve(...given);
      highest = Math.max(highest, (await world.spent()).committed_micro_usd);
      return answer;
    };
    await world.settle();
    world.deps.spending.reserve = reserve;
    const ended = await Promise.all(rows.map(({ job_id }) => world.ended(job_id)));
    expect(ended.filter(({ row }) => row.status === 'COMPLETED').length).toBeGreaterThanOrEqual(2);
    expect(highest).toBeLessThanOrEqual(world.settings.dayBudget);
    for (const { row } of ended.filter(({ row: { status } }) => status === 'FAILED'))
      expect(row.error_message).toMatch(/^OverBudget: .*day budget/);
  });

  it('closes a job with what is there when a later round does not fit', async () => {
    const row = world.jobRow();
    world.settings.dayBudget = most;
    world.standIn.script.result(customId(row.job_id, 1, 3), { kind: 'max_tokens' });
    onNextCall(world.deps.batches, 'status', {
      before: () => {
        world.settings.dayBudget = microUsd(0.02);
      },
    });
    const before = world.sent().length;
    await world.putJob(row);
    await world.settle();
    const { row: ended, results } = await world.ended(row.job_id);
    expect(ended.status).toBe('COMPLETED');
    expect(results).toMatchObject({ stored: 14, rounds: 1, failed: [{ reason: 'truncated' }] });
    expect(world.sent().length).toBe(before + 1);
    expect(await world.spendRow(row.job_id, 2)).toBeUndefined();
    expect(String(ended.logs)).toMatch(
      /round 2 with 1 request is not sent: it could cost up to \$0\.\d\d, and \$\d\.\d\d of the day budget of \$0\.02 is already spent or reserved/,
    );
  });
});
