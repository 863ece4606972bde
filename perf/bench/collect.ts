import { atMost, type Line, median, medianLine } from '../command-line.ts';
import { ledgerRows } from '../data/answers.ts';
import { createTables, dropTables, type Tables, writeAtOnce, writeCalls } from '../data/tables.ts';
import { startAnthropic } from '../servers/anthropic.ts';
import { type Measured, runFresh } from '../servers/process.ts';
import type { Bench } from './setup.ts';

const ANSWERS = 10_000;
const MAX_RATIO = 1.3;

/** Collect step and bare writes of the same rows, in turns, each into fresh tables. */
export async function benchCollect(bench: Bench, pairs: number): Promise<Line[]> {
  const answersUrl = await bench.started(startAnthropic('answers'));
  const steps: Measured[] = [];
  const bare: Measured[] = [];
  for (let round = 0; round < pairs; round++) {
    steps.push(await collectOnce(bench, answersUrl, ANSWERS));
    bare.push(await writeOnce(bench, ANSWERS));
  }
  const seconds = (measured: Measured[], of: 'ms' | 'cpuMs') => measured.map((one) => one[of] / 1e3);
  const ratio = median(seconds(steps, 'ms')) / median(seconds(bare, 'ms'));
  const peaks = steps.map(({ peakMiB }) => peakMiB);
  return [
    medianLine('collect step, 10,000 answers', seconds(steps, 'ms'), 's', 2),
    medianLine('the same rows, bare BatchWriteItem', seconds(bare, 'ms'), 's', 2),
    { what: 'ratio', figure: ratio.toFixed(2), target: atMost(ratio, MAX_RATIO) },
    medianLine('CPU time of the collect step', seconds(steps, 'cpuMs'), 's', 2),
    medianLine('CPU time of the bare writes', seconds(bare, 'cpuMs'), 's', 2),
    medianLine('peak memory, 10,000 answers', peaks, 'MiB'),
  ];
}

let runs = 0;

async function collectOnce(bench: Bench, anthropicUrl: string, count: number): Promise<Measured> {
  return inFreshTables(bench, async (tables, jobId) => {
    await writeAtOnce(bench.db, writeCalls(tables.ledger, ledgerRows(jobId, count)), 4);
    return runFresh(bench.runs.path('collect-run'), { anthropicUrl, tables, jobId }, bench.env);
  });
}

const writeOnce = (bench: Bench, count: number): Promise<Measured> =>
  inFreshTables(bench, (tables, jobId) => runFresh(bench.runs.path('writes-run'), { tables, jobId, count }, bench.env));

async function inFreshTables<T>(bench: Bench, work: (tables: Tables, jobId: string) => Promise<T>): Promise<T> {
  runs += 1;
  const tables = await createTables(bench.db, `bench_${process.pid}_c${runs}`);
  try {
    // all job ids have the same length, so that the keys have the same size
    return await work(tables, `batch_report_collect_${1000 + runs}`);
  } finally {
    await dropTables(bench.db, tables);
  }
}
