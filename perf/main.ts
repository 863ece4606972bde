import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { Bench } from './bench.ts';
import { bundleRuns } from './bundle.ts';
import { benchCollect } from './collect.ts';
import { loadPolis } from './data/load-polis.ts';
import { BIG, SMALL } from './data/shape.ts';
import { createTables, dropTables } from './data/tables.ts';
import { benchFunctions } from './functions.ts';
import { type Line, printTable } from './print.ts';
import { promptLines, sampleAsked } from './prompts.ts';
import { isSwitch, readFlags } from './read-flags.ts';
import { awsEnvironment, startDynamo } from './servers/dynamodb.ts';
import { startPostgres } from './servers/postgres.ts';
import { startServer } from './servers/process.ts';
import { askedOf, benchSubmit, loadTopics } from './submit.ts';

const HELP = `Measures submit, collect, prompts and the functions’ bundles; see docs/benchmarks.md.

  --full         also collects 100,000 answers
  --only <part>  runs one part: submit, collect, prompts or functions
  --pairs <N>    how often both sides run, 1 to 100 (5 for submit, 3 for collect, 15 for functions)
  --help         prints this

Figures over their target are marked so; the exit code is 0 unless something breaks, and 2 for a wrong flag.`;

const flagsSchema = z.strictObject({
  full: isSwitch,
  help: isSwitch,
  only: z
    .enum(['submit', 'collect', 'prompts', 'functions'], 'should be submit, collect, prompts or functions')
    .optional(),
  pairs: z
    .string('should be a whole number from 1 to 100')
    .regex(/^(?:[1-9]\d?|100)$/, 'should be a whole number from 1 to 100')
    .transform(Number)
    .optional(),
});

/**
 * The benchmarks, as {@link HELP} tells. Figures over their target are said to be so.
 */
const flags = readFlags(flagsSchema, {
  full: { type: 'boolean' },
  help: { type: 'boolean' },
  only: { type: 'string' },
  pairs: { type: 'string' },
});
if (flags.help) {
  console.log(HELP);
  process.exit();
}
const wanted = (part: NonNullable<typeof flags.only>) => flags.only === undefined || flags.only === part;
const pairs = (otherwise: number) => flags.pairs ?? otherwise;
const began = Date.now();
const resources = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void resources.disposeAsync().finally(() => process.exit(1)));
}

try {
  const submitted = wanted('submit') || wanted('collect') ? await measure() : [];
  if (flags.only !== 'collect' && flags.only !== 'functions') {
    printTable('Characters of a whole report’s prompts, one round', [
      ...promptLines('sample', await sampleAsked()),
      ...submitted,
    ]);
    if (!wanted('submit')) console.log('\nThe other two conversations of docs/benchmarks.md come with --only submit.');
  }
  if (wanted('functions')) {
    const { sizes, imports } = await benchFunctions(pairs(15), (remove) => resources.defer(remove));
    printTable('Bundles of the functions, and the packages that weigh most', sizes);
    printTable('Import of each bundle in a fresh process, against a function with the DynamoDB client only', imports);
  }
} finally {
  await resources.disposeAsync();
}
console.log(`\ndone in ${((Date.now() - began) / 1000).toFixed(0)} s`);

/** Starts the servers and measures the steps. @returns what the table of prompts tells of the conversations submitted */
async function measure(): Promise<Line[]> {
  const runs = await bundleRuns();
  resources.defer(runs.remove);
  const started = async <T extends { stop: () => Promise<void> }>(server: Promise<T>): Promise<T> => {
    const running = await server;
    resources.defer(running.stop);
    return running;
  };
  const dynamo = await started(startDynamo());
  const env = awsEnvironment(dynamo.url);
  Object.assign(process.env, env);
  const db = new DynamoDBClient();
  const answers = await started(startServer(new URL('servers/answers.ts', import.meta.url)));
  const bench: Bench = { db, env, runs, answersUrl: answers.url, databaseUrl: '', standInUrl: '' };
  const submitted = wanted('submit') ? await submitPart(bench, started) : [];
  if (wanted('collect'))
    printTable('Collect: answers of about 11 KB to stored sections', await benchCollect(bench, pairs(3), flags.full));
  return submitted;
}

type Started = <T extends { url: string; stop: () => Promise<void> }>(server: Promise<T>) => Promise<T>;

/** @returns what the table of prompts tells of the conversations submitted */
async function submitPart(bench: Bench, started: Started): Promise<Line[]> {
  bench.databaseUrl = (await started(startPostgres())).url;
  bench.standInUrl = (await started(startServer(new URL('servers/stand-in.ts', import.meta.url), 'bench'))).url;
  const tables = await createTables(bench.db, `bench_${process.pid}_s`);
  try {
    await loadPolis(bench.databaseUrl, [BIG, SMALL]);
    await loadTopics(bench, tables, [BIG, SMALL]);
    const big = await benchSubmit(bench, tables, BIG, pairs(5), { ratio: 2, peakMiB: 200 });
    printTable('Claim to submit: 5,000 comments, 20,000 participants, 1,000,000 votes, 5 groups, 54 sections', [
      ...big,
      ...quoted('10.5 s', '569 MiB'),
    ]);
    const small = await benchSubmit(bench, tables, SMALL, pairs(5), {});
    printTable('Claim to submit: 197 comments, 49,000 votes, 2 groups, 21 sections', [...small, ...quoted('0.39 s')]);
    return [
      ...promptLines('5,000 comments', await askedOf(bench, tables, BIG)),
      ...promptLines('197 comments', await askedOf(bench, tables, SMALL)),
    ];
  } finally {
    await dropTables(bench.db, tables);
  }
}

/** Figures of today's Python pipeline, for orientation only. */
function quoted(time: string, memory?: string): Line[] {
  return [
    {
      what: 'today’s Python pipeline',
      figure: memory ? `${time}, ${memory}` : time,
      note: 'quoted, not measured here',
    },
  ];
}
