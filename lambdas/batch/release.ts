import type { BatchEntry } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import type { Ledger } from '../stores/ledger.ts';

/**
 * Releases a batch that was found in the API's list and is another job's: its mark is removed, and the submission
 * is settled again without it.
 */
export async function releaseBatch({ ledger, log }: { ledger: Ledger; log: Log }, batch: BatchEntry): Promise<void> {
  const { batch_id, adopted: _, ...rest } = batch;
  if (!batch_id) return;
  // in this order: a crash between the two finds it foreign once more
  await ledger.disownBatch(batch_id, batch);
  await ledger.updateBatch({ ...rest, state: 'intended', not_ours: [...(batch.not_ours ?? []), batch_id] });
  log.warn('batch proved to be another job’s: released', { job_id: batch.job_id, batch_id });
}
