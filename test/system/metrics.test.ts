import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AnthropicUnavailable, StoreUnavailable } from '../../lambdas/shared/errors.ts';
import type { MetricName } from '../../lambdas/shared/metrics.ts';
import { customId } from '../../lambdas/shared/names.ts';
import { taskSteps } from '../../local/embedded/steps.ts';
import { stepByStep } from '../support/steps-by-hand.ts';
import { useWorld } from '../support/use-world.ts';

const world = useWorld();
let added: { name: MetricName; value: number; dimensions?: Record<string, string> }[] = [];
beforeAll(() => {
  world.deps.metrics = {
    add: (name, value, dimensions) => void added.push({ name, value, ...(dimensions ? { dimensions } : {}) }),
  };
});
beforeEach(() => {
  added = [];
});

/** What each figure comes to, those with a dimension by `name value`. */
function sums(): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { name, value, dimensions } of added) {
    const key = [name, ...Object.values(dimensions ?? {})].join(' ');
    sum[key] = (sum[key] ?? 0) + value;
  }
  return sum;
}
const valuesOf = (name: MetricName) => added.filter((figure) => figure.name === name).map(({ value }) => value);

/** The figures of a job as its row tells them. */
const toldOnTheRow = (results: Record<string, never>) => {
  const { stored, rounds, tokens, cost_usd, claims } = results as unknown as {
    /** a word where nothing was published */
    claims: string | { proven: Record<string, number>; content: number; thin: number; taken_out: number };
    stored: number;
    rounds: number;
    tokens: { input: number; output: number; cache_read: number; cache_write: number };
    cost_usd: number;
  };
  const { proven, content, thin, taken_out } =
    typeof claims === 'object' ? claims : { proven: {}, content: 0, thin: 0, taken_out: 0 };
  const figures = {
    SectionsStored: stored,
    Rounds: rounds,
    InputTokens: tokens.input,
    OutputTokens: tokens.output,
    CacheReadTokens: tokens.cache_read,
    CacheWriteTokens: tokens.cache_write,
    ClausesProven: Object.values(proven).reduce((sum, count) => sum + count, 0),
    ClausesContent: content,
    ClausesThin: thin,
    ClausesTakenOut: taken_out,
  };
  return {
    // a figure of zero is not published
    ...Object.fromEntries(Object.entries(figures).filter(([, value]) => value > 0)),
    CostUsd: expect.closeTo(cost_usd, 5),
  };
};

describe('the figures of a job', () => {
  it('are those of its row', async () => {
    const row = world.jobRow();
    world.standIn.script.result(customId(row.job_id, 1, 3), { kind: 'not_json' });
    await world.putJob(row);
    await world.settle();
    const { results } = await world.ended(row.job_id);
    const { BatchSeconds: _, StoreSeconds: __, ...rest } = sums();
    expect(rest).toEqual({ JobsCompleted: 1, ...toldOnTheRow(results) });
    expect(results.cost_usd).toBeGreaterThan(0);
    expect(results.rounds).toBe(2);
    expect(valuesOf('BatchSeconds')).toEqual([30, 30]);
    // a batch is 30 s old when it ends, and is looked at within the wait that its age gives
    expect(valuesOf('StoreSeconds')).toHaveLength(2);
    for (const seconds of valuesOf('StoreSeconds')) expect(seconds).toBeLessThanOrEqual(5);
  });

  it('tell failed sections by their reasons', async () => {
    const [some, all] = [world.jobRow(), world.jobRow()];
    world.standIn.script.result(customId(some.job_id, 1, 1), { kind: 'refusal' });
    world.standIn.script.result(customId(some.job_id, 1, 2), { kind: 'context_window' });
    for (let ordinal = 0; ordinal < 15; ordinal++) {
      world.standIn.script.result(customId(all.job_id, 1, ordinal), { kind: 'refusal' });
    }
    await world.putJob(some);
    await world.settle();
    expect(sums()).toMatchObject({ JobsCompleted: 1, 'SectionsFailed refusal': 1, 'SectionsFailed context_window': 1 });
    added = [];
    await world.putJob(all);
    await world.settle();
    const { results } = await world.ended(all.job_id);
    expect(sums()).toMatchObject({
      'JobsFailed NothingStored': 1,
      'SectionsFailed refusal': 15,
      CostUsd: expect.closeTo(results.cost_usd, 5),
    });
    expect(sums()).not.toHaveProperty('JobsCompleted');
    expect(sums()).not.toHaveProperty('SectionsStored');
  });

  it('of one that is refused before anything is sent are its failure alone', async () => {
    await world.run({ job_config: '{"max_batch_size": "many"}' });
    expect(sums()).toEqual({ 'JobsFailed InvalidJobConfig': 1 });
  });

  it('of one that a person cancelled in flight are counted, as cancelled', async () => {
    world.processing.finishedShare = 2 / 3;
    const row = world.jobRow();
    const steps = taskSteps(world.deps);
    await stepByStep(world, steps, row, {
      async before(step) {
        const now = (await world.deps.jobs.get(row.job_id)) ?? {};
        if (step === 'check-status' && now.status === 'PROCESSING') {
          await world.deps.jobs.change(
            row.job_id,
            { status: 'PROCESSING', version: now.version },
            { status: 'CANCELLED' },
          );
        }
      },
    });
    const { results } = await world.ended(row.job_id);
    const { BatchSeconds: _, StoreSeconds: __, ...rest } = sums();
    expect(rest).toEqual({ JobsCancelled: 1, 'SectionsFailed canceled': 5, ...toldOnTheRow(results) });
    expect(results).toMatchObject({ stored: 10, failed_count: 5 });
  });
});

describe('every figure is counted once', () => {
  it('although every step is run twice', async () => {
    const row = world.jobRow();
    world.standIn.script.result(customId(row.job_id, 1, 3), { kind: 'not_json' });
    world.standIn.script.result(customId(row.job_id, 1, 4), { kind: 'refusal' });
    await stepByStep(world, taskSteps(world.deps), row, { times: 2 });
    const { results } = await world.ended(row.job_id);
    const { BatchSeconds: _, StoreSeconds: __, ...rest } = sums();
    expect(rest).toEqual({ JobsCompleted: 1, 'SectionsFailed refusal': 1, ...toldOnTheRow(results) });
    expect(results).toMatchObject({ stored: 14, rounds: 2 });
    expect(valuesOf('BatchSeconds')).toEqual([30, 30]);
    expect(valuesOf('StoreSeconds')).toHaveLength(2);
  });

  it('although a failed job is closed twice', async () => {
    const row = world.jobRow();
    world.standIn.script.answer('create', 400);
    const { steps } = await stepByStep(world, taskSteps(world.deps), row, { times: 2 });
    expect(steps).toEqual(['fail']);
    expect(sums()).toEqual({ 'JobsFailed AnthropicRefused': 1 });
  });

  it.each(['before', 'after'] as const)(
    'or not at all, when the step dies %s the write that closes the job',
    async (when) => {
      const row = world.jobRow();
      const steps = taskSteps(world.deps);
      const { jobs } = world.deps;
      const { change } = jobs;
      const complete = steps.complete as (input: unknown) => Promise<unknown>;
      let died = 0;
      steps.complete = async (input) => {
        jobs.change = async (...args) => {
          jobs.change = change;
          if (when === 'after') await change(...args);
          died += 1;
          throw new StoreUnavailable('died');
        };
        await complete(input).catch((error: unknown) => {
          if (!(error instanceof StoreUnavailable)) throw error;
        });
        return complete(input);
      };
      await stepByStep(world, steps, row);
      expect(died).toBe(1);
      expect((await world.ended(row.job_id)).row.status).toBe('COMPLETED');
      expect(valuesOf('JobsCompleted')).toEqual(when === 'before' ? [1] : []);
      expect(valuesOf('SectionsStored')).toEqual(when === 'before' ? [15] : []);
    },
  );

  it('although results break off and are read again', async () => {
    const { batches } = world.deps;
    const { results } = batches;
    let broken = false;
    batches.results = async (id) => {
      if (!broken) {
        broken = true;
        throw new AnthropicUnavailable('broke off');
      }
      return results(id);
    };
    const job = await world.run();
    batches.results = results;
    expect(broken).toBe(true);
    expect(sums()).toMatchObject({ JobsCompleted: 1, ...toldOnTheRow(job.results) });
    expect(valuesOf('StoreSeconds')).toHaveLength(1);
  });

  it('of a job that is put back to PENDING add what is new', async () => {
    const row = world.jobRow();
    for (const ordinal of [1, 2]) world.standIn.script.result(customId(row.job_id, 1, ordinal), { kind: 'canceled' });
    await world.putJob(row);
    await world.settle();
    const first = await world.ended(row.job_id);
    expect(sums()).toMatchObject({ SectionsStored: 13, Rounds: 1, 'SectionsFailed canceled': 2 });
    await world.putJob({ ...first.row, status: 'PENDING', version: Number(first.row.version) + 1 });
    await world.settle();
    const { results } = await world.ended(row.job_id);
    expect(results).toMatchObject({ stored: 15, rounds: 2 });
    expect(sums()).toMatchObject({ JobsCompleted: 2, 'SectionsFailed canceled': 2, ...toldOnTheRow(results) });
  });
});
