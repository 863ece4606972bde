import { anthropicBatches, anthropicClient, type Batches } from '../stores/anthropic.ts';
import { environment } from './environment.ts';
import { anthropicKey } from './secrets.ts';
import { keptWhile } from './step-handler.ts';

const batchesFor = keptWhile((apiKey) => {
  const { ANTHROPIC_BASE_URL } = environment('ANTHROPIC_BASE_URL');
  return anthropicBatches(anthropicClient({ apiKey, baseURL: ANTHROPIC_BASE_URL }));
});

/** The Anthropic API with the key that Secrets Manager holds now. */
export const connectAnthropic = async (): Promise<Batches> =>
  batchesFor(await anthropicKey(environment('ANTHROPIC_SECRET_NAME').ANTHROPIC_SECRET_NAME));
