import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { entry } from '../../lambdas/shared/names.ts';
import { type Line, must, type Table } from '../command-line.ts';
import { ledgerRows } from '../data/answers.ts';
import { createTables, dropTables, type Tables, writeAtOnce, writeCalls } from '../data/tables.ts';
import { startAnthropic } from '../servers/anthropic.ts';
import { awsEnvironment, startDynamo } from '../servers/dynamodb.ts';
import { type Measured, runFresh } from '../servers/process.ts';

interface ManyLines extends Measured {
  lines: number;
  /** answers in the ledger */
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
    measured.push({ ...figures, lines, stored: await storedAnswers(db, tables) });
    console.log(`${lines.toLocaleString('en')} lines collected`);
    await dropTables(db, tables);
  }
  return measured;
}

async function storedAnswers(db: DynamoDBClient, { ledger }: Tables): Promise<number> {
  let rows = 0;
  let from: Record<string, never> | undefined;
  do {
    const page = await db.send(
      new ScanCommand({
        TableName: ledger,
        Select: 'COUNT',
        FilterExpression: 'begins_with(entry, :answered)',
        ExpressionAttributeValues: { ':answered': { S: entry.answeredAll } },
        ...(from ? { ExclusiveStartKey: from } : {}),
      }),
    );
    rows += page.Count ?? 0;
    from = page.LastEvaluatedKey as Record<string, never> | undefined;
  } while (from);
  return rows;
}

const FEW_LINES = 1_000;
/** As many as a job may have. */
const MANY_LINES = 10_000;
/** Collecting hands over with 45 s left. Each invocation first reads what was asked and answered before: it needs more than that. */
const MINUTES = 3;
const LIMIT_MS = 45_000 + MINUTES * 60_000;
/** Half of the function's memory. */
const MAX_PEAK_MIB = 512;

/** The part `lines` of `npm run load`. */
export async function run(): Promise<Table> {
  const measured = await manyLines([FEW_LINES, MANY_LINES], LIMIT_MS);
  const lines = measured.flatMap(({ lines: count, ms, peakMiB, invocations, stored }): Line[] => [
    { what: `${count} lines`, figure: `${(ms / 1000).toFixed(1)} s`, note: `${invocations} invocations` },
    { what: '  stored, each once', figure: `${stored}`, target: must('all', stored === count) },
    {
      what: '  peak memory',
      figure: `${peakMiB.toFixed(0)} MiB`,
      target: must(`at most ${MAX_PEAK_MIB} MiB`, peakMiB <= MAX_PEAK_MIB),
    },
  ]);
  return { title: `One batch collected by functions with ${MINUTES} minutes each`, lines };
}
