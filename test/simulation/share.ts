import { chain, type Strike, singles } from './chains.ts';
import type { Explorer, Found } from './explore.ts';
import type { Scenario } from './scenario.ts';

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
