import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { type Line, must, type Table } from '../command-line.ts';
import { ledgerRows } from '../data/answers.ts';
import { createTables, dropTables, type Tables, writeAtOnce, writeCalls } from '../data/tables.ts';
import { startAnthropic } from '../servers/anthropic.ts';
import { awsEnvironment, startDynamo } from '../servers/dynamodb.ts';
import { type Measured, runFresh } from '../servers/process.ts';

interface ManyLines extends Measured {
  lines: number;
  /** rows of the reports table */
  stored: number;
}

const RUN = new URL('../runs/collect-run.ts', import.meta.url).pathname;

/**
 * Collects batches with these numbers of lines, each in a fresh process, with a time limit for each invocation.
 * @returns figures in the same order
 */
async function manyLines(counts: readonly number[], limitMs: number): Promise<ManyLines[]> {
  await using resources = new AsyncDisposableStack();
  const dynamo = await startDynamo();
  resources.defer(dynamo.stop);
  const answers = await startAnthropic('answers');
  resources.defer(answers.stop);
  const env = awsEnvironment(dynamo.url);
  Object.assign(process.env, env);
  const db = new DynamoDBClient();
  const measured: ManyLines[] = [];
  for (const lines of counts) {
    const tables = await createTables(db, `load_${process.pid}_${lines}`);
    // all job ids have the same length, so that the keys have the same size
    const jobId = `batch_report_load_${100_000 + lines}`;
    await writeAtOnce(db, writeCalls(tables.ledger, ledgerRows(jobId, lines)), 4);
    const figures = await runFresh(RUN, { anthropicUrl: answers.url, tables, jobId, limitMs }, env);
    measured.push({ ...figures, lines, stored: await storedRows(db, tables) });
    await dropTables(db, tables);
  }
  return measured;
}

async function storedRows(db: DynamoDBClient, { reports }: Tables): Promise<number> {
  let rows = 0;
  let from: Record<string, never> | undefined;
  do {
    const page = await db.send(
      new ScanCommand({ TableName: reports, Select: 'COUNT', ...(from ? { ExclusiveStartKey: from } : {}) }),
    );
    rows += page.Count ?? 0;
    from = page.LastEvaluatedKey as Record<string, never> | undefined;
  } while (from);
  return rows;
}

const FEW_LINES = 10_000;
const MANY_LINES = 100_000;
/** Collecting hands over with 45 s left. Each invocation first reads what was asked and answered before: it needs more than that. */
const MINUTES = 3;
const LIMIT_MS = 45_000 + MINUTES * 60_000;
/** Up to here it counts as the same memory. */
const MAX_GROWTH = 1.15;

/** The part `lines` of `npm run load`. */
export async function run(): Promise<Table> {
  const measured = await manyLines([FEW_LINES, MANY_LINES], LIMIT_MS);
  const lines = measured.flatMap(({ lines: count, ms, peakMiB, invocations, stored }): Line[] => [
    { what: `${count} lines`, figure: `${(ms / 1000).toFixed(1)} s`, note: `${invocations} invocations` },
    { what: '  stored, each once', figure: `${stored}`, target: must('all', stored === count) },
    { what: '  peak memory', figure: `${peakMiB.toFixed(0)} MiB` },
  ]);
  const growth = (measured[1]?.peakMiB ?? 0) / (measured[0]?.peakMiB ?? 0);
  const flat = must(`at most × ${MAX_GROWTH}`, growth <= MAX_GROWTH);
  lines.push({ what: 'memory, ten times the lines', figure: `× ${growth.toFixed(2)}`, target: flat });
  return { title: `One batch collected by functions with ${MINUTES} minutes each`, lines };
}
