import * as z from 'zod';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { modelAliasesObject, modelAliasesText, UNKNOWN_MODEL_POLICIES } from '../lambdas/shared/model-aliases.ts';
import { TABLE_NAMES } from './names.ts';

/** Every setting is given as `-c narratives:<key>=<value>`; the prefix tells ours from CDK's own context. */
export const CONTEXT_PREFIX = 'narratives:';

/** A stage, as it is put behind stack names; exported for the command line, which reads it without loading CDK. */
export const STAGE = /^[A-Za-z][A-Za-z0-9-]{0,29}$/;
const tableName = z.string().regex(/^[A-Za-z0-9_.-]{3,255}$/);
const secretName = z.string().regex(/^[\w/+=.@-]{1,512}$/);
const modelId = z.string().regex(/^[a-z][a-z0-9.-]{2,127}$/);
const A_TABLE_NAME = 'the name of an existing table: 3 to 255 letters, digits, _ . or -';
const A_SECRET_NAME = "a secret's name in Secrets Manager: letters, digits and / _ + = . @ -";

/** A number, or a text that is one, as the command line gives it. An empty text, true and null are refused. */
const number = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d+(\.\d+)?$/)
      .transform(Number),
  ])
  .pipe(z.number());
/** The days that CloudWatch Logs knows; written out, because the command line reads settings without loading CDK. */
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** true or false, or the words, as the command line gives them. */
const yesOrNo = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);

/** AWS ids of one kind: a list, or one text with commas. @param most how many AWS takes */
const ids = (prefix: string, most: number) =>
  z
    .union([z.array(z.string()), z.string().transform((text) => text.split(',').map((id) => id.trim()))])
    .pipe(
      z
        .array(z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`)))
        .min(1)
        .max(most),
    )
    .refine((list) => new Set(list).size === list.length);

export interface Setting {
  /** What it is for, as the documentation says it. */
  readonly does: string;
  /** What holds when it is not given and has no default value. */
  readonly unset?: string;
  readonly parse: z.ZodType;
  /** What the value should be, as errors and the documentation say it. */
  readonly wants: string;
}

/** The known settings. `npm run generate` writes docs/settings.md from them. */
export const SETTINGS = {
  stage: {
    does: 'Suffix of the stack names. Two deployments that use one job table need different stages.',
    unset: 'no suffix',
    parse: z.string().regex(STAGE).optional(),
    wants: 'a suffix for stack names: a letter, then letters, digits or hyphens, 30 characters at most',
  },
  jobTable: {
    does: 'Uses an existing job table. Needs `jobTableStreamArn`.',
    unset: 'the table is created',
    parse: tableName.optional(),
    wants: A_TABLE_NAME,
  },
  jobTableStreamArn: {
    does: 'The stream of the existing job table.',
    unset: 'none',
    parse: z
      .string()
      .regex(/^arn:[\w-]+:dynamodb:[\w-]*:\d{12}:table\/[\w.-]+\/stream\/\S+$/)
      .optional(),
    wants:
      "the job table's LatestStreamArn (aws dynamodb describe-table); turn the stream on with NEW_IMAGE if it has none",
  },
  reportsTable: {
    does: 'Uses an existing table of stored sections.',
    unset: 'the table is created',
    parse: tableName.optional(),
    wants: A_TABLE_NAME,
  },
  ledgerTable: {
    does: 'Uses an existing ledger.',
    unset: 'the table is created',
    parse: tableName.optional(),
    wants: A_TABLE_NAME,
  },
  createTables: {
    does: '`true` creates the tables that no setting names, even with a `stage`. `false` refuses to create any.',
    unset: 'tables are created, except with a `stage`',
    parse: yesOrNo.optional(),
    wants: 'true or false: whether the tables that no setting names are created',
  },
  kmsKeyArns: {
    does: 'Gives the functions access to your own KMS keys.',
    unset: 'none',
    parse: z
      .union([z.array(z.string()), z.string().transform((text) => text.split(',').map((arn) => arn.trim()))])
      .pipe(z.array(z.string().regex(/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/)).min(1))
      .optional(),
    wants:
      'the ARNs (arn:…:key/…, no alias) of your own KMS keys that existing tables or the secrets are encrypted with',
  },
  removalPolicy: {
    does: 'What happens to the tables that this deployment created when you remove it.',
    parse: z.enum(['retain', 'destroy']).default('retain'),
    wants: 'retain or destroy: what becomes of created tables when their stack is removed',
  },
  mathEnv: {
    does: 'Which `math_env` of the table `math_main` is read.',
    parse: z
      .string()
      .regex(/^[\w-]{1,64}$/)
      .default('prod'),
    wants: "the math worker's math_env, such as prod",
  },
  defaultModel: {
    does: 'The model for jobs that name none.',
    parse: modelId.default('claude-sonnet-5-5'),
    wants: 'a model id of the Anthropic API, such as claude-sonnet-5-5',
  },
  modelAliases: {
    does: 'Models that stand in for others, such as ones that are no longer served: `{"claude-opus-4-20250514": "claude-opus-5-5"}`.',
    unset: 'none: the default model stands in for a model that is not known',
    parse: z
      .union([modelAliasesObject, modelAliasesText])
      .refine((aliases) => aliases.size > 0)
      .optional(),
    wants: 'an object of model ids, or text such as old-model=new-model, separated by commas',
  },
  unknownModel: {
    does: 'What becomes of a job whose model the Anthropic API does not know.',
    parse: z.enum(UNKNOWN_MODEL_POLICIES).default('use default'),
    wants: '`use default` writes the report with the default model and says so on the job row; `refuse` fails the job',
  },
  claims: {
    does: 'Asks for a claim with every clause and proves it from the votes. `off` writes cheaper reports that nothing checks. A job can say otherwise in `job_config.claims`.',
    parse: z.enum(['on', 'off']).default('on'),
    wants: 'on or off: whether what a report says is proven from the votes',
  },
  claimsReadBack: {
    does: 'Has a second request for each section read the claims back from its words alone, and takes out what is read otherwise.',
    parse: yesOrNo.default(false),
    wants: 'true or false: whether claims are read back',
  },
  jobBudgetUsd: {
    does: 'Refuses a job that could cost more than this.',
    unset: 'no limit',
    parse: number.pipe(z.number().positive()).optional(),
    wants: 'a number above 0: US dollars for one job',
  },
  dayBudgetUsd: {
    does: 'Refuses a job when all jobs of its UTC day together could cost more than this.',
    unset: 'no limit',
    parse: number.pipe(z.number().positive()).optional(),
    wants: 'a number above 0: US dollars for all jobs of a UTC day',
  },
  unpricedModels: {
    does: 'Allows models whose price is not known. No budget counts what they cost.',
    unset: 'jobs with such a model are refused',
    parse: z
      .union([z.array(z.string()), z.string().transform((text) => text.split(',').map((model) => model.trim()))])
      .pipe(z.array(modelId).min(1))
      .optional(),
    wants: 'model ids of the Anthropic API, a list or separated by commas',
  },
  anthropicSecretName: {
    does: 'The secret that holds the Anthropic API key.',
    parse: secretName.default('delphi-narratives/anthropic-api-key'),
    wants: A_SECRET_NAME,
  },
  databaseSecretName: {
    does: 'The secret that holds the address of PostgreSQL, or the JSON that RDS keeps.',
    parse: secretName.default('delphi-narratives/database-url'),
    wants: A_SECRET_NAME,
  },
  anthropicBaseUrl: {
    does: 'Another address of the Anthropic API.',
    unset: "Anthropic's own",
    parse: z.url({ protocol: /^https?$/ }).optional(),
    wants: 'an http or https address',
  },
  databaseTls: {
    does: 'How connections to PostgreSQL are protected.',
    parse: z.enum(['verify', 'off']).default('verify'),
    wants: 'verify or off: verify connects over TLS only, and only after checking the certificate',
  },
  databaseCaFile: {
    does: 'The only certificate authority to trust for PostgreSQL. At most 2,700 characters.',
    unset: 'the authorities of RDS and of Node.js',
    parse: z.string().min(1).optional(),
    wants: "a PEM file with the certificate of the authority that signed the database's certificate",
  },
  databaseTlsServerName: {
    does: "The name in the database's certificate, when it is reached under another: through a tunnel or an alias.",
    unset: "the host of the database's address",
    parse: z.hostname().max(100).optional(),
    wants: 'a host name of at most 100 characters, such as polis.abc.eu-west-1.rds.amazonaws.com',
  },
  subnetIds: {
    does: 'The private network of the functions that read PostgreSQL. Needs `securityGroupIds`.',
    unset: 'no private network',
    parse: ids('subnet', 16).optional(),
    wants: '1 to 16 subnet ids (subnet-…), a list or separated by commas',
  },
  securityGroupIds: {
    does: 'The security groups of those functions. Needs `subnetIds`.',
    unset: 'none',
    parse: ids('sg', 5).optional(),
    wants: '1 to 5 security group ids (sg-…), a list or separated by commas',
  },
  architecture: {
    does: 'The processor that the functions run on.',
    parse: z.enum(['arm64', 'x86_64']).default('arm64'),
    wants: 'arm64 or x86_64: x86_64 is for regions whose Lambda has no arm64',
  },
  logLevel: {
    does: 'The lowest level that is logged.',
    parse: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO'),
    wants: 'one of DEBUG, INFO, WARN, ERROR',
  },
  logRetentionDays: {
    does: 'How many days logs are kept.',
    parse: number.refine((days) => RETENTION_DAYS.includes(days)).default(90),
    wants: `a number of days that CloudWatch Logs knows: ${RETENTION_DAYS.join(', ')}`,
  },
  alarmEmail: {
    does: 'Sends alarms to this address.',
    unset: 'alarms are shown in the console only',
    parse: z.email().optional(),
    wants: 'an e-mail address that alarms are sent to',
  },
  spendAlarmUsdPerDay: {
    does: 'Raises an alarm when the jobs of 24 hours cost more than this.',
    parse: number.pipe(z.number().positive()).default(50),
    wants: 'a number above 0: US dollars a day',
  },
  sweepMinutes: {
    does: 'How often the sweep looks for forgotten jobs.',
    parse: number.pipe(z.number().int().min(1).max(1440)).default(15),
    wants: 'whole minutes between two sweeps for forgotten jobs, 1 to 1440',
  },
  httpApi: {
    does: 'Deploys the HTTP API, and says who may call it.',
    parse: z.enum(['off', 'iam', 'open']).default('off'),
    wants: 'one of off, iam (callers sign with AWS credentials), open (anybody who knows the address)',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** What the stacks are built from. Table names are present only for tables that exist already and are imported. */
export type NarrativesConfig = { readonly [K in SettingName]: z.output<(typeof SETTINGS)[K]['parse']> };

/** @throws InvalidSetting when settings that are each right contradict each other */
export function refuseContradictions(config: NarrativesConfig): void {
  refuseHalfAnImport(config);
  refuseOneTableTwice(config);
  refuseUnexpectedTables(config);
  refuseHalfANetwork(config);
  refuseCertificateWithoutTls(config);
}

function refuseHalfAnImport({ jobTable, jobTableStreamArn }: NarrativesConfig): void {
  const streamOf = jobTableStreamArn?.match(/:table\/([^/]+)\/stream\//)?.[1];
  if (jobTable === streamOf) return;
  throw new InvalidSetting(
    `-c ${CONTEXT_PREFIX}jobTable and ${CONTEXT_PREFIX}jobTableStreamArn go together and name the same table ` +
      `(here: ${jobTable ?? 'none'} and ${streamOf ?? 'none'}); jobs in an imported table are only seen through its stream`,
  );
}

function refuseOneTableTwice({ jobTable, reportsTable, ledgerTable }: NarrativesConfig): void {
  const given = Object.entries({ jobTable, reportsTable, ledgerTable }).filter(([, name]) => name !== undefined);
  const same = given.filter(([, name]) => given.filter(([, other]) => other === name).length > 1);
  if (same.length === 0) return;
  const keys = same.map(([key]) => CONTEXT_PREFIX + key).join(' and ');
  throw new InvalidSetting(`-c ${keys} name the same table ${same[0]?.[1]}: each needs its own table`);
}

/** The tables' names are the same for every stage, so a second stage in one account and region cannot create them again. */
function refuseUnexpectedTables(config: NarrativesConfig): void {
  const wanted = unnamedTables(config);
  if (wanted.length === 0) return;
  const named = `name existing ones with ${CONTEXT_PREFIX}${wanted.map(([key]) => key).join(', ')}`;
  const tables = wanted.map(([, table]) => table).join(', ');
  if (config.createTables === false) {
    throw new InvalidSetting(`-c ${CONTEXT_PREFIX}createTables is false, but no setting names ${tables}: ${named}`);
  }
  if (config.stage && !config.createTables) {
    throw new InvalidSetting(
      `stage ${config.stage} would create ${tables}, and these names are the same for every stage: ${named}, or, ` +
        `when this account and region has none of them yet, add -c ${CONTEXT_PREFIX}createTables=true`,
    );
  }
}

function unnamedTables({ jobTable, reportsTable, ledgerTable }: NarrativesConfig): [string, string][] {
  const all: [string, string | undefined, string][] = [
    ['jobTable', jobTable, TABLE_NAMES.jobs],
    ['reportsTable', reportsTable, TABLE_NAMES.reports],
    ['ledgerTable', ledgerTable, TABLE_NAMES.ledger],
  ];
  return all.flatMap(([key, given, table]): [string, string][] => (given ? [] : [[key, table]]));
}

function refuseHalfANetwork({ subnetIds, securityGroupIds }: NarrativesConfig): void {
  if (Boolean(subnetIds) === Boolean(securityGroupIds)) return;
  throw new InvalidSetting(
    `-c ${CONTEXT_PREFIX}subnetIds and ${CONTEXT_PREFIX}securityGroupIds go together (here only ` +
      `${subnetIds ? 'subnetIds' : 'securityGroupIds'}): both are needed to put functions into a private network`,
  );
}

function refuseCertificateWithoutTls(config: NarrativesConfig): void {
  if (config.databaseTls === 'verify') return;
  const idle = (['databaseCaFile', 'databaseTlsServerName'] as const).find((key) => config[key] !== undefined);
  if (!idle) return;
  throw new InvalidSetting(`-c ${CONTEXT_PREFIX}${idle} has no meaning with databaseTls=off: remove one of the two`);
}
