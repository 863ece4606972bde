import * as z from 'zod';
import { BadInput } from '../lambdas/shared/errors.ts';
import { isSwitch, type Line, oneOf, printTable, readFlags } from './command-line.ts';

const HELP = `Measures submit, collect, prompts, the functions’ bundles, the worker, the check of claims and the page of a report; see docs/benchmarks.md.

  --only <part>  runs one part: submit, collect, prompts, functions, worker, claims or page; the name alone does the same
  --data <path>  for claims: a folder with a Polis export in each of its folders, beside the sample
  --pairs <N>    how often both sides run, 1 to 100 (5 for submit, worker and page, 3 for collect, 15 for functions)
  --help         prints this

Figures over their target are marked so; the exit code is 0 unless something breaks, and 2 for a wrong flag.`;

const PAIRS = 'should be a whole number from 1 to 100';
const flagsSchema = z.strictObject({
  help: isSwitch,
  only: oneOf(['submit', 'collect', 'prompts', 'functions', 'worker', 'claims', 'page']).optional(),
  data: z.string('needs the path of a folder').min(1, 'needs the path of a folder').optional(),
  pairs: z
    .string(PAIRS)
    .regex(/^(?:[1-9]\d?|100)$/, PAIRS)
    .transform(Number)
    .optional(),
});

/** `npm run bench`, as {@link HELP} says. */
const flags = readFlags(
  flagsSchema,
  { help: { type: 'boolean' }, only: { type: 'string' }, data: { type: 'string' }, pairs: { type: 'string' } },
  'only',
);
if (flags.help) {
  console.log(HELP);
  process.exit();
}
// each part is loaded only when it runs: together they take two seconds
const wanted = (part: NonNullable<typeof flags.only>) => flags.only === undefined || flags.only === part;
const began = Date.now();
const resources = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void resources.disposeAsync().finally(() => process.exit(1)));
}

try {
  const submitted = wanted('submit') || wanted('collect') ? await benchSteps() : [];
  if (wanted('submit') || wanted('prompts')) {
    const { promptLines, samplePrompts } = await import('./bench/prompts.ts');
    const sample = promptLines('sample', await samplePrompts());
    printTable('Characters of a whole report’s prompts, one round', [...sample, ...submitted]);
    if (!wanted('submit')) console.log('\nThe other two conversations of docs/benchmarks.md come with --only submit.');
  }
  if (wanted('functions')) {
    const { benchFunctions } = await import('./bench/functions.ts');
    const { sizes, imports } = await benchFunctions(flags.pairs ?? 15, (remove) => resources.defer(remove));
    printTable('Bundles of the functions, and the packages that weigh most', sizes);
    printTable('Import of each bundle in a fresh process, against a function with the DynamoDB client only', imports);
  }
  if (wanted('worker')) {
    const { benchWorker } = await import('./bench/worker.ts');
    const lines = await benchWorker(flags.pairs ?? 5, (remove) => resources.defer(remove));
    printTable('The worker, as it is installed, beside a Polis', lines);
  }
  if (wanted('claims')) {
    const { benchClaims } = await import('./bench/claims.ts');
    for (const { title, lines } of await benchClaims(flags.data)) printTable(title, lines);
  }
  if (wanted('page')) {
    const { benchPage } = await import('./bench/page.ts');
    printTable('The page of a report about 400 comments', await benchPage(flags.pairs ?? 5));
  }
} catch (error) {
  if (!(error instanceof BadInput)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await resources.disposeAsync();
}
console.log(`\ndone in ${((Date.now() - began) / 1000).toFixed(0)} s`);

/** Measures the steps. @returns lines about the prompts that were submitted */
async function benchSteps(): Promise<Line[]> {
  const { setUp } = await import('./bench/setup.ts');
  const bench = await setUp(resources);
  const submitted = wanted('submit')
    ? await (await import('./bench/submit.ts')).benchSubmit(bench, flags.pairs ?? 5)
    : [];
  if (wanted('collect')) {
    const { benchCollect } = await import('./bench/collect.ts');
    const lines = await benchCollect(bench, flags.pairs ?? 3);
    printTable('Collect: answers of about 11 KB to stored sections', lines);
  }
  return submitted;
}
