import Anthropic from '@anthropic-ai/sdk';
import { anthropicBatches } from '../clients/anthropic.ts';
import type { Batches } from '../ports.ts';
import { environment } from './environment.ts';
import { secret } from './secrets.ts';

/** The Anthropic API with the key that Secrets Manager holds. */
export async function connectAnthropic(): Promise<Batches> {
  const env = environment('ANTHROPIC_SECRET_NAME', 'ANTHROPIC_BASE_URL');
  const apiKey = await secret(env.ANTHROPIC_SECRET_NAME);
  return anthropicBatches(
    new Anthropic({ apiKey, ...(env.ANTHROPIC_BASE_URL ? { baseURL: env.ANTHROPIC_BASE_URL } : {}) }),
  );
}
