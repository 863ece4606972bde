import { CommanderError, Option, Command as Parser } from 'commander';
import { parseOr } from '../lambdas/shared/parse.ts';
import { NOT_PRINTABLE, printable } from '../lambdas/shared/plain-text.ts';
import packageJson from '../package.json' with { type: 'json' };
import {
  type Command,
  type Context,
  GLOBAL_OPTIONS,
  type GlobalOptions,
  globalSchema,
  type Io,
  type Shown,
} from './command.ts';
import { type Deployment, findDeployment } from './deployment.ts';
import { translated, UsageError } from './errors.ts';
import { plainLine } from './print.ts';
import { verify } from './verify.ts';

/**
 * The commands that a command line may name. Only `verify` is named by people who have no AWS account: it is known without the
 * others, whose AWS clients take most of a second to load.
 */
const commandsFor = async (argv: readonly string[]): Promise<readonly Command[]> =>
  argv.find((word) => !word.startsWith('-')) === verify.name ? [verify] : (await import('./commands.ts')).COMMANDS;

/** What the program ends with. */
export const EXIT_CODES = {
  0: 'the command succeeded',
  1: 'it failed; a watched job did not end COMPLETED; a check of doctor failed; or a report is not proven',
  2: 'the command line, the environment or the AWS credentials are wrong',
  130: 'watching was stopped by Ctrl-C',
} as const;

/** Environment variables that commands read. */
export const ENVIRONMENT = {
  'AWS_*': 'credentials, AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL, as the AWS CLI reads them',
  DATABASE_URL: 'address of PostgreSQL, instead of the deployed secret',
  DATABASE_TLS: 'verify or off: what databaseTls is for the deployed functions',
  DATABASE_CA_FILE: 'PEM file: what databaseCaFile is for the deployed functions',
  DATABASE_TLS_SERVER_NAME: 'host name: what databaseTlsServerName is for the deployed functions',
  ANTHROPIC_API_KEY: 'key of the Anthropic API, instead of the deployed secret or workspace',
  ANTHROPIC_BASE_URL: 'address of a stand-in for the Anthropic API',
} as const;

/**
 * The parser of the command line: every command with its argument and options, for help and for the docs.
 * @param commands in the order of the help
 * @param found is given the command that was named, with its argument and options, not yet checked
 */
export function program(
  commands: readonly Command[],
  found: (command: Command, given: Record<string, unknown>) => void = () => undefined,
): Parser {
  const parser = new Parser('narratives')
    .description(
      'Operates a deployment of delphi-narratives: starts, watches and repairs narrative reports. "verify FILE" and "worker" need no deployment.',
    )
    .version(packageJson.version, '--version', 'print the version')
    .addHelpText('after', `\n${list('Environment variables', ENVIRONMENT)}\n\n${list('Exit codes', EXIT_CODES)}`)
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  for (const each of GLOBAL_OPTIONS) parser.addOption(optionOf(each));
  for (const command of commands) {
    const sub = parser.command(command.name).description(command.description).copyInheritedSettings(parser);
    if (command.argument) sub.argument(...command.argument);
    for (const each of command.options ?? []) sub.addOption(optionOf(each));
    sub.action((...given: unknown[]) => {
      const named = sub.registeredArguments.map((argument, at) => [camelCase(argument.name()), given[at]]);
      found(command, { ...sub.opts(), ...Object.fromEntries(named) });
    });
  }
  return parser;
}

function optionOf([flags, description, defaultValue]: (typeof GLOBAL_OPTIONS)[number]): Option {
  const option = new Option(flags, description);
  // the second one is shown: without it the help would put the first in quotation marks
  return defaultValue === undefined ? option : option.default(defaultValue, defaultValue);
}

function list(title: string, rows: Record<string, string>): string {
  const width = Math.max(...Object.keys(rows).map((name) => name.length));
  return [`${title}:`, ...Object.entries(rows).map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)].join('\n');
}

/**
 * The program `narratives`.
 * @returns the exit code, one of EXIT_CODES
 */
export async function main(argv: readonly string[], given: Io): Promise<number> {
  // whatever is printed may hold text of rows
  const io: Io = {
    ...given,
    out: (text) => given.out(printable(text)),
    err: (text) => given.err(printable(text)),
  };
  // read here as well, because a parse error is printed as JSON too
  const json = argv.includes('--json');
  let where = 'AWS';
  try {
    const invocation = parseCommandLine(argv, await commandsFor(argv), io);
    if (!invocation) return 0;
    const { endpointUrl, region } = invocation.global;
    where = endpointUrl ?? io.env.AWS_ENDPOINT_URL ?? (region ? `AWS in ${region}` : 'AWS');
    const { value, text, exitCode = 0 } = await run(invocation, io, where);
    if (json) io.out(jsonLine(value));
    else if (text !== '') io.out(text.endsWith('\n') ? text : `${text}\n`);
    return exitCode;
  } catch (error) {
    const { name, message } = translated(error, where);
    const line = plainLine(message).replace(/\s+/g, ' ');
    io.err(json ? jsonLine({ error: { name, message: line } }) : `${name}: ${line}\n`);
    return name === 'UsageError' ? 2 : 1;
  }
}

/** JSON escapes only half of the control characters by itself. */
const jsonLine = (value: unknown): string =>
  `${JSON.stringify(value).replace(NOT_PRINTABLE, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;

interface Invocation {
  command: Command;
  input: Record<string, unknown>;
  global: GlobalOptions;
}

/**
 * @returns undefined when help was asked for and printed
 * @throws UsageError naming the option or command
 */
function parseCommandLine(argv: readonly string[], commands: readonly Command[], io: Io): Invocation | undefined {
  let found: { command: Command; given: Record<string, unknown> } | undefined;
  const parser = program(commands, (command, given) => {
    found = { command, given };
  });
  // help goes to stdout; an error is printed by the caller, in one line
  for (const each of [parser, ...parser.commands])
    each.configureOutput({ writeOut: (text) => io.out(text), writeErr: () => undefined });
  try {
    parser.parse(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw new UsageError(`${complaint(error as Error, parser, argv)}; narratives --help lists commands and options`);
  }
  if (!found) throw new UsageError('name a command; narratives --help lists them');
  const { command, given } = found;
  const fail = (line: string) =>
    new UsageError(`${asFlags(line)}; narratives ${command.name} --help shows its options`);
  const global = parseOr(globalSchema, { ...regionOf(io.env), ...parser.opts() }, fail);
  return { command, input: parseOr(command.input, given, fail), global };
}

/** The SDK itself does not read AWS_DEFAULT_REGION, which the AWS CLI does. */
function regionOf(env: NodeJS.ProcessEnv): { region?: string } {
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  return region ? { region } : {};
}

/** Without a command the parser would only show its help; an unknown option is the more likely error. */
function complaint(error: Error, parser: Parser, argv: readonly string[]): string {
  if (!(error instanceof CommanderError) || error.code !== 'commander.help') {
    const line = error.message.replace(/^error: /, '').replace(/\s+/g, ' ');
    return line.trim().replace(/\.$/, '');
  }
  const unknown = argv.find(
    (word) => /^-./.test(word) && !parser.options.some(({ long }) => long === word.split('=')[0]),
  );
  return unknown === undefined ? 'name a command' : `unknown option '${unknown}'`;
}

/** `JOB_ID` as the input has it: `jobId`. */
const camelCase = (name: string): string =>
  name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** `maxBatchSize: …` as a person gave it: `--max-batch-size …`. */
const asFlags = (line: string): string =>
  line.replace(/(^|; )([a-zA-Z]+): /g, (_, before: string, name: string) => {
    const dashed = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return `${before}${name.endsWith('Id') ? dashed.toUpperCase().replaceAll('-', '_') : `--${dashed}`} `;
  });

/** Runs one command, and closes what it opened. */
async function run({ command, input, global }: Invocation, io: Io, where: string): Promise<Shown> {
  const here = await command.runHere?.(input);
  if (here) return here;
  const { openCloud } = await import('./cloud.ts');
  const cloud = openCloud(global, where);
  let found: Promise<Deployment> | undefined;
  const deployment = () => {
    found ??= findDeployment(cloud.cloudFormation, global.stage, where);
    return found;
  };
  const context: Context = { io, global, cloud, deployment, closing: [() => cloud.close()] };
  try {
    return await command.run(context, input);
  } finally {
    for (const close of context.closing.reverse()) await close();
  }
}
