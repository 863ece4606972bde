import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { modelVariables } from '../../lambdas/runtime/environment.ts';
import { anthropicKeyOf } from '../../lambdas/runtime/secrets.ts';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import { UNKNOWN_MODEL_POLICIES } from '../../lambdas/shared/model-aliases.ts';
import { parseOr } from '../../lambdas/shared/parse.ts';
import type { AwsWorkspace } from '../../lambdas/stores/anthropic-aws.ts';
import { hostOf } from '../../lambdas/stores/database-tls.ts';
import { SETTINGS } from '../../lib/settings.ts';

const address = z.url({ protocol: /^https?$/, error: 'should be an address such as http://127.0.0.1:8000' });
const text = z.string().trim().min(1, 'should not be empty');
const modelId = z.string().regex(/^[a-z][a-z0-9.-]{2,127}$/, 'should be a model id such as claude-sonnet-5-5');
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, `should be a whole number from ${least} to ${most}`)
    .transform(Number)
    .pipe(z.number().min(least, `should be ${least} at least`).max(most, `should be ${most} at most`));

/** What a worker is given: an environment variable each, and a flag of the same name where that is no secret. */
const settingsSchema = z.object({
  DYNAMODB_ENDPOINT: address.optional(),
  AWS_REGION: text.default('us-east-1'),
  DATABASE_URL: z
    .string('is missing: give the address of the PostgreSQL of Polis, postgres://user:password@host:5432/database')
    .regex(/^postgres(ql)?:\/\//, 'should look like postgres://user:password@host:5432/database'),
  DATABASE_TLS: z.enum(['verify', 'off'], 'should be verify or off').optional(),
  DATABASE_CA_FILE: text.optional(),
  DATABASE_TLS_SERVER_NAME: z.hostname('should be a host name').optional(),
  MATH_ENV: z
    .string()
    .regex(/^[\w-]{1,64}$/, "should be the math worker's math_env, such as prod")
    .default('prod'),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_API_KEY_FILE: text.optional(),
  ANTHROPIC_BASE_URL: address.optional(),
  ANTHROPIC_PROVIDER: z.enum(['anthropic', 'aws'], 'should be anthropic or aws').default('anthropic'),
  ANTHROPIC_AWS_WORKSPACE_ID: z
    .string()
    .regex(/^wrkspc_[A-Za-z0-9]+$/, 'should be wrkspc_ and letters or digits')
    .optional(),
  ANTHROPIC_AWS_REGION: text.optional(),
  DEFAULT_MODEL: modelId.default('claude-sonnet-5-5'),
  ...modelVariables,
  UNKNOWN_MODEL: z
    .enum(UNKNOWN_MODEL_POLICIES, `should be one of: ${UNKNOWN_MODEL_POLICIES.join(', ')}`)
    .default('use default'),
  CLAIMS: z.enum(['on', 'off'], 'should be on or off').default('on'),
  CLAIMS_READ_BACK: z.enum(['true', 'false'], 'should be true or false').default('false'),
  SWEEP_MINUTES: wholeNumber(1, 1440).default(15),
  JOB_STREAM: z.enum(['on', 'off'], 'should be on or off').default('on'),
  HTTP_HOST: text.default('127.0.0.1'),
  HTTP_PORT: wholeNumber(0, 65_535).default(8788),
  LOG_FORMAT: z.enum(['json', 'text'], 'should be json or text').optional(),
});
type Given = z.output<typeof settingsSchema>;
type Name = keyof Given;

/** Every setting of a worker: its variable, and what it does. */
export const WORKER_SETTINGS: Readonly<Record<Name, string>> = {
  DYNAMODB_ENDPOINT: 'address of the DynamoDB that Polis uses, such as DynamoDB Local; without it, that of AWS',
  AWS_REGION: 'region of the DynamoDB; DynamoDB Local takes any',
  DATABASE_URL: 'address of the PostgreSQL of Polis',
  DATABASE_TLS: 'verify or off; without it, off towards this machine and verify otherwise',
  DATABASE_CA_FILE: 'PEM file of the only authority to trust for PostgreSQL',
  DATABASE_TLS_SERVER_NAME: 'host name in the certificate of PostgreSQL, if it is another than that of the address',
  MATH_ENV: 'which math_env of the table math_main is read',
  ANTHROPIC_API_KEY: 'key of the Anthropic API',
  ANTHROPIC_API_KEY_FILE: 'file that holds the key, in place of ANTHROPIC_API_KEY',
  ANTHROPIC_BASE_URL: 'another address of the Anthropic API',
  ANTHROPIC_PROVIDER:
    'aws: call the API through Claude Platform on AWS, with the AWS credentials of this machine and no key',
  ANTHROPIC_AWS_WORKSPACE_ID: 'the workspace there (with ANTHROPIC_PROVIDER=aws)',
  ANTHROPIC_AWS_REGION: 'the region of that workspace, if it is another than AWS_REGION',
  DEFAULT_MODEL: SETTINGS.defaultModel.does,
  MODEL_ALIASES: 'models that stand in for others: old-model=new-model, separated by commas',
  UNKNOWN_MODEL: '`refuse` fails a job whose model the API does not know; else the default model stands in for it',
  CLAIMS: SETTINGS.claims.does,
  CLAIMS_READ_BACK: SETTINGS.claimsReadBack.does,
  JOB_BUDGET_USD: 'refuse a job that could cost more',
  DAY_BUDGET_USD: 'refuse a job when all jobs of its UTC day together could cost more',
  UNPRICED_MODELS: 'models, separated by commas, to use although their price is not known',
  SWEEP_MINUTES: 'minutes between two sweeps for forgotten jobs',
  JOB_STREAM: 'off: do not turn on the stream of the job table; new jobs are then looked for every 2 seconds',
  HTTP_HOST:
    'address to serve health and figures on, and on this machine alone also the page of jobs; 0.0.0.0 for other containers, without the page',
  HTTP_PORT: 'port of health, figures and page; 0 for any free one',
  LOG_FORMAT: 'json or text; without it, text on a terminal and json otherwise',
};

/** A flag would show it to everybody who lists the processes. */
const SECRETS: readonly string[] = ['ANTHROPIC_API_KEY'];

export const flagOf = (name: string): string => `--${name.toLowerCase().replaceAll('_', '-')}`;
const keyOf = (name: string): string =>
  name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The settings that have a flag, with the name that the parser of the command line gives it. */
export const FLAGS = (Object.keys(WORKER_SETTINGS) as Name[])
  .filter((name) => !SECRETS.includes(name) && name !== 'AWS_REGION')
  .map((name) => ({ name, flag: flagOf(name), key: keyOf(name), does: WORKER_SETTINGS[name] }));

/** The value that a setting has when it is not given; undefined when there is none. */
export function defaultOf(name: Name): string | undefined {
  const value = settingsSchema.shape[name].safeParse(undefined).data;
  return value === undefined || typeof value === 'object' ? undefined : String(value);
}

/** Names and addresses of this machine, which no other machine can reach. */
export const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

/** What a worker runs with. */
export interface WorkerSettings
  extends Omit<Given, 'ANTHROPIC_API_KEY' | 'ANTHROPIC_API_KEY_FILE' | 'DATABASE_CA_FILE' | 'DATABASE_TLS'> {
  access: { apiKey: string } | Pick<AwsWorkspace, 'workspaceId' | 'region'>;
  tls: { tls: 'verify' | 'off'; ca: string | undefined; serverName: string | undefined };
}

/**
 * Reads the settings of a worker; a flag wins over the variable of the same name, and an empty one counts as not given.
 * @param flags by the names of their variables
 * @throws InvalidSetting naming the variable
 */
export function readWorkerSettings(env: NodeJS.ProcessEnv, flags: Readonly<Record<string, unknown>>): WorkerSettings {
  const given = Object.fromEntries(
    Object.keys(WORKER_SETTINGS).flatMap((name) => {
      const value = flags[name] ?? env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  // all that is missing is named at once
  const noKey = given.ANTHROPIC_PROVIDER !== 'aws' && !given.ANTHROPIC_API_KEY && !given.ANTHROPIC_API_KEY_FILE;
  const read = parseOr(
    settingsSchema,
    given,
    (line) =>
      new InvalidSetting(`${line} (environment variable, or flag of the same name)${noKey ? `; ${KEY_MISSING}` : ''}`),
  );
  const { ANTHROPIC_API_KEY: _, ANTHROPIC_API_KEY_FILE: __, DATABASE_CA_FILE, DATABASE_TLS, ...rest } = read;
  const serverName = rest.DATABASE_TLS_SERVER_NAME;
  const usual = serverName === undefined && LOOPBACK.test(hostOf(rest.DATABASE_URL)) ? 'off' : 'verify';
  const ca = DATABASE_CA_FILE === undefined ? undefined : readNamed('DATABASE_CA_FILE', DATABASE_CA_FILE);
  return {
    ...rest,
    access: accessFrom(read),
    tls: { tls: DATABASE_TLS ?? usual, ca, serverName },
  };
}

const KEY_MISSING =
  'ANTHROPIC_API_KEY is missing: set it to a key of the Anthropic API, or ANTHROPIC_API_KEY_FILE to a file that holds one';

function accessFrom(given: Given): WorkerSettings['access'] {
  const { ANTHROPIC_API_KEY: key, ANTHROPIC_API_KEY_FILE: file, ANTHROPIC_AWS_WORKSPACE_ID: workspaceId } = given;
  if (given.ANTHROPIC_PROVIDER === 'anthropic') return { apiKey: keyFrom(key, file) };
  if (key !== undefined || file !== undefined)
    throw new InvalidSetting('an API key is not used with ANTHROPIC_PROVIDER=aws: unset one of the two');
  if (workspaceId === undefined)
    throw new InvalidSetting(
      'ANTHROPIC_AWS_WORKSPACE_ID is needed with ANTHROPIC_PROVIDER=aws: the id of a workspace (wrkspc_…)',
    );
  return { workspaceId, region: given.ANTHROPIC_AWS_REGION ?? given.AWS_REGION };
}

function keyFrom(key: string | undefined, file: string | undefined): string {
  if (key !== undefined && file !== undefined)
    throw new InvalidSetting('ANTHROPIC_API_KEY and ANTHROPIC_API_KEY_FILE are both set: unset one of the two');
  if (key !== undefined) return anthropicKeyOf(key, 'ANTHROPIC_API_KEY');
  if (file !== undefined) return anthropicKeyOf(readNamed('ANTHROPIC_API_KEY_FILE', file), file);
  throw new InvalidSetting(KEY_MISSING);
}

function readNamed(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidSetting(`${name} ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}
