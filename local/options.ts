import { Command, CommanderError, Option } from 'commander';
import * as z from 'zod';
import { modelVariables } from '../lambdas/runtime/environment.ts';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { layerList } from '../lambdas/shared/layers.ts';
import { UNKNOWN_MODEL_POLICIES } from '../lambdas/shared/model-aliases.ts';
import { parseOr } from '../lambdas/shared/parse.ts';
import { LIES } from '../stand-in/lies.ts';

const SEE_HELP = 'npm start -- --help lists the flags';

/** Digits only: Number() would also read 1e3, 0x10 and blanks. */
const wholeNumber = (most: number) => {
  const error = `should be a whole number from 1 to ${most.toLocaleString('en')}`;
  return z.string().regex(/^\d+$/, error).transform(Number).pipe(z.number().min(1, error).max(most, error));
};
const text = z.string().trim().min(1, 'should not be empty');
const port = wholeNumber(65_535).optional();
const SERVE_PORT = '8787';

const optionsSchema = z
  .object({
    export: text.optional(),
    allComments: z.boolean().default(false),
    yes: z.boolean().default(false),
    state: text,
    out: text.optional(),
    model: text,
    maxBatchSize: wholeNumber(100_000),
    batchSeconds: wholeNumber(86_400),
    layers: layerList.optional(),
    cache: z.boolean(),
    claims: z.enum(['on', 'off'], 'should be on or off'),
    claimsReadBack: z.boolean().default(false),
    lie: z.preprocess((given) => (given === true ? 'any' : given), z.enum(['any', ...LIES]).optional()),
    dynamodbPort: port,
    postgresPort: port,
    serve: z.preprocess((given) => (given === true ? SERVE_PORT : given), port),
  })
  .refine((given) => given.export !== undefined || !given.allComments, {
    path: ['allComments'],
    error: 'needs --export',
  })
  .refine((given) => given.lie === undefined || given.claims === 'on', {
    path: ['lie'],
    error: 'needs claims, which --claims off turns off: nothing would notice a false clause',
  })
  .refine((given) => given.dynamodbPort === undefined || given.dynamodbPort !== given.postgresPort, {
    path: ['postgresPort'],
    error: 'must be another port than --dynamodb-port',
  });

/** What `npm start --` was given. */
export type Options = z.infer<typeof optionsSchema>;

const address = z.url({ protocol: /^https?$/, error: 'should be an address such as http://127.0.0.1:8000' }).optional();
const environmentSchema = z
  .object({
    ANTHROPIC_API_KEY: z
      .string()
      .trim()
      .regex(/^[\x21-\x7e]+$/, 'must be one line of plain characters')
      .optional(),
    ANTHROPIC_BASE_URL: address,
    ANTHROPIC_PROVIDER: z.enum(['anthropic', 'aws'], 'must be anthropic or aws').default('anthropic'),
    ANTHROPIC_AWS_WORKSPACE_ID: z
      .string()
      .regex(/^wrkspc_[A-Za-z0-9]+$/, 'must be wrkspc_ and letters or digits')
      .optional(),
    AWS_REGION: z.string().optional(),
    DYNAMODB_ENDPOINT: address,
    ...modelVariables,
    UNKNOWN_MODEL: z
      .enum(UNKNOWN_MODEL_POLICIES, `must be one of: ${UNKNOWN_MODEL_POLICIES.join(', ')}`)
      .default('use default'),
  })
  .superRefine((env, problems) => {
    if (env.ANTHROPIC_PROVIDER !== 'aws') return;
    const refuse = (name: string, message: string) => problems.addIssue({ code: 'custom', path: [name], message });
    if (env.ANTHROPIC_API_KEY !== undefined)
      refuse('ANTHROPIC_API_KEY', 'is not used with ANTHROPIC_PROVIDER=aws: unset one of the two');
    if (env.ANTHROPIC_AWS_WORKSPACE_ID === undefined)
      refuse('ANTHROPIC_AWS_WORKSPACE_ID', 'is needed with ANTHROPIC_PROVIDER=aws: the id of a workspace (wrkspc_…)');
    if (env.AWS_REGION === undefined)
      refuse('AWS_REGION', 'is needed with ANTHROPIC_PROVIDER=aws: the region of the workspace');
  });
export type LocalEnvironment = z.infer<typeof environmentSchema>;

/** Which API writes the text: the stand-in on this machine, or the real one, with a key or by AWS credentials. */
export type ApiKind = 'simulated' | 'real' | 'real-aws';

export function apiKindOf(env: LocalEnvironment): ApiKind {
  if (env.ANTHROPIC_PROVIDER === 'aws') return 'real-aws';
  return env.ANTHROPIC_API_KEY === undefined ? 'simulated' : 'real';
}

/** The environment variables that `npm start` reads, and what they do. */
export const ENVIRONMENT = {
  ANTHROPIC_API_KEY: 'use the real API; without it the text is simulated and nothing is paid',
  ANTHROPIC_PROVIDER:
    '`aws` uses the real API through Claude Platform on AWS, with the AWS credentials of this machine and no key',
  ANTHROPIC_AWS_WORKSPACE_ID: 'the workspace there (with ANTHROPIC_PROVIDER=aws)',
  AWS_REGION: 'the region of the workspace (with ANTHROPIC_PROVIDER=aws)',
  ANTHROPIC_BASE_URL: 'another address of the real API',
  MODEL_ALIASES: 'models that stand in for others: old-model=new-model, separated by commas',
  UNKNOWN_MODEL: '`refuse` fails a job whose model the API does not know; else --model stands in for it',
  JOB_BUDGET_USD: 'refuse a job that could cost more',
  DAY_BUDGET_USD: 'refuse a job when all jobs of its UTC day together could cost more',
  UNPRICED_MODELS: 'models, separated by commas, to use although their price is not known',
  DYNAMODB_ENDPOINT: 'use this DynamoDB (with Streams) instead of the embedded one',
} as const satisfies Record<keyof LocalEnvironment, string>;

/** What `npm start` ends with. */
export const EXIT_CODES = {
  0: 'the report is written; with --serve: stopped while no job was under way',
  1: 'the run failed',
  2: 'the command line or the environment is wrong',
  130: 'stopped; the same command continues later',
} as const;

const list = (title: string, rows: Readonly<Record<string, string>>): string =>
  [`\n${title}:`, ...Object.entries(rows).map(([name, text]) => `  ${name.padEnd(20)} ${text}`)].join('\n');

/** The default is given twice: without the second, the help would put the first in quotation marks. */
const defaulted = (flags: string, description: string, value: string): Option =>
  new Option(flags, description).default(value, value);

/** The parser of the command line. */
export const startCommand = (): Command =>
  new Command('npm start --')
    .description('Writes the narrative report of one conversation on this machine.')
    .option(
      '--export <path>',
      'a Polis export (a folder or a zip file) to report on, instead of the sample conversation',
    )
    .option('--all-comments', 'with --export: also report on comments that moderators rejected')
    .option('--yes', 'spend money without asking (with the real API)')
    .addOption(defaulted('--state <folder>', 'where databases and batches are kept between runs', '.narratives'))
    .option('--out <folder>', 'where the report is written (default: reports/ in the state folder)')
    .addOption(defaulted('--model <model>', 'model that writes the report', 'claude-sonnet-5-5'))
    .addOption(defaulted('--max-batch-size <count>', 'maximum number of sections in one batch', '20'))
    .addOption(defaulted('--batch-seconds <count>', 'how long a simulated batch takes', '1'))
    .option(
      '--layers <list>',
      'write about the topics of these layers only, such as 0,1; 0 is the finest (default: all)',
    )
    .option('--no-cache', 'ask for every section again, including the unchanged ones')
    .addOption(defaulted('--claims <on|off>', 'prove every clause from the votes, or write without claims', 'on'))
    .addOption(
      new Option(
        '--lie [kind]',
        'have the stand-in write false clauses, to see them caught (without ANTHROPIC_API_KEY)',
      ).argParser((kind: string) => kind),
    )
    .option('--claims-read-back', 'have the claims read back from the words of the text, in one more round')
    .option('--dynamodb-port <port>', 'fixed port of the embedded DynamoDB (default: any free one)')
    .option('--postgres-port <port>', 'fixed port of the embedded PostgreSQL (default: any free one)')
    .option(
      '--serve [port]',
      `serve a page of jobs and reports, and the HTTP API, on this machine until Ctrl-C; with the real API, starting a job needs --yes (default port: ${SERVE_PORT})`,
    )
    .addHelpText('after', `${list('Environment variables', ENVIRONMENT)}\n${list('Exit codes', EXIT_CODES)}`)
    .allowExcessArguments()
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();

/**
 * Parses the command line.
 * @returns undefined when help was asked for and given
 * @throws InvalidSetting naming the flag
 */
export function parseOptions(argv: readonly string[]): Options | undefined {
  const command = startCommand();
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw new InvalidSetting(`${(error as Error).message.replace(/^error: /, '').replaceAll('\n', ' ')}; ${SEE_HELP}`);
  }
  if (command.args.length > 0) throw new InvalidSetting(`"${command.args[0]}" is not a flag; ${SEE_HELP}`);
  return parseOr(optionsSchema, command.opts(), (line) => new InvalidSetting(`${asFlags(line)}; ${SEE_HELP}`));
}

/** The parser names options in camel case: `maxBatchSize: …` becomes `--max-batch-size …`. */
const asFlags = (line: string): string =>
  line.replace(
    /(^|; )([a-zA-Z]+): /g,
    (_, before: string, name: string) =>
      `${before}--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} `,
  );

/** Parses the environment of the embedded run. @throws InvalidSetting naming the variable */
export const parseEnvironment = (env: NodeJS.ProcessEnv): LocalEnvironment =>
  parseOr(environmentSchema, withoutEmpty(env), (line) => new InvalidSetting(`environment variable ${line}`));

/** An empty variable is one that is not set. */
const withoutEmpty = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
