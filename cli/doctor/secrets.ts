import { anthropicKeyOf } from '../../lambdas/runtime/anthropic-secret.ts';
import { databaseUrlOf } from '../../lambdas/runtime/database-secret.ts';
import type { Batches } from '../../lambdas/stores/anthropic.ts';
import { hostOf } from '../../lambdas/stores/database-tls.ts';
import { bad, type Check, ok } from './finding.ts';

type Read = (name: string) => Promise<string>;

/** Both secrets are there and hold what they should; no value is shown. */
export const secretChecks = (read: Read, names: { anthropic: string; database: string }): Check[] => [
  [
    `secret ${names.anthropic}`,
    async () => {
      anthropicKeyOf(await read(names.anthropic), names.anthropic);
      return ok(`secret ${names.anthropic}`, 'looks like a key');
    },
  ],
  [
    `secret ${names.database}`,
    async () => {
      hostOf(databaseUrlOf(await read(names.database), names.database));
      return ok(`secret ${names.database}`, 'is the address of a PostgreSQL database');
    },
  ],
];

/** The key opens the API, and the API knows the model; asking for it is free. */
export const anthropicCheck = (open: () => Promise<Pick<Batches, 'knowsModel'>>, model: string): Check => [
  'Anthropic API',
  async () =>
    (await (await open()).knowsModel(model))
      ? ok('Anthropic API', `takes the key and knows ${model}`)
      : bad('Anthropic API', `takes the key, but does not know the model ${model}`, 'deploy with another defaultModel'),
];
