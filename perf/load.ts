import * as z from 'zod';
import { type Line, printTable } from './print.ts';
import { isSwitch, readFlags } from './read-flags.ts';

const HELP = `Puts the whole system under load, on embedded parts; see docs/benchmarks.md.

  --only <part>  runs one part: jobs, lines, batch or stream
  --help         prints this

Every part says whether what it left behind is true; the exit code is 1 if any of it is not, and 2 for a wrong flag.`;

const PARTS = ['jobs', 'lines', 'batch', 'stream'] as const;
const flagsSchema = z.strictObject({
  help: isSwitch,
  only: z.enum(PARTS, `should be ${PARTS.slice(0, -1).join(', ')} or ${PARTS.at(-1)}`).optional(),
});

/** `npm run load`, as {@link HELP} tells. */
const flags = readFlags(flagsSchema, { help: { type: 'boolean' }, only: { type: 'string' } });
if (flags.help) {
  console.log(HELP);
  process.exit();
}
// loaded only now: it synthesizes the stacks
const { parts } = await import('./load/parts.ts');
let wrong = 0;
for (const part of PARTS) {
  if (flags.only !== undefined && flags.only !== part) continue;
  const { title, lines } = await parts[part]();
  printTable(title, lines);
  wrong += lines.filter(isWrong).length;
}
process.exitCode = wrong > 0 ? 1 : 0;

function isWrong({ target }: Line): boolean {
  return target?.endsWith('no') ?? false;
}
