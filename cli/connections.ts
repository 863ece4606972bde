import { readFileSync } from 'node:fs';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type pg from 'pg';
import * as z from 'zod';
import { anthropicKeyOf, databaseUrlOf } from '../lambdas/runtime/secrets.ts';
import { InvalidSetting, StoreUnavailable } from '../lambdas/shared/errors.ts';
import { parseOr } from '../lambdas/shared/parse.ts';
import type { Batches } from '../lambdas/stores/anthropic.ts';
import type { AwsWorkspace } from '../lambdas/stores/anthropic-aws.ts';
import { hostOf, tlsTrouble } from '../lambdas/stores/database-tls.ts';
import {
  type Conversations,
  conversationsOf,
  type PageConversations,
  postgresPool,
  readOnly,
} from '../lambdas/stores/postgres.ts';
import type { Cloud } from './cloud.ts';
import type { Context } from './command.ts';
import type { Deployment } from './deployment.ts';
import { DatabaseAway, isOfAws, NotSetUp, UsageError } from './errors.ts';

/**
 * The text of a deployed secret. No error quotes it.
 * @throws NotSetUp when it is missing, empty or marked for deletion
 */
export async function readSecret(client: Pick<SecretsManagerClient, 'send'>, name: string): Promise<string> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    if (SecretString?.trim()) return SecretString.trim();
  } catch (error) {
    const { name: kind, message } = error as Error;
    if (kind === 'ResourceNotFoundException') {
      throw new NotSetUp(
        `secret ${name} does not exist: aws secretsmanager create-secret --name ${name} --secret-string file://FILE`,
        { cause: error },
      );
    }
    if (kind === 'InvalidRequestException' && /delet/.test(message)) {
      throw new NotSetUp(
        `secret ${name} is marked for deletion: aws secretsmanager restore-secret --secret-id ${name}`,
        { cause: error },
      );
    }
    throw error;
  }
  throw new NotSetUp(
    `secret ${name} is empty or not text: aws secretsmanager put-secret-value --secret-id ${name} --secret-string file://FILE`,
  );
}

/** The variables of a schema; an empty one counts as not set. @throws UsageError */
function readEnvironment<T extends z.ZodType>(schema: T, env: NodeJS.ProcessEnv): z.output<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  return parseOr(schema, given, (line) => new UsageError(`environment variable ${line}`));
}

/** Polis' PostgreSQL as it is reached from this machine. */
export interface Database {
  pool: pg.Pool;
  conversations: PageConversations;
  tls: 'verify' | 'off';
}

const databaseSchema = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'should look like postgres://user:password@host:5432/database')
    .optional(),
  DATABASE_TLS: z.enum(['verify', 'off'], 'should be verify or off').optional(),
  DATABASE_CA_FILE: z.string().optional(),
  DATABASE_TLS_SERVER_NAME: z.hostname('should be a host name').optional(),
});

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

/**
 * Opens Polis' PostgreSQL until the command has ended: at DATABASE_URL, or else by the deployed secret and the deployed
 * TLS setting. TLS is on except towards this machine itself, unless DATABASE_TLS says otherwise.
 * @throws UsageError for a variable; NotSetUp or InvalidSetting for the secret
 */
export async function openDatabase(context: Context, deployment: Deployment): Promise<Database> {
  const { DATABASE_URL, DATABASE_TLS, DATABASE_CA_FILE, DATABASE_TLS_SERVER_NAME } = readEnvironment(
    databaseSchema,
    context.io.env,
  );
  const { DatabaseSecretName: secret, DatabaseTls, DatabaseTlsServerName, MathEnv } = deployment;
  const url = DATABASE_URL ?? databaseUrlOf(await readSecret(context.cloud.secrets, secret), secret);
  const deployed = DATABASE_URL === undefined ? { tls: DatabaseTls, serverName: DatabaseTlsServerName } : {};
  const serverName = DATABASE_TLS_SERVER_NAME ?? deployed.serverName;
  // who names the certificate of the far end of a tunnel wants it checked
  const usual = serverName === undefined && LOOPBACK.test(hostOf(url)) ? 'off' : 'verify';
  const tls = DATABASE_TLS ?? deployed.tls ?? usual;
  const ca = DATABASE_CA_FILE === undefined ? undefined : readCa(DATABASE_CA_FILE);
  const pool = postgresPool(url, { tls, ca, serverName });
  context.closing.push(() => pool.end());
  return { pool, tls, conversations: conversationsOf(readOnly(pool), MathEnv) };
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`DATABASE_CA_FILE ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}

/** A failed TLS connection to PostgreSQL, with the variables of this machine in its message; undefined for any other failure. */
export function tlsTroubleHere(error: unknown): InvalidSetting | undefined {
  const trouble = tlsTrouble(error);
  return (
    trouble &&
    new InvalidSetting(
      `${trouble.message}; on this machine set DATABASE_CA_FILE=FILE instead of databaseCaFile, DATABASE_TLS instead of databaseTls, and DATABASE_TLS_SERVER_NAME instead of databaseTlsServerName`,
      { cause: error },
    )
  );
}

/**
 * Asks the database.
 * @param otherwise what else can be done where it cannot be reached, for the error line
 * @throws DatabaseAway
 */
export async function askDatabase<T>(
  context: Context,
  ask: (conversations: Conversations) => Promise<T>,
  otherwise: string,
): Promise<T> {
  const { conversations } = await openDatabase(context, await context.deployment());
  try {
    return await ask(conversations);
  } catch (error) {
    if (error instanceof InvalidSetting) throw tlsTroubleHere(error.cause) ?? error;
    if (!(error instanceof StoreUnavailable) || isOfAws(error.cause)) throw error;
    throw new DatabaseAway(
      `${error.message}: it may be in a private network; set DATABASE_URL to an address that can be reached from this machine${otherwise}`,
      { cause: error },
    );
  }
}

/** Looks a report up in the database; if that cannot be reached, the error says what else can be done. */
export const conversationOf =
  (context: Context): Conversations['report'] =>
  (reportId) =>
    askDatabase(context, (conversations) => conversations.report(reportId), ', or give --zid');

const anthropicSchema = z.object({
  ANTHROPIC_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'should be one line of plain characters')
    .optional(),
  ANTHROPIC_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'should be an address such as http://localhost:8080' })
    .optional(),
});

/**
 * Opens the Anthropic API: with ANTHROPIC_API_KEY, which needs no deployment, or else as the deployment does: with the key of its
 * secret, or in its workspace of Claude Platform on AWS, by the credentials of this command.
 * @throws UsageError for a variable; NotSetUp or InvalidSetting for the secret
 */
export async function openAnthropic({
  io,
  cloud,
  deployment,
}: Pick<Context, 'io' | 'cloud' | 'deployment'>): Promise<Batches> {
  const { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: baseURL } = readEnvironment(anthropicSchema, io.env);
  // this client takes long to load, and few commands need it
  const { anthropicBatches, anthropicClient } = await import('../lambdas/stores/anthropic.ts');
  // the deployed key goes where the functions send it; a key of one's own goes to Anthropic, unless ANTHROPIC_BASE_URL is set
  if (apiKey !== undefined) return anthropicBatches(anthropicClient({ apiKey, baseURL }));
  const found = await deployment();
  const address = baseURL ?? found.AnthropicBaseUrl;
  if (found.AnthropicWorkspaceId !== undefined)
    return openWorkspace(cloud, {
      workspaceId: found.AnthropicWorkspaceId,
      region: found.AnthropicWorkspaceRegion ?? found.region,
      baseURL: address,
    });
  const secret = found.AnthropicSecretName ?? '';
  const deployedKey = anthropicKeyOf(await readSecret(cloud.secrets, secret), secret);
  return anthropicBatches(anthropicClient({ apiKey: deployedKey, baseURL: address }));
}

/** Opens a workspace of Claude Platform on AWS with the credentials of this command, which have to be allowed to use it. */
export async function openWorkspace(
  { cloudFormation }: Pick<Cloud, 'cloudFormation'>,
  workspace: Omit<AwsWorkspace, 'credentials'>,
): Promise<Batches> {
  const { anthropicBatches } = await import('../lambdas/stores/anthropic.ts');
  const { workspaceClient } = await import('../lambdas/stores/anthropic-aws.ts');
  return anthropicBatches(await workspaceClient({ ...workspace, credentials: cloudFormation.config.credentials }));
}
