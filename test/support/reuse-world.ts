import { BatchWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { serverJob } from '../../lambdas/job/new-row.ts';
import type { StoredReport } from '../../lambdas/report/stored-report.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { MODEL, startWorld } from './world.ts';

/** What a section's row says of where its text comes from. */
export interface Provenance {
  prompt_hash?: string;
  cost_usd?: number;
  reused_from?: { job_id: string; section: string; timestamp: string };
}

/** A world whose jobs reuse what is stored, unless told. */
export async function startReuseWorld() {
  const world = await startWorld();
  let jobs = 0;

  /** A row as the server writes it; each is of a later second than the one before. */
  function reusingRow(change: { model?: string; no_cache?: boolean; max_batch_size?: number } = {}) {
    world.passTime(1);
    const { report, conversation } = world.data;
    const job = { report_id: report.report_id, conversation_id: String(conversation.zid), model: MODEL, ...change };
    return serverJob(job, new Date(world.now()), `feed${(jobs++).toString(16).padStart(4, '0')}`);
  }
  /** Runs a job to its end; `bought` are the sizes of the batches it sent. */
  async function runRow(row: ReturnType<typeof reusingRow>) {
    const before = world.standIn.batches().length;
    await world.putJob(row);
    await world.settle();
    const batches = world.standIn.batches().slice(before);
    return { ...(await world.ended(row.job_id)), bought: batches.map(({ requests }) => requests.length) };
  }

  return {
    ...world,
    reusingRow,
    runRow,
    runReusing: (change: Parameters<typeof reusingRow>[0] = {}) => runRow(reusingRow(change)),
    /** Changes one attribute of a stored section, as damage or another version would. */
    async changeStored(row: StoredReport, attribute: string, value: unknown) {
      const { rid_section_model, timestamp } = row;
      const command = new UpdateCommand({
        TableName: TABLE_NAMES.reports,
        Key: { rid_section_model, timestamp },
        UpdateExpression: 'SET #attribute = :value',
        ExpressionAttributeNames: { '#attribute': attribute },
        ExpressionAttributeValues: { ':value': value },
      });
      await world.db.send(command);
    },
    /** Empties the reports table, or takes some rows from it. */
    async removeStored(rows?: readonly { rid_section_model?: unknown; timestamp?: unknown }[]) {
      const all = rows ?? (await world.all(TABLE_NAMES.reports));
      for (let from = 0; from < all.length; from += 25) {
        const deletes = all
          .slice(from, from + 25)
          .map(({ rid_section_model, timestamp }) => ({ DeleteRequest: { Key: { rid_section_model, timestamp } } }));
        await world.db.send(new BatchWriteCommand({ RequestItems: { [TABLE_NAMES.reports]: deletes } }));
      }
    },
    asked: (jobId: string, round: number) => Array.fromAsync(world.world.ledger.askedInRound(jobId, round)),
  };
}

export type ReuseWorld = Awaited<ReturnType<typeof startReuseWorld>>;

export const provenance = (row: StoredReport | undefined): Provenance => (row?.metadata ?? {}) as Provenance;

/** Stored sections by their names. */
export const bySection = (rows: readonly StoredReport[]): Map<string, StoredReport> =>
  new Map(rows.map((row) => [row.section ?? '', row]));
