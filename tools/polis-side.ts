import { CreateTableCommand, DynamoDBClient, ResourceInUseException } from '@aws-sdk/client-dynamodb';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { topicTableInputs } from '../local/embedded/polis.ts';
import type { Emulator } from './emulator.ts';

/** Values of the two secrets, where the environment has them. They are never printed. */
export interface PolisValues {
  anthropicKey: string | undefined;
  databaseUrl: string | undefined;
}

/** One secret, and what was done with it. */
export interface SecretState {
  name: string;
  variable: string;
  state: 'created' | 'updated' | 'unchanged' | 'absent';
}

/** @throws InvalidSetting when DATABASE_URL is not the URL of a PostgreSQL database */
export function readPolisSide(env: NodeJS.ProcessEnv): PolisValues {
  const databaseUrl = env.DATABASE_URL || undefined;
  if (databaseUrl && !/^postgres(ql)?:$/.test(URL.parse(databaseUrl)?.protocol ?? '')) {
    throw new InvalidSetting('DATABASE_URL should look like postgres://user:password@host:5432/database');
  }
  return { anthropicKey: env.ANTHROPIC_API_KEY || undefined, databaseUrl };
}

/** Creates the topic tables and the two secrets, where they do not exist; a secret whose value has changed is updated. */
export async function setUpPolisSide(
  { url }: Emulator,
  outputs: { AnthropicSecretName?: string | undefined; DatabaseSecretName: string },
  { anthropicKey, databaseUrl }: PolisValues,
): Promise<SecretState[]> {
  const db = new DynamoDBClient({ endpoint: url });
  for (const table of topicTableInputs) {
    await db.send(new CreateTableCommand(table)).catch((error: unknown) => {
      if (!(error instanceof ResourceInUseException)) throw error;
    });
  }
  const secrets = new SecretsManagerClient({ endpoint: url });
  const keySecret = outputs.AnthropicSecretName;
  return [
    ...(keySecret ? [await putSecret(secrets, keySecret, 'ANTHROPIC_API_KEY', anthropicKey)] : []),
    await putSecret(secrets, outputs.DatabaseSecretName, 'DATABASE_URL', databaseUrl),
  ];
}

async function putSecret(
  client: SecretsManagerClient,
  name: string,
  variable: string,
  value: string | undefined,
): Promise<SecretState> {
  const kept = await currentValue(client, name);
  if (value === undefined) return { name, variable, state: kept === undefined ? 'absent' : 'unchanged' };
  if (kept === value) return { name, variable, state: 'unchanged' };
  if (kept === undefined) await client.send(new CreateSecretCommand({ Name: name, SecretString: value }));
  else await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
  return { name, variable, state: kept === undefined ? 'created' : 'updated' };
}

async function currentValue(client: SecretsManagerClient, name: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString ?? '';
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
