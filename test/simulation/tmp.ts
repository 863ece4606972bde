import { openExplorer } from './runner.ts';
import { scenarioOf } from './scenarios.ts';
const e = openExplorer();
for (const name of process.argv.slice(2)) {
  const t = Date.now();
  const b = await e.baseline(scenarioOf(name));
  console.log(name, Date.now() - t, 'ms', b.calls.length, b.violations, b.redriven, Object.keys(b.sections).length);
  if (process.env.SHOW) console.log(b.calls.join('\n'));
}
process.exit(0);
