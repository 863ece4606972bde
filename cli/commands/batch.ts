import type { Batches, BatchStatus } from '../../lambdas/ports.ts';

/** How a batch stands, straight from Anthropic. @throws BatchNotFound, AnthropicRefused, AnthropicUnavailable */
export const batchStatus = ({ batches }: { batches: Pick<Batches, 'status'> }, batchId: string): Promise<BatchStatus> =>
  batches.status(batchId);
