import type { BatchEntry } from '../../lambdas/shared/ledger-rows.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import type { JobTable, RowCondition } from '../../lambdas/stores/jobs.ts';
import type { Ledger } from '../../lambdas/stores/ledger.ts';

type Row = Record<string, unknown>;

/** Keeps what was logged. */
export function memoryLog() {
  const lines: { level: string; message: string; fields: Record<string, unknown> | undefined }[] = [];
  const at = (level: string) => (message: string, fields?: Record<string, unknown>) =>
    lines.push({ level, message, fields });
  const log: Log = { info: at('info'), warn: at('warn'), error: at('error') };
  return { log, lines };
}

/** The job table, with its conditions, in memory; `changes` counts the writes that were made. */
export function memoryJobs(...rows: Row[]) {
  const table = new Map(rows.map((row) => [String(row.job_id), row]));
  const changes: { jobId: string; set: Row }[] = [];
  const holds = (row: Row, { status, version, worker_id }: RowCondition): boolean =>
    row.status === status && row.version === version && (worker_id === undefined || row.worker_id === worker_id);
  const jobs: JobTable = {
    get: async (jobId) => table.get(jobId),
    async change(jobId, condition, set) {
      const row = table.get(jobId);
      if (!row || !holds(row, condition)) return 'conflict';
      const version = typeof condition.version === 'number' ? condition.version + 1 : 1;
      table.set(jobId, { ...row, ...set, version });
      changes.push({ jobId, set });
      return 'changed';
    },
    async putNew(row) {
      if (table.has(row.job_id)) return 'exists';
      table.set(row.job_id, row);
      return 'put';
    },
  };
  return { jobs, changes, row: (jobId: string): Row => table.get(jobId) ?? {} };
}

/** What sending and watching need of the ledger, in memory. Calls are told to `record` in their order. */
export function memoryLedger(batches: BatchEntry[] = [], record: (call: string) => void = () => undefined) {
  const entries = new Map(batches.map((batch) => [batch.entry, batch]));
  const owners = new Map<string, string>();
  const unused = () => {
    throw new Error('not needed by the step under test');
  };
  const ledger: Ledger = {
    plan: unused,
    writePlan: unused,
    putAsked: unused,
    askedInRound: unused,
    askedOrdinals: unused,
    askedFacts: unused,
    answers: unused,
    answer: unused,
    putAnswers: unused,
    putUnfiled: unused,
    unfiled: unused,
    batches: async (jobId, round) =>
      [...entries.values()].filter((batch) => batch.job_id === jobId && (round === undefined || batch.round === round)),
    async putIntent(batch) {
      record('putIntent');
      if (entries.has(batch.entry)) return 'exists';
      entries.set(batch.entry, batch);
      return 'recorded';
    },
    async updateBatch(batch) {
      record('updateBatch');
      entries.set(batch.entry, batch);
    },
    async removeIntent(batch) {
      record('removeIntent');
      entries.delete(batch.entry);
    },
    async disownBatch(batchId, intent) {
      record(`disownBatch ${batchId}`);
      if (owners.get(batchId) === ownerOf(intent)) owners.delete(batchId);
    },
    async ownBatch(batchId, intent) {
      record(`ownBatch ${batchId}`);
      const owner = ownerOf(intent);
      if (!owners.has(batchId)) owners.set(batchId, owner);
      return owners.get(batchId) === owner ? 'ours' : 'other';
    },
  };
  return { ledger, entries, owners };
}

/** How `memoryLedger` marks a batch as the one of an intent. */
export const ownerOf = ({ job_id, entry }: BatchEntry): string => `${job_id} ${entry}`;
