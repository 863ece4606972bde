import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROKEN_BUILDS } from './broken-builds.ts';
import { strikeFrom } from './chains.ts';
import { type Explorer, openExplorer } from './explore.ts';
import { scenarioOf } from './scenarios/all.ts';

let explorer: Explorer;
beforeAll(async () => {
  explorer = await openExplorer();
});
afterAll(() => explorer.close());

describe('the simulation notices when', () => {
  test.each(BROKEN_BUILDS)('$name', async ({ scenario, shownBy, breaks, how }) => {
    const strikes = shownBy === undefined ? [] : [strikeFrom(shownBy)];
    const found = await explorer.explore(scenarioOf(scenario), strikes, how);
    expect(found?.violations.join('\n')).toMatch(breaks);
    // and it is the build that is wrong, not the fault that cannot be got over
    expect(await explorer.explore(scenarioOf(scenario), strikes)).toBeUndefined();
  });
});
