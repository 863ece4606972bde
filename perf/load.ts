import * as z from 'zod';
import { isSwitch, isWrong, oneOf, printTable, readFlags } from './command-line.ts';

const HELP = `Puts the whole system under load, on embedded parts; see docs/benchmarks.md.

  --only <part>  runs one part: jobs, lines, batch or stream
  --help         prints this

Every part checks what it left behind; the exit code is 1 if anything is wrong, and 2 for a wrong flag.`;

// loaded only when they run: some synthesize the stacks
const PARTS = {
  jobs: () => import('./load/jobs.ts'),
  lines: () => import('./load/lines.ts'),
  batch: () => import('./load/batch.ts'),
  stream: () => import('./load/stream.ts'),
};
const flagsSchema = z.strictObject({ help: isSwitch, only: oneOf(['jobs', 'lines', 'batch', 'stream']).optional() });

/** `npm run load`, as {@link HELP} says. */
const flags = readFlags(flagsSchema, { help: { type: 'boolean' }, only: { type: 'string' } });
if (flags.help) {
  console.log(HELP);
  process.exit();
}
let wrong = 0;
for (const [part, load] of Object.entries(PARTS)) {
  if (flags.only !== undefined && flags.only !== part) continue;
  const { run } = await load();
  const { title, lines } = await run();
  printTable(title, lines);
  wrong += lines.filter(isWrong).length;
}
process.exitCode = wrong > 0 ? 1 : 0;
