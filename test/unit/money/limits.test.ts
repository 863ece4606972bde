import { describe, expect, test } from 'vitest';
import { jobRefusal, OverBudget, type Refusal, refusalText } from '../../../lambdas/money/limits.ts';
import { microUsd as usd } from '../../../lambdas/money/money.ts';

describe('the budget of a job', () => {
  const ask = (change: Partial<Parameters<typeof jobRefusal>[0]>) =>
    jobRefusal({ model: 'm', most: usd(2), spent: 0, budget: usd(2), unpricedAllowed: false, ...change });

  test('allows what it holds, to the last millionth', () => {
    expect(ask({})).toBeUndefined();
    expect(ask({ most: usd(2) + 1 })).toEqual({ kind: 'job', most: 2_000_001, spent: 0, budget: usd(2) });
  });

  test('counts what earlier rounds cost', () => {
    expect(ask({ most: usd(0.5), spent: usd(1.5) })).toBeUndefined();
    expect(ask({ most: usd(0.5), spent: usd(1.6) })).toMatchObject({ kind: 'job', spent: usd(1.6) });
  });

  test('refuses when what was spent is not known', () => {
    expect(ask({ most: 1, spent: undefined })).toMatchObject({ kind: 'job', spent: undefined });
  });

  test('that is not set refuses no price', () => {
    expect(ask({ most: usd(1_000), budget: undefined, spent: undefined })).toBeUndefined();
  });

  test('refuses a model without a price unless it is allowed, with and without a budget', () => {
    expect(ask({ most: undefined })).toEqual({ kind: 'unpriced', model: 'm' });
    expect(ask({ most: undefined, budget: undefined })).toEqual({ kind: 'unpriced', model: 'm' });
    expect(ask({ most: undefined, unpricedAllowed: true })).toBeUndefined();
  });
});

describe('OverBudget', () => {
  const day: Refusal = { kind: 'day', most: usd(3), committed: usd(8), budget: usd(10), day: '2026-11-22' };

  test.each<[Refusal, string]>([
    [
      { kind: 'job', most: usd(2.345), spent: 0, budget: usd(2) },
      'the job could cost up to $2.35, which is over the job budget of $2.00: raise the budget (jobBudgetUsd), or set "layers" in job_config to fewer topic layers',
    ],
    [
      day,
      'the job could cost up to $3.00, and $8.00 of the day budget of $10.00 is already spent or reserved on 2026-11-22: raise the day budget (dayBudgetUsd), or redrive the job after midnight UTC',
    ],
    [
      { ...day, budget: usd(1) },
      'the job could cost up to $3.00, and $8.00 of the day budget of $1.00 is already spent or reserved on 2026-11-22: raise the day budget (dayBudgetUsd), or set "layers" in job_config to fewer topic layers',
    ],
    [
      { kind: 'unpriced', model: 'narrator-9' },
      'the price list does not know the model "narrator-9", so no budget can count what the job costs: name a priced model, or allow this one with the setting unpricedModels or "allow_unpriced": true in job_config',
    ],
  ])('holds the figures and says what to do: %j', (refusal, message) => {
    const error = new OverBudget(refusal);
    expect(error.refusal).toBe(refusal);
    expect(error.message).toBe(message);
  });

  test('names settings as they are called where the job runs', () => {
    const error = new OverBudget(day, { unpriced: 'A', job: 'B', day: 'DAY_BUDGET_USD' });
    expect(error.message).toContain('raise the day budget (DAY_BUDGET_USD)');
  });
});

test('the refusal of a later round says what was spent before', () => {
  const refusal: Refusal = { kind: 'job', most: usd(1), spent: usd(1.5), budget: usd(2) };
  expect(refusalText(refusal, 'it')).toBe(
    'it could cost up to $1.00 after $1.50 was spent, which is over the job budget of $2.00',
  );
  expect(refusalText({ ...refusal, spent: undefined }, 'it')).toContain('after an unknown sum was spent');
});
