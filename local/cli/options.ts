import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { InvalidSetting } from '../../lambdas/domain/errors.ts';
import { parseOr } from '../../lambdas/domain/parse.ts';

const port = z.coerce.number().int().min(1).max(65_535).optional();

const optionsSchema = z.object({
  export: z.string().min(1).optional(),
  yes: z.boolean().default(false),
  state: z.string().min(1),
  out: z.string().min(1).optional(),
  model: z.string().min(1),
  maxBatchSize: z.coerce.number().int().min(1).max(100_000),
  dynamodbPort: port,
  postgresPort: port,
});

/** What `npm start --` was given. */
export type Options = z.infer<typeof optionsSchema>;

const environmentSchema = z.object({
  ANTHROPIC_API_KEY: z.string().trim().min(1).optional(),
  ANTHROPIC_BASE_URL: z.url().optional(),
  DYNAMODB_ENDPOINT: z.url().optional(),
  JOB_BUDGET_USD: z.coerce.number().positive().optional(),
});
export type LocalEnvironment = z.infer<typeof environmentSchema>;

/**
 * Parses the command line.
 * @returns undefined when help was asked for and given
 * @throws InvalidSetting naming the flag
 */
export function parseOptions(argv: readonly string[]): Options | undefined {
  const command = new Command('npm start --')
    .description('Writes the narrative report of one conversation, on embedded parts.')
    .option('--export <folder>', 'a Polis export folder to report on, instead of the sample conversation')
    .option('--yes', 'spend money without asking (with ANTHROPIC_API_KEY)')
    .option('--state <folder>', 'where databases and batches are kept between runs', '.narratives')
    .option('--out <folder>', 'where the report is written (default: reports/ in the state folder)')
    .option('--model <model>', 'the model that writes', 'claude-sonnet-5-5')
    .option('--max-batch-size <count>', 'sections in one batch at most', '20')
    .option('--dynamodb-port <port>', 'fixed port of the embedded DynamoDB (default: any free one)')
    .option('--postgres-port <port>', 'fixed port of the embedded PostgreSQL (default: any free one)')
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw new InvalidSetting(`${(error as Error).message.replace(/^error: /, '')}; npm start -- --help lists the flags`);
  }
  if (command.args.length > 0) throw new InvalidSetting(`"${command.args[0]}" is not a flag; npm start -- --help lists the flags`);
  return parseOr(optionsSchema, command.opts(), (line) => new InvalidSetting(`flag ${line}; npm start -- --help lists the flags`));
}

/** Parses the environment of the embedded run. @throws InvalidSetting naming the variable */
export const parseEnvironment = (env: NodeJS.ProcessEnv): LocalEnvironment =>
  parseOr(environmentSchema, withoutEmpty(env), (line) => new InvalidSetting(`environment variable ${line}`));

/** An empty variable is one that is not set. */
const withoutEmpty = (env: NodeJS.ProcessEnv) => Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
