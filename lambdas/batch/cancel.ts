import { AnthropicRefused } from '../shared/errors.ts';
import type { BatchEntry } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import type { Batches, BatchStatus } from '../stores/anthropic.ts';
import type { Ledger } from '../stores/ledger.ts';

export interface CancelBatchDeps {
  ledger: Pick<Ledger, 'updateBatch'>;
  batches: Pick<Batches, 'cancel'>;
  log: Log;
  now: () => Date;
}

/**
 * Whether a batch of a cancelled job should be cancelled at the API. One that was only found in the API's list may belong
 * to another job: it is watched to its end, when its custom ids show its owner.
 */
export const isToBeCancelled = ({ adopted }: BatchEntry, { processing_status }: BatchStatus): boolean =>
  !adopted && processing_status === 'in_progress';

/**
 * Asks the API to end a batch early. A refusal is logged and the batch watched to its end: answers that are paid for
 * are worth more than the cancel. Asked again at every check while the batch is in progress, which is harmless.
 * @throws AnthropicUnavailable
 */
export async function cancelBatch(deps: CancelBatchDeps, batch: BatchEntry): Promise<void> {
  const { job_id, batch_id = '' } = batch;
  // before the call: the entry then says so although the step may be killed after it
  if (!batch.cancel_requested_at)
    await deps.ledger.updateBatch({ ...batch, cancel_requested_at: deps.now().toISOString() });
  try {
    const answer = await deps.batches.cancel(batch_id);
    deps.log.info('cancelled job: the API was asked to cancel its batch', { job_id, batch_id, answer });
  } catch (error) {
    if (!(error instanceof AnthropicRefused)) throw error;
    deps.log.error('the API refuses to cancel a batch: it is watched to its end', {
      job_id,
      batch_id,
      why: error.message,
    });
  }
}
