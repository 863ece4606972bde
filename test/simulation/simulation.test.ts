import { describe, expect, test } from 'vitest';
import { chain, type Strike, singles, strikeFrom } from './faults.ts';
import { type Found, openExplorer } from './runner.ts';
import { SCENARIOS, type Scenario, scenarioOf } from './scenarios.ts';

/** A share of all single faults, spread evenly, and of the chains; `npm run simulate` runs them all. */
const SINGLES = 10;
const CHAINS = 4;
/** Workers have more to do, and take longer. */
const OF_WORKERS = { singles: 4, chains: 2 };
/** What runs on a server of DynamoDB as well, which holds the tables in memory against it. */
const ON_A_SERVER = ['adopted', 'forgotten'];
const SINGLES_ON_A_SERVER = 3;
/** A run takes tenths of a second; only one that hangs takes longer than this. */
const HANGS = { timeout: 600_000 };

const explorer = openExplorer();

async function foundBy(strikes: readonly Strike[][], scenario: Scenario, by = explorer): Promise<Found[]> {
  const found: (Found | undefined)[] = [];
  for (const some of strikes) found.push(await by.explore(scenario, some));
  return found.filter((one) => one !== undefined);
}

/** So many of the single faults, spread evenly. */
function shareOf(calls: readonly string[], count: number): Strike[][] {
  const all = singles(calls);
  const step = Math.ceil(all.length / count);
  return all.filter((_, index) => index % step === 0).map((strike) => [strike]);
}

describe.each(SCENARIOS)('$name: $about', HANGS, (scenario) => {
  test('without faults every invariant holds, and there are calls to strike at', async () => {
    const { calls, violations, redriven } = await explorer.baseline(scenario);
    expect(violations).toEqual([]);
    expect(redriven).toBe(0);
    expect(calls.length).toBeGreaterThan(30);
    expect(new Set(calls).size).toBe(calls.length);
  });

  test('a share of all single faults needs no operator', async () => {
    const { calls } = await explorer.baseline(scenario);
    expect(await foundBy(shareOf(calls, scenario.workers ? OF_WORKERS.singles : SINGLES), scenario)).toEqual([]);
  });

  test('chains of two to six faults leave no invariant broken', async () => {
    const { calls } = await explorer.baseline(scenario);
    const chains = Array.from({ length: scenario.workers ? OF_WORKERS.chains : CHAINS }, (_, nth) =>
      chain(calls, nth + 1),
    );
    expect(await foundBy(chains, scenario)).toEqual([]);
  });
});

describe('on a server of DynamoDB', HANGS, () => {
  test.each(ON_A_SERVER.map(scenarioOf))('the calls and the sections are the same ($name)', async (scenario) => {
    const onServer = openExplorer('dynoxide');
    try {
      const [server, memory] = [await onServer.baseline(scenario), await explorer.baseline(scenario)];
      expect(server.violations).toEqual([]);
      expect(server.sections).toEqual(memory.sections);
      expect(ofSteps(server.calls)).toEqual(ofSteps(memory.calls));
      expect(await foundBy(shareOf(memory.calls, SINGLES_ON_A_SERVER), scenario, onServer)).toEqual([]);
    } finally {
      await onServer.close();
    }
  });
});

/** Faults of the API, of which a share is tried with the other provider: there, its errors are those of AWS' gateway. */
const OF_THE_API = 5;

describe('through Claude Platform on AWS', HANGS, () => {
  const byRole = openExplorer('memory', 'aws');
  // what workers do more than a deployment is none of the API's affair
  const some = SCENARIOS.filter(({ name, workers }) => workers === undefined || name === 'worker');

  test.each(some)('the calls and the sections are the same, and no key is sent ($name)', async (scenario) => {
    const [role, key] = [await byRole.baseline(scenario), await explorer.baseline(scenario)];
    expect(role.violations).toEqual([]);
    expect(role.sections).toEqual(key.sections);
    // which of two workers makes a call, and how often it looks, depends on which of them is faster
    if (scenario.workers !== undefined) return;
    // how often a job looks whether an earlier one has ended depends on which of the two is faster
    const steady = (calls: readonly string[]) =>
      ofSteps(calls).filter((label) => scenario.payOnce === undefined || !label.startsWith('b.submit#'));
    expect(steady(role.calls)).toEqual(steady(key.calls));
  });

  test.each(some)('a share of the faults of the API needs no operator ($name)', async (scenario) => {
    const { calls } = await byRole.baseline(scenario);
    const ofApi = calls.filter((label) => label.includes('/anthropic '));
    expect(ofApi.length).toBeGreaterThan(0);
    expect(await foundBy(shareOf(ofApi, OF_THE_API), scenario, byRole)).toEqual([]);
  });
});

/** What a sweep sees of an execution that it has just started depends on which of the two is faster. */
const ofSteps = (calls: readonly string[]): string[] => calls.filter((label) => !label.startsWith('sweep#')).sort();

/** What longer simulations have found, and what was then fixed. */
const FOUND: readonly [scenario: string, fault: string][] = [
  ['one', 'a.submit#1/dynamodb PutItem Delphi_NarrativeRequests#2 after killed'],
  ['two', 'b.collect#1/dynamodb Query Delphi_NarrativeRequests#5 after stopped'],
  ['cancelled', 'a.collect#1/anthropic results#1 before stopped'],
  ['cancelled', 'a.collect#1/dynamodb BatchWriteItem Delphi_NarrativeRequests#1 after stopped'],
];

test.each(FOUND)('%s: %s leaves no invariant broken', HANGS, async (scenario, fault) => {
  expect(await explorer.explore(scenarioOf(scenario), [strikeFrom(fault)])).toBeUndefined();
});
