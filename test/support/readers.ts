import { BatchWriteCommand, type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { StoredReport } from '../../lambdas/report/public.ts';
import { NarrativesError } from '../../lambdas/shared/errors.ts';
import { STATE } from '../../lib/names.ts';
import type { World } from './world.ts';

type Row = Record<string, unknown>;

/** Every row of a table. */
export async function allRows(db: DynamoDBDocumentClient, TableName: string): Promise<Row[]> {
  const rows: Row[] = [];
  let ExclusiveStartKey: Row | undefined;
  do {
    const page = await db.send(new ScanCommand({ TableName, ExclusiveStartKey, ConsistentRead: true }));
    rows.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return rows;
}

const MAX_BATCH_WRITES = 25;

/** Deletes every row of a table. @param keys names of its key attributes */
export async function emptyTable(db: DynamoDBDocumentClient, table: string, keys: readonly string[]): Promise<void> {
  const rows = await allRows(db, table);
  for (let at = 0; at < rows.length; at += MAX_BATCH_WRITES) {
    const Keys = rows
      .slice(at, at + MAX_BATCH_WRITES)
      .map((row) => Object.fromEntries(keys.map((key) => [key, row[key]])));
    await db.send(
      new BatchWriteCommand({ RequestItems: { [table]: Keys.map((Key) => ({ DeleteRequest: { Key } })) } }),
    );
  }
}

/** A row as text that is the same for equal rows: bytes as text, attributes in one order at every depth. */
export const rowText = (row: object): string => JSON.stringify(inOrder(row));

function inOrder(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [two]) => (one < two ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, inOrder(inner)]));
}

/** The states of a job of one round in which all goes well. @param checks how often its batch is waited for and looked at */
export const pathOfJob = (checks: number): string[] => [
  STATE.batchAlreadySubmitted,
  STATE.submitBatch,
  STATE.submissionRecorded,
  ...Array.from({ length: checks }, () => [STATE.wait, STATE.checkBatchStatus, STATE.batchEnded]).flat(),
  STATE.collectResults,
  STATE.sectionsLeftToAskAgain,
  STATE.completeJob,
  STATE.jobCompleted,
];

/** Stored sections by their names. */
export const bySection = (rows: readonly StoredReport[]): Map<string, StoredReport> =>
  new Map(rows.map((row) => [row.section ?? '', row]));

/** How many requests of the batches of this test were paid for. */
export const billed = (world: World): number => {
  const ids = world.sent().map(({ id }) => id);
  return world.standIn.paidRequests().filter(({ batch_id }) => ids.includes(batch_id)).length;
};

/** The error that a function or promise ends with; fails when it does not end with one of this project's errors. */
export async function errorOf(run: () => unknown): Promise<NarrativesError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof NarrativesError) return error;
    throw error;
  }
  throw new Error('expected an error, and there was none');
}
