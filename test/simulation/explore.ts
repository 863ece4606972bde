import { chain, planOf, type Strike, singles, textOf } from './chains.ts';
import { putDecoys } from './decoys.ts';
import { NO_FAULTS } from './fault.ts';
import { type Outcome, simulate } from './run.ts';
import type { Scenario } from './scenario.ts';
import { openPolis, openTables, type Tables } from './site.ts';
import type { Breakage } from './world.ts';

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
      const outcome = await run(scenario, strikes, broken);
      const violations = [
        ...outcome.violations,
        ...otherThan(expected, outcome, scenario),
        ...neededHelp(strikes, outcome),
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

/** One fault alone must be got over without an operator. */
const neededHelp = (strikes: readonly Strike[], { redriven }: Outcome): string[] =>
  strikes.length <= 1 && redriven > 0
    ? [`an operator had to redrive a job ${redriven} time(s) after a single fault`]
    : [];

/** What one worker does of a scenario. */
export interface Share {
  /** of the first chain */
  seed: number;
  /** chains */
  runs: number;
  /** text that is in the label of a call whose single faults are tried; '' for all */
  calls: string;
  worker: number;
  workers: number;
}

/** The part of all single faults, and of the chains of some seeds, that is one worker's share. */
export async function share(
  explorer: Explorer,
  scenario: Scenario,
  { seed, runs, worker, workers, calls: about }: Share,
  tell: (found: Found | undefined) => void,
): Promise<void> {
  const { calls } = await explorer.baseline(scenario);
  const chosen = calls.filter((label) => label.includes(about));
  for (const [index, strike] of singles(chosen).entries()) {
    if (index % workers === worker) tell(await explorer.explore(scenario, [strike]));
  }
  for (let nth = 0; nth < runs; nth++) {
    if (nth % workers !== worker) continue;
    const found = await explorer.explore(scenario, chain(calls, seed + nth));
    tell(found && { ...(await smallest(explorer, scenario, found, chain(calls, seed + nth))), seed: seed + nth });
  }
}

/** Leaves out of a chain every fault without which something is still wrong. */
async function smallest(
  explorer: Explorer,
  scenario: Scenario,
  found: Found,
  strikes: readonly Strike[],
): Promise<Found> {
  for (const strike of strikes) {
    const fewer = strikes.filter((other) => other !== strike);
    const still = fewer.length > 0 ? await explorer.explore(scenario, fewer) : undefined;
    if (still) return smallest(explorer, scenario, still, fewer);
  }
  return found;
}
