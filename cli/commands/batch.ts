import { BatchNotFound } from '../../lambdas/shared/errors.ts';
import type { Batches, BatchStatus } from '../../lambdas/stores/anthropic.ts';

/** How a batch stands, straight from Anthropic. @throws BatchNotFound, AnthropicRefused, AnthropicUnavailable */
export async function batchStatus(
  { batches }: { batches: Pick<Batches, 'status'> },
  batchId: string,
): Promise<BatchStatus> {
  try {
    return await batches.status(batchId);
  } catch (error) {
    if (!(error instanceof BatchNotFound)) throw error;
    // what the steps advise is about a job's row; here the id may just be mistyped
    throw new BatchNotFound(
      `the Anthropic API knows no batch ${batchId}: check the id; if it is right, the batch was deleted, or the key is of another workspace`,
      { cause: error },
    );
  }
}
