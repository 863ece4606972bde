import type { BatchEntry } from '../../lambdas/shared/ledger-rows.ts';
import { jobFinder, jobTable } from '../../lambdas/stores/jobs.ts';
import { ledgerTable } from '../../lambdas/stores/ledger.ts';
import { reportsTable } from '../../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { memoryLog } from './make.ts';
import { clientOf, MemoryDb } from './memory/dynamodb.ts';

type Row = Record<string, unknown>;

/**
 * What steps, batch, job and watchdog are given: the real stores, over tables in memory that hold the given rows.
 * @param parts.now what the clock says; it stands still by default
 */
export function unitWorld(parts: { jobs?: readonly Row[]; batches?: readonly BatchEntry[]; now?: () => Date } = {}) {
  const { jobs: rows = [], batches = [], now = () => new Date('2026-11-22T10:00:00.000Z') } = parts;
  const changes: Row[] = [];
  const db = new MemoryDb(undefined, {
    onWrite: ({ table, after }) => {
      if (table === TABLE_NAMES.jobs && after) changes.push(after);
    },
  });
  const put = (TableName: string, Item: Row) =>
    db.apply({ constructor: { name: 'PutCommand' }, input: { TableName, Item } });
  for (const row of rows) put(TABLE_NAMES.jobs, row);
  for (const batch of batches) put(TABLE_NAMES.ledger, { ...batch });
  changes.length = 0;
  const client = clientOf(db);
  const { log, lines } = memoryLog();
  const added: { name: string; value: number; by?: unknown }[] = [];
  const metrics = {
    add: (name: string, value: number, by?: unknown) => void added.push({ name, value, ...(by ? { by } : {}) }),
  };
  return {
    deps: {
      jobs: jobTable(client, TABLE_NAMES.jobs),
      finder: jobFinder(client, TABLE_NAMES.jobs),
      ledger: ledgerTable(client, TABLE_NAMES.ledger),
      reports: reportsTable(client, TABLE_NAMES.reports),
      log,
      metrics,
      now,
    },
    db,
    /** job rows as they were written since the beginning, in order */
    changes,
    lines,
    /** figures in the order they were added */
    added,
    row: (jobId: string): Row => db.rows(TABLE_NAMES.jobs).find(({ job_id }) => job_id === jobId) ?? {},
    /** the batches that the ledger knows, in order */
    entries: () =>
      (db.rows(TABLE_NAMES.ledger) as unknown as BatchEntry[])
        .filter(({ entry }) => entry.startsWith('batch#'))
        .sort((one, two) => (one.entry < two.entry ? -1 : 1)),
  };
}
