import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ledgerRows } from '../data/collect-rows.ts';
import { createTables, dropTables, type Tables, writeAtOnce, writeCalls } from '../data/tables.ts';
import { awsEnvironment, startDynamo } from '../servers/dynamodb.ts';
import { type Measured, runFresh, startServer } from '../servers/process.ts';

export interface ManyLines extends Measured {
  lines: number;
  /** rows of the reports table */
  stored: number;
}

const RUN = new URL('../runs/load-collect-run.ts', import.meta.url).pathname;

/**
 * Collects batches of so many lines each, every one in a process of its own, with an invocation's limit of so many
 * milliseconds; figures in the same order.
 */
export async function manyLines(counts: readonly number[], limitMs: number): Promise<ManyLines[]> {
  await using resources = new AsyncDisposableStack();
  const dynamo = await startDynamo();
  resources.defer(dynamo.stop);
  const answers = await startServer(new URL('../servers/answers.ts', import.meta.url));
  resources.defer(answers.stop);
  const env = awsEnvironment(dynamo.url);
  Object.assign(process.env, env);
  const db = new DynamoDBClient();
  const measured: ManyLines[] = [];
  for (const lines of counts) {
    const tables = await createTables(db, `load_${process.pid}_${lines}`);
    // every job id is as long as the next: keys are of one size
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
