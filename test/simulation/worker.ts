import { openExplorer } from './explore.ts';
import { SCENARIOS } from './scenarios/all.ts';
import { share } from './share.ts';

/** One process of a simulation: does its share and sends what it finds to the process that started it. */
const [names = '', calls = '', ...numbers] = process.argv.slice(2);
const [seed = 1, runs = 0, worker = 0, workers = 1] = numbers.map(Number);
// a simulation that is broken off must leave no databases behind
process.once('disconnect', () => process.exit());
const explorer = await openExplorer();
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
