import * as z from 'zod';
import { InvalidSetting } from '../lambdas/domain/errors.ts';

/** Every setting is given as `-c narratives:<key>=<value>`; the prefix tells ours from CDK's own context. */
export const CONTEXT_PREFIX = 'narratives:';

const tableName = z.string().regex(/^[A-Za-z0-9_.-]{3,255}$/);
const secretName = z.string().regex(/^[\w/+=.@-]{1,512}$/);
const A_TABLE_NAME = 'the name of an existing table: 3 to 255 letters, digits, _ . or -';
const A_SECRET_NAME = "a secret's name in Secrets Manager: letters, digits and / _ + = . @ -";

/** The known settings: how each is parsed, and what to say when it is not in the agreed shape. */
const SETTINGS = {
  stage: {
    parse: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,29}$/)
      .optional(),
    wants: 'a suffix for stack names: a letter, then letters, digits or hyphens, 30 characters at most',
  },
  jobTable: { parse: tableName.optional(), wants: A_TABLE_NAME },
  jobTableStreamArn: {
    parse: z
      .string()
      .regex(/^arn:[\w-]+:dynamodb:[\w-]*:\d{12}:table\/[\w.-]+\/stream\/\S+$/)
      .optional(),
    wants:
      "the job table's LatestStreamArn (aws dynamodb describe-table); turn the stream on with NEW_IMAGE if it has none",
  },
  reportsTable: { parse: tableName.optional(), wants: A_TABLE_NAME },
  ledgerTable: { parse: tableName.optional(), wants: A_TABLE_NAME },
  mathEnv: {
    parse: z
      .string()
      .regex(/^[\w-]{1,64}$/)
      .default('prod'),
    wants: "the math worker's math_env, such as prod",
  },
  defaultModel: {
    parse: z
      .string()
      .regex(/^[a-z][a-z0-9.-]{2,127}$/)
      .default('claude-sonnet-5-5'),
    wants: 'a model id of the Anthropic API, such as claude-sonnet-5-5',
  },
  jobBudgetUsd: { parse: z.coerce.number().positive().optional(), wants: 'a number above 0: US dollars for one job' },
  anthropicSecretName: { parse: secretName.default('delphi-narratives/anthropic-api-key'), wants: A_SECRET_NAME },
  databaseSecretName: { parse: secretName.default('delphi-narratives/database-url'), wants: A_SECRET_NAME },
  anthropicBaseUrl: {
    parse: z.url({ protocol: /^https?$/ }).optional(),
    wants: 'an http or https address, only needed for a stand-in of the API',
  },
  logLevel: {
    parse: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO'),
    wants: 'one of DEBUG, INFO, WARN, ERROR',
  },
  alarmEmail: { parse: z.email().optional(), wants: 'an e-mail address that alarms are sent to' },
  spendAlarmUsdPerDay: {
    parse: z.coerce.number().positive().default(50),
    wants: 'a number above 0: an alarm tells when a day has cost more US dollars',
  },
  sweepMinutes: {
    parse: z.coerce.number().int().min(1).max(1440).default(15),
    wants: 'whole minutes between two sweeps for forgotten jobs, 1 to 1440',
  },
  httpApi: {
    parse: z.enum(['off', 'iam', 'open']).default('off'),
    wants: 'one of off, iam (callers sign with AWS credentials), open (anybody who knows the address)',
  },
} as const;

type SettingName = keyof typeof SETTINGS;

/** What the stacks are built from. Table names are present only for tables that exist already and are imported. */
export type NarrativesConfig = { readonly [K in SettingName]: z.output<(typeof SETTINGS)[K]['parse']> };

/**
 * Reads the settings out of CDK's whole context (`app.node.getAllContext()`).
 * @throws InvalidSetting naming the key and what it should hold, for a bad value or a key that is not ours
 */
export function readConfig(context: Record<string, unknown>): NarrativesConfig {
  refuseUnknownKeys(context);
  const entries = Object.entries(SETTINGS).map(([key, { parse, wants }]) => {
    const parsed = parse.safeParse(context[CONTEXT_PREFIX + key]);
    if (!parsed.success) throw new InvalidSetting(`-c ${CONTEXT_PREFIX}${key} should be ${wants}`);
    return [key, parsed.data];
  });
  const config = Object.fromEntries(entries) as NarrativesConfig;
  refuseHalfAnImport(config);
  return config;
}

function refuseUnknownKeys(context: Record<string, unknown>): void {
  const ours = Object.keys(context).filter((key) => key.startsWith(CONTEXT_PREFIX));
  const unknown = ours.filter((key) => !Object.hasOwn(SETTINGS, key.slice(CONTEXT_PREFIX.length)));
  if (unknown.length === 0) return;
  const known = Object.keys(SETTINGS).join(', ');
  throw new InvalidSetting(`-c ${unknown.join(', ')} is no setting; after "${CONTEXT_PREFIX}" use one of: ${known}`);
}

function refuseHalfAnImport({ jobTable, jobTableStreamArn }: NarrativesConfig): void {
  const streamOf = jobTableStreamArn?.match(/:table\/([^/]+)\/stream\//)?.[1];
  if (jobTable === streamOf) return;
  throw new InvalidSetting(
    `-c ${CONTEXT_PREFIX}jobTable and ${CONTEXT_PREFIX}jobTableStreamArn go together and name the same table ` +
      `(here: ${jobTable ?? 'none'} and ${streamOf ?? 'none'}); an imported job table is only heard through its stream`,
  );
}
