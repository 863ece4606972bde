import { describe, expect, test } from 'vitest';
import { BROKEN_BUILDS } from './broken-builds.ts';
import { strikeFrom } from './faults.ts';
import { openExplorer } from './runner.ts';
import { scenarioOf } from './scenarios.ts';

/** A run takes tenths of a second; only one that hangs takes longer than this. */
const HANGS = { timeout: 600_000 };

const explorer = openExplorer();

describe('the simulation notices when', HANGS, () => {
  test.each(BROKEN_BUILDS)('$name', async ({ scenario, shownBy, breaks, how }) => {
    const strikes = shownBy === undefined ? [] : [strikeFrom(shownBy)];
    // it is the build that is wrong, not the fault that cannot be got over; and there is such a call to strike at
    const { calls } = await explorer.baseline(scenarioOf(scenario));
    expect(calls).toEqual(expect.arrayContaining(strikes.map(({ label }) => label)));
    expect(await explorer.explore(scenarioOf(scenario), strikes)).toBeUndefined();
    const found = await explorer.explore(scenarioOf(scenario), strikes, how);
    expect(found?.violations.join('\n')).toMatch(breaks);
  });
});

test('with Claude Platform on AWS, it notices that the call that sends is made again', HANGS, async () => {
  const build = BROKEN_BUILDS.find(({ name }) => name === 'the call that sends is made again after an unclear answer');
  const { scenario = '', shownBy = '', breaks, how } = build ?? {};
  const byRole = openExplorer('memory', 'aws');
  expect(await byRole.explore(scenarioOf(scenario), [strikeFrom(shownBy)])).toBeUndefined();
  const found = await byRole.explore(scenarioOf(scenario), [strikeFrom(shownBy)], how);
  expect(found?.violations.join('\n')).toMatch(breaks ?? /none/);
});
