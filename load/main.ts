import { parseArgs } from 'node:util';
import * as z from 'zod';
import { type Line, printTable } from '../bench/print.ts';

const HELP = `Puts the whole system under load, on embedded parts; see docs/benchmarks.md.

  --only <part>  runs one part: jobs, lines, batch or stream
  --help         prints this

Every part says whether what it left behind is true; the exit code is 1 if any of it is not, and 2 for a wrong flag.`;

const PARTS = ['jobs', 'lines', 'batch', 'stream'] as const;
const flagsSchema = z.strictObject({
  help: z.boolean('takes no value').default(false),
  only: z.enum(PARTS, `should be ${PARTS.slice(0, -1).join(', ')} or ${PARTS.at(-1)}`).optional(),
});

/** `npm run load`, as {@link HELP} tells. */
const flags = readFlags();
if (flags.help) {
  console.log(HELP);
  process.exit();
}
// loaded only now: it synthesizes the stacks
const { linesOf } = await import('./lines.ts');
let wrong = 0;
for (const part of PARTS) {
  if (flags.only !== undefined && flags.only !== part) continue;
  const { title, lines } = await linesOf[part]();
  printTable(title, lines);
  wrong += lines.filter(isWrong).length;
}
process.exitCode = wrong > 0 ? 1 : 0;

function isWrong({ target }: Line): boolean {
  return target?.endsWith('no') ?? false;
}

/** One line and exit code 2 for a flag that is unknown or has a wrong value. */
function readFlags(): z.infer<typeof flagsSchema> {
  const { values, positionals } = parseArgs({
    strict: false,
    options: { help: { type: 'boolean' }, only: { type: 'string' } },
  });
  const result = flagsSchema.safeParse(values);
  if (result.success && positionals.length === 0) return result.data;
  const issue = result.error?.issues[0];
  const problem =
    issue === undefined
      ? `"${positionals[0]}" is not a flag`
      : issue.code === 'unrecognized_keys'
        ? `--${issue.keys[0]} is not a flag`
        : `--${issue.path.join('.')} ${issue.message}`;
  console.error(`${problem}; --help prints the flags`);
  process.exit(2);
}
