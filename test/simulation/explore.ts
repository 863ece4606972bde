import type { Breakage } from './breakage.ts';
import { planOf, type Strike, textOf } from './chains.ts';
import { putDecoys } from './decoys.ts';
import { NO_FAULTS } from './fault.ts';
import { type Outcome, simulate } from './run.ts';
import type { Scenario } from './scenario.ts';
import { openPolis, openTables, type Tables } from './site.ts';

/** A run that left something wrong. */
export interface Found {
  scenario: string;
  /** of a chain */
  seed?: number;
  faults: string[];
  violations: string[];
}

/** Runs that share a set of tables; a stream slows down with every record it holds. */
const RUNS_A_TABLE_SET = 10;

/** Runs scenarios under faults, on databases that are opened once. */
export async function openExplorer() {
  const polis = await openPolis();
  let tables: Tables | undefined;
  let runsLeft = 0;
  const baselines = new Map<string, Outcome>();

  async function freshTables(): Promise<Tables> {
    if (tables && runsLeft-- > 0) return tables;
    await tables?.close();
    tables = await openTables(polis);
    await putDecoys(tables.db);
    runsLeft = RUNS_A_TABLE_SET;
    return tables;
  }

  const run = async (scenario: Scenario, strikes: readonly Strike[], broken?: Breakage): Promise<Outcome> =>
    simulate(polis, await freshTables(), scenario, strikes.length > 0 ? planOf(strikes) : NO_FAULTS, broken);

  /** A run without faults: what it calls is where faults can strike, and what it leaves is what every run must leave. */
  async function baseline(scenario: Scenario): Promise<Outcome> {
    const known = baselines.get(scenario.name);
    if (known) return known;
    const outcome = await run(scenario, []);
    baselines.set(scenario.name, outcome);
    return outcome;
  }

  return {
    baseline,
    /** @returns undefined when nothing is wrong */
    async explore(scenario: Scenario, strikes: readonly Strike[], broken?: Breakage): Promise<Found | undefined> {
      const expected = await baseline(scenario);
      let outcome = await run(scenario, strikes, broken);
      if (missed(strikes, expected, outcome).length > 0) {
        // what earlier runs left in these tables is looked at by the sweep, too
        runsLeft = 0;
        outcome = await run(scenario, strikes, broken);
      }
      const violations = [
        ...outcome.violations,
        ...otherThan(expected, outcome, scenario),
        ...neededHelp(strikes, outcome),
        ...missed(strikes, expected, outcome),
      ];
      return violations.length > 0 ? { scenario: scenario.name, faults: strikes.map(textOf), violations } : undefined;
    },
    async close() {
      await tables?.close();
      await polis.close();
    },
  };
}

export type Explorer = Awaited<ReturnType<typeof openExplorer>>;

/**
 * Sections must be the same, word for word, whatever went wrong on the way. How many a cancelled job gets depends on how
 * far its batches had come.
 */
function otherThan(expected: Outcome, { sections }: Outcome, { ends }: Scenario): string[] {
  const names = new Set([...Object.keys(expected.sections), ...Object.keys(sections)]);
  const inBoth = (name: string) => name in expected.sections && name in sections;
  return [...names]
    .filter((name) => expected.sections[name] !== sections[name] && (ends !== 'CANCELLED' || inBoth(name)))
    .map((name) => `section ${name} is not what a run without faults stores`);
}

/** One fault alone must be got over without an operator; what a person has stopped, a person starts again, once. */
function neededHelp(strikes: readonly Strike[], { redriven }: Outcome): string[] {
  if (strikes.length > 1) return [];
  const due = strikes[0]?.fault.kind === 'stopped' ? 1 : 0;
  return redriven > due ? [`an operator had to redrive a job ${redriven} time(s) after a single fault`] : [];
}

/**
 * A single fault at a call that a run without faults makes must strike: otherwise its run proves nothing. What a sweep
 * sees of an execution that it has just started depends on which of the two is faster.
 */
const missed = (strikes: readonly Strike[], { calls }: Outcome, { struck }: Outcome): string[] =>
  strikes.length === 1 &&
  struck.length === 0 &&
  calls.includes(strikes[0]?.label ?? '') &&
  !strikes[0]?.label.startsWith('sweep#')
    ? ['the fault never struck: the same run made other calls this time']
    : [];
