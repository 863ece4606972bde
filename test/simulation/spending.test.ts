import { expect, test } from 'vitest';
import { singles } from './faults.ts';
import { type Found, openExplorer } from './runner.ts';
import { scenarioOf } from './scenarios.ts';

/** Calls that spend money: every fault of theirs, always, where a job is alone, beside another, and cancelled. */
const MONEY = /anthropic create#1$/;
const SPENDING = ['one', 'two', 'cancelled'];
/** A run takes tenths of a second; only one that hangs takes longer than this. */
const HANGS = { timeout: 600_000 };

const explorer = openExplorer();

test.each(SPENDING.map(scenarioOf))(
  'whatever happens to the call that sends, each section is paid for once ($name)',
  HANGS,
  async (scenario) => {
    const { calls } = await explorer.baseline(scenario);
    const strikes = singles(calls.filter((label) => MONEY.test(label)));
    expect(strikes).not.toEqual([]);
    const found: (Found | undefined)[] = [];
    for (const strike of strikes) found.push(await explorer.explore(scenario, [strike]));
    expect(found.filter(Boolean)).toEqual([]);
  },
);
