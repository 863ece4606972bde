import * as z from 'zod';
import { budgetSchema } from '../money/money.ts';
import { InvalidSetting } from '../shared/errors.ts';
import { modelAliasesText, UNKNOWN_MODEL_POLICIES } from '../shared/model-aliases.ts';
import { parseOr } from '../shared/parse.ts';

const name = z.string().min(1);

/** Which models may be used and what jobs may cost, wherever the steps run: as functions, on a laptop or in a worker. */
export const modelVariables = {
  MODEL_ALIASES: modelAliasesText.prefault(''),
  JOB_BUDGET_USD: budgetSchema.optional(),
  DAY_BUDGET_USD: budgetSchema.optional(),
  UNPRICED_MODELS: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((model) => model.trim() || [])),
} as const;

/** Every environment variable a function may have; `lib/narratives-function.ts` says which has which. */
const variables = {
  JOB_TABLE: name,
  REPORTS_TABLE: name,
  LEDGER_TABLE: name,
  TOPIC_NAMES_TABLE: name,
  CLUSTER_ASSIGNMENTS_TABLE: name,
  MATH_ENV: name,
  DEFAULT_MODEL: name,
  UNKNOWN_MODEL: z.enum(UNKNOWN_MODEL_POLICIES).default('use default'),
  CLAIMS: z.enum(['on', 'off']).default('on'),
  CLAIMS_READ_BACK: z.enum(['true', 'false']).default('false'),
  ...modelVariables,
  ANTHROPIC_SECRET_NAME: name,
  DATABASE_SECRET_NAME: name,
  DATABASE_TLS: z.enum(['verify', 'off']).default('verify'),
  DATABASE_CA: name.optional(),
  DATABASE_TLS_SERVER_NAME: name.optional(),
  ANTHROPIC_PROVIDER: z.enum(['anthropic', 'aws']).default('anthropic'),
  ANTHROPIC_AWS_WORKSPACE_ID: name,
  ANTHROPIC_AWS_REGION: name,
  ANTHROPIC_BASE_URL: z.url().optional(),
  STATE_MACHINE_ARN: name,
  STAGE: z.string().default(''),
} as const;

type Variables = { [K in keyof typeof variables]: z.output<(typeof variables)[K]> };

/**
 * The variables that one function needs, parsed.
 * @throws InvalidSetting naming the variable
 */
export function environment<K extends keyof Variables>(...names: K[]): Pick<Variables, K> {
  const schema = z.object(Object.fromEntries(names.map((key) => [key, variables[key]])));
  const fail = (line: string) => new InvalidSetting(`environment: ${line}; deploy the narratives stack again`);
  return parseOr(schema, process.env, fail) as Pick<Variables, K>;
}

/** Days a row of the ledger is kept. The API keeps results for 29 days. */
export const LEDGER_DAYS = 180;
