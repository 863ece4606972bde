import { chain, type Strike, singles } from './faults.ts';
import { type Explorer, type Found, openExplorer } from './runner.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import type { TableKind } from './stores.ts';
import type { Provider } from './world.ts';

/** One process of a simulation: does its share and sends what it finds to the process that started it. */
const [names = '', tables = 'memory', provider = 'anthropic', calls = '', ...numbers] = process.argv.slice(2);
const [seed = 1, runs = 0, worker = 0, workers = 1] = numbers.map(Number);
// a simulation that is broken off must leave no databases behind
process.once('disconnect', () => process.exit());
const explorer = openExplorer(tables as TableKind, provider as Provider);
for (const scenario of SCENARIOS.filter(({ name }) => names.split(',').includes(name))) {
  const baseline = await explorer.baseline(scenario);
  const { violations } = baseline;
  process.send?.({ kind: 'baseline', scenario: scenario.name, calls: baseline.calls, violations });
  await share(explorer, scenario, { seed, runs, calls, worker, workers }, (found) =>
    process.send?.({ kind: 'run', scenario: scenario.name, found }),
  );
}
await explorer.close();
// a state machine's own time limit, of days, would keep the process alive
process.send?.({ kind: 'done' }, () => process.exit(0));

/** What one worker does of a scenario. */
interface Share {
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
async function share(
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
