import * as z from 'zod';
import { AnthropicUnavailable, BatchNotFound } from '../lambdas/shared/errors.ts';
import type { Batches, BatchStatus } from '../lambdas/stores/anthropic.ts';
import { command } from './command.ts';
import { openAnthropic } from './connections.ts';
import { columns } from './print.ts';

export const batch = command({
  name: 'batch',
  description: 'show the state of a batch, from the Anthropic API',
  argument: ['<BATCH_ID>', 'id of the batch, as `narratives job` shows it'],
  input: z.object({ batchId: z.string().regex(/^[\w-]{1,200}$/, 'should be a batch id such as msgbatch_01ab') }),
  async run(context, { batchId }) {
    const value = await batchStatus(await openAnthropic(context), batchId);
    return { value, text: batchText(value) };
  },
});

/** A batch as the Anthropic API has it. @throws BatchNotFound, AnthropicRefused, AnthropicUnavailable */
async function batchStatus(batches: Pick<Batches, 'status'>, batchId: string): Promise<BatchStatus> {
  try {
    return await batches.status(batchId);
  } catch (error) {
    const refusal = error instanceof AnthropicUnavailable ? error.refusal : undefined;
    if (!(refusal instanceof BatchNotFound)) throw refusal ?? error;
    // the message for the steps is about a job's row; here the id may just be mistyped
    throw new BatchNotFound(
      `the Anthropic API has no batch ${batchId}: check the id; if it is right, the batch was deleted, or it belongs to another workspace`,
      { cause: error },
    );
  }
}

function batchText({ id, processing_status, counts, created_at, expires_at, ...more }: BatchStatus): string {
  const facts = Object.entries(more).filter(([, value]) => typeof value === 'string');
  const requests = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return columns([
    ['batch', id],
    ['status', processing_status],
    ['requests', requests.join(', ')],
    ['created', created_at],
    ...facts.map(([name, value]) => [name.replace(/_at$/, ''), String(value)]),
    ['expires', expires_at],
  ]);
}
