import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { DaySpending } from '../../lambdas/money/day.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { DEFAULT_MODELS } from '../../stand-in/models.ts';
import { startWorld, type World } from './world.ts';

/** A model that the API knows and the price list does not. */
export const UNPRICED = 'narrator-9';

/** The whole system for tests about money, filled before the first test; every test has a day of its own. */
export const world = {} as World;

/** Starts and stops it around the tests of a file. */
export function useMoneyWorld(): void {
  beforeAll(async () => {
    Object.assign(world, await startWorld({ models: [...DEFAULT_MODELS, UNPRICED] }));
  });
  beforeEach(() => {
    world.passTime(86_400);
  });
  afterEach(() => {
    Object.assign(world.settings, { jobBudget: undefined, dayBudget: undefined, unpricedModels: [] });
    world.standIn.script.clear();
  });
  afterAll(() => world.close?.());
}

export const day = () => new Date(world.now()).toISOString().slice(0, 10);
export const total = async (of = day()): Promise<DaySpending> =>
  (await world.world.spending.days([of]))[0] as DaySpending;
export const ledgerRows = async (jobId: string, prefix: string) =>
  (await world.all(TABLE_NAMES.ledger)).filter((row) => row.job_id === jobId && String(row.entry).startsWith(prefix));
export const spendRow = async (jobId: string, round = 1) => (await ledgerRows(jobId, `spend#${round}`))[0];
export const withConfig = (changes: Record<string, unknown>) => {
  const row = world.jobRow();
  const config = JSON.parse(String(row.job_config));
  Object.assign(config.stages[0].config, changes);
  return { job_config: JSON.stringify(config) };
};
export const sentBatches = () => world.standIn.batches().length;
