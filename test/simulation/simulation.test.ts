import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chain, singles, strikeFrom, textOf } from './chains.ts';
import { type Explorer, type Found, openExplorer } from './explore.ts';
import { SCENARIOS, scenarioOf } from './scenarios/all.ts';

/** A share of all single faults, spread evenly, and of the chains; `npm run simulate` runs them all. */
const SINGLES = 10;
const CHAINS = 4;
/** Calls that spend money: every fault of theirs, always, where a job is alone, beside another, and cancelled. */
const MONEY = /anthropic create#1$/;
const SPENDING = ['one', 'two', 'cancelled'];

let explorer: Explorer;
beforeAll(async () => {
  explorer = await openExplorer();
});
afterAll(() => explorer.close());

describe.each(SCENARIOS)('$name: $about', (scenario) => {
  test('without faults every invariant holds, and there are calls to strike at', async () => {
    const { calls, violations, redriven } = await explorer.baseline(scenario);
    expect(violations).toEqual([]);
    expect(redriven).toBe(0);
    expect(calls.length).toBeGreaterThan(30);
    expect(new Set(calls).size).toBe(calls.length);
  });

  test('a share of all single faults is got over without an operator', async () => {
    const { calls } = await explorer.baseline(scenario);
    const all = singles(calls);
    const step = Math.ceil(all.length / SINGLES);
    const found: (Found | undefined)[] = [];
    for (let index = 0; index < all.length; index += step) {
      const strike = all[index];
      if (strike) found.push(await explorer.explore(scenario, [strike]));
    }
    expect(found.filter(Boolean)).toEqual([]);
  });

  test('chains of two to six faults leave no invariant broken', async () => {
    const { calls } = await explorer.baseline(scenario);
    const found: (Found | undefined)[] = [];
    for (let nth = 1; nth <= CHAINS; nth++) found.push(await explorer.explore(scenario, chain(calls, nth)));
    expect(found.filter(Boolean)).toEqual([]);
  });
});

test.each(SPENDING.map(scenarioOf))(
  'whatever befalls the call that sends, each section is paid for once ($name)',
  async (scenario) => {
    const { calls } = await explorer.baseline(scenario);
    const found: (Found | undefined)[] = [];
    for (const strike of singles(calls.filter((label) => MONEY.test(label))))
      found.push(await explorer.explore(scenario, [strike]));
    expect(found.filter(Boolean)).toEqual([]);
  },
);

/** What longer simulations have found, and what was then mended. */
const FOUND: readonly [scenario: string, fault: string][] = [
  ['one', 'a.submit#1/dynamodb PutItem Delphi_NarrativeRequests#2 after killed'],
  ['two', 'b.collect#1/dynamodb Query Delphi_NarrativeRequests#5 after stopped'],
  ['cancelled', 'a.collect#1/anthropic results#1 before stopped'],
  ['cancelled', 'a.collect#1/dynamodb BatchWriteItem Delphi_NarrativeRequests#1 after stopped'],
];

test.each(FOUND)('%s: %s is got over', async (scenario, fault) => {
  expect(await explorer.explore(scenarioOf(scenario), [strikeFrom(fault)])).toBeUndefined();
});

describe('a fault that was found', () => {
  test('is read back from its text', () => {
    const calls = ['a.submit#1/anthropic create#1', 'a.collect#1/dynamodb BatchWriteItem Delphi_NarrativeReports#2'];
    for (const strike of singles(calls)) expect(strikeFrom(textOf(strike))).toEqual(strike);
  });

  test('strikes again by its seed', () => {
    const calls = Array.from({ length: 40 }, (_, nth) => `a.submit#1/postgres reports#${nth}`);
    expect(chain(calls, 17)).toEqual(chain(calls, 17));
    expect(chain(calls, 17)).not.toEqual(chain(calls, 18));
  });
});
