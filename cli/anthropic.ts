import * as z from 'zod';
import { anthropicKeyOf } from '../lambdas/runtime/anthropic-secret.ts';
import { parseOr } from '../lambdas/shared/parse.ts';
import { anthropicBatches, anthropicClient } from '../lambdas/stores/anthropic.ts';
import { WrongUse } from './errors.ts';

const environmentSchema = z.object({
  ANTHROPIC_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'should be one line of plain characters')
    .optional(),
  ANTHROPIC_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'should be an address such as http://localhost:8080' })
    .optional(),
});

/**
 * The Anthropic API: with ANTHROPIC_API_KEY, or else the key of the deployed secret.
 * @throws WrongUse for a variable; InvalidSetting for a secret that is no key
 */
export async function openAnthropic(
  env: NodeJS.ProcessEnv,
  deployed: { secretName: string; secret: () => Promise<string>; baseUrl: string | undefined },
) {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const wrong = (line: string) => new WrongUse(`environment variable ${line}`);
  const { ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL } = parseOr(environmentSchema, given, wrong);
  const apiKey = ANTHROPIC_API_KEY ?? anthropicKeyOf(await deployed.secret(), deployed.secretName);
  // the deployed key goes where the functions send it; a key of one's own goes to Anthropic, unless told otherwise
  const baseURL = ANTHROPIC_BASE_URL ?? (ANTHROPIC_API_KEY === undefined ? deployed.baseUrl : undefined);
  return anthropicBatches(anthropicClient({ apiKey, baseURL }));
}
