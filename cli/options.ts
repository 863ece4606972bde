import { Command, CommanderError } from 'commander';
import * as z from 'zod';
import { parseOr } from '../lambdas/shared/parse.ts';
import { STAGE } from '../lib/settings.ts';
import { COMMANDS, type CommandName, type Inputs } from './commands.ts';
import { WrongUse } from './errors.ts';

const globalSchema = z.object({
  json: z.boolean().default(false),
  endpointUrl: z.url({ protocol: /^https?$/, error: 'should be an address such as http://localhost:4566' }).optional(),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, 'should be a region such as eu-west-1')
    .optional(),
  profile: z.string().trim().min(1, 'should not be empty').optional(),
  stage: z.string().regex(STAGE, 'should be the stage as it was deployed').default(''),
});
export type GlobalOptions = z.infer<typeof globalSchema>;

/** One command line, parsed. */
export type Invocation = {
  [K in CommandName]: { command: K; input: Inputs[K]; global: GlobalOptions };
}[CommandName];

const AFTER_HELP = `
Environment: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and the AWS credentials as the AWS CLI takes them;
DATABASE_URL and ANTHROPIC_API_KEY are used instead of the deployed secrets; ANTHROPIC_BASE_URL for a stand-in of the API.
DATABASE_CA_FILE (a PEM file) and DATABASE_TLS (verify or off) are for PostgreSQL as databaseCaFile and databaseTls are
where it is deployed: a file that was deployed with has to be named here as well.

Exit code: 0 done, 1 failed, 2 wrong use; 130 when watching was stopped by Ctrl-C.`;

/**
 * Parses the command line.
 * @param out is given the help text, when it was asked for
 * @returns undefined when help was asked for and given
 * @throws WrongUse naming the flag or command
 */
export function parseCommandLine(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  out: (text: string) => void,
): Invocation | undefined {
  let found: { command: CommandName; given: Record<string, unknown> } | undefined;
  const program = buildProgram(out, (command, given) => {
    found = { command, given };
  });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw new WrongUse(`${complaint(error as Error, program, argv)}; narratives --help lists commands and flags`);
  }
  if (!found) throw new WrongUse('name a command; narratives --help lists them');
  const { command, given } = found;
  const fail = (line: string) => new WrongUse(`${asFlags(line)}; narratives ${command} --help tells more`);
  const global = parseOr(globalSchema, { ...regionOf(env), ...program.opts() }, fail);
  const input = parseOr(COMMANDS[command].schema, given, fail);
  return { command, input, global } as Invocation;
}

/** The SDK itself does not read AWS_DEFAULT_REGION, which the AWS CLI does. */
function regionOf(env: NodeJS.ProcessEnv): { region?: string } {
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  return region ? { region } : {};
}

function buildProgram(
  out: (text: string) => void,
  found: (command: CommandName, given: Record<string, unknown>) => void,
): Command {
  const program = new Command('narratives')
    .description('Looks after a deployment of delphi-narratives: starts, watches and mends narrative reports.')
    .option('--json', 'answer with one JSON document')
    .option('--endpoint-url <url>', 'address of an emulator instead of AWS')
    .option('--region <region>', 'AWS region')
    .option('--profile <name>', 'AWS profile')
    .option('--stage <name>', 'stage of the deployment, where it has one')
    .addHelpText('after', AFTER_HELP)
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    // help asked for goes to `out`; a complaint is told by the caller, in one line
    .configureOutput({ writeOut: out, writeErr: () => undefined })
    .exitOverride();
  for (const [name, { usage, about, flags, args }] of Object.entries(COMMANDS)) {
    const command = program.command(`${name} ${usage}`.trim()).description(about).copyInheritedSettings(program);
    for (const [flag, text] of flags) command.option(flag, text);
    command.action((...given: unknown[]) => {
      const named = Object.fromEntries(args.map((arg, at) => [arg, given[at]]));
      found(name as CommandName, { ...command.opts(), ...named });
    });
  }
  return program;
}

/** Without a command the parser would only show its help; a flag that it does not know is the likelier trouble. */
function complaint(error: Error, program: Command, argv: readonly string[]): string {
  if (!(error instanceof CommanderError) || error.code !== 'commander.help') return oneLine(error.message);
  const unknown = argv.find(
    (word) => /^-./.test(word) && !program.options.some(({ long }) => long === word.split('=')[0]),
  );
  return unknown === undefined ? 'name a command' : `unknown option '${unknown}'`;
}

const oneLine = (message: string): string =>
  message
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '');

/** The parser names options in camel case: `maxBatchSize: …` becomes `--max-batch-size …`. */
const asFlags = (line: string): string =>
  line.replace(/(^|; )([a-zA-Z]+): /g, (_, before: string, name: string) => {
    const dashed = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return `${before}${name.endsWith('Id') ? dashed.toUpperCase().replaceAll('-', '_') : `--${dashed}`} `;
  });
