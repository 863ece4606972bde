import { beforeEach, describe, expect, it } from 'vitest';
import { microUsd } from '../../lambdas/money/money.ts';
import { customId } from '../../lambdas/shared/names.ts';
import { useWorld } from '../support/use-world.ts';
import { UNPRICED } from '../support/world.ts';

const world = useWorld();
// every test has a day of its own
beforeEach(() => world.passTime(86_400));

describe('a model without a price', () => {
  it('is refused before anything is sent, with and without a budget', async () => {
    const before = world.sent().length;
    for (const budget of [undefined, microUsd(1_000)]) {
      world.settings.jobBudget = budget;
      const { row } = await world.run(world.configured({ model: UNPRICED }));
      expect(row.error_message).toMatch(
        /^OverBudget: the price list does not know the model "narrator-9", .*unpricedModels or "allow_unpriced": true/,
      );
    }
    expect(world.sent().length).toBe(before);
  });

  it.each([
    ['the setting names it', () => [UNPRICED], {}],
    ['its job_config allows it', () => [], { allow_unpriced: true }],
  ])('is used when %s; row and results say that its price is unknown', async (_how, unpricedModels, config) => {
    Object.assign(world.settings, {
      unpricedModels: unpricedModels(),
      jobBudget: microUsd(0.01),
      dayBudget: microUsd(0.01),
    });
    const row = world.jobRow();
    const changes = world.configured({ model: UNPRICED, ...config });
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
    expect(await world.spent()).toMatchObject({ committed_micro_usd: 0, open_micro_usd: 0, unpriced_rounds: 2 });
  });
});
