import { writeFileSync } from 'node:fs';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Command, Option } from 'commander';
import { COMMANDS } from '../cli/commands.ts';
import * as narratives from '../cli/main.ts';
import { SETTINGS, type Setting } from '../lib/settings.ts';
import * as start from '../local/options.ts';
import { jobsPageAssets, pageAssets } from './page-assets.ts';
import { synthNarratives } from './synthesize.ts';

/** The files that are written from the code, by path. `npm run generate` writes them; a test compares them. */
export const generated = (): Record<string, string> => ({
  'docs/settings.md': settingsPage(),
  'docs/cli.md': commandsPage(),
  'local/machine/narratives.json': `${JSON.stringify(synthNarratives())}\n`,
  'lambdas/report/page/assets.json': `${JSON.stringify(pageAssets())}\n`,
  'local/page/assets.json': `${JSON.stringify(jobsPageAssets())}\n`,
  'cli/doctor/arm64-regions.json': `${JSON.stringify(arm64Regions(), undefined, 2)}\n`,
});

/** Versions of AWS' Lambda Insights layer that CDK keeps the addresses of, by region and architecture. */
const LAYER_VERSIONS = ['1.0.333.0', '1.0.119.0'];

/** The regions in which AWS publishes its own Lambda layer for arm64, by CDK's table of regions. */
const arm64Regions = (): string[] =>
  RegionInfo.regions
    .filter((region) => LAYER_VERSIONS.some((version) => region.cloudwatchLambdaInsightsArn(version, 'arm64')))
    .map(({ name }) => name)
    .sort();

function settingsPage(): string {
  const rows = Object.entries<Setting>(SETTINGS).map(([key, { does, parse, wants, unset = '' }]) => {
    const value = parse.safeParse(undefined).data;
    return [code(key), does, wants, value === undefined ? unset : code(String(value))];
  });
  return page(
    'Settings',
    'lib/settings.ts',
    `These settings are for a deployment. The flags and environment variables of \`npm start\` are in [cli.md](cli.md).

Put them into \`narratives.json\`, next to \`cdk.json\`; [narratives.example.json](../narratives.example.json) is an
example. Without a file, every setting has its default. On the command line of \`cdk\`, \`-c narratives:KEY=VALUE\` sets one
setting and wins over the file, and \`-c narratives:file=PATH\` names another file. On the command line, a list is one text with
commas. An unknown key or a wrong value is an error that names the key.`,
    table(['Setting', 'What it does', 'Value', 'Default'], rows),
  );
}

function commandsPage(): string {
  const startCommand = start.startCommand();
  const program = narratives.program(COMMANDS);
  return page(
    'Commands',
    'local/options.ts and cli/',
    '## npm start',
    `${code('npm start -- [OPTIONS]')}

${startCommand.description()}`,
    options(startCommand),
    table(['Environment variable', 'Meaning'], named(start.ENVIRONMENT)),
    `The embedded DynamoDB is a program for Linux x64. On other systems, start another DynamoDB with Streams
and name it in \`DYNAMODB_ENDPOINT\`.`,
    table(['Exit code', 'Meaning'], named(start.EXIT_CODES)),
    '## narratives',
    `${code('npx narratives COMMAND')}

${program.description()} It
finds the deployment by the name of its stack. With \`--json\`, an error is one line of JSON on stderr.`,
    table(
      ['Command', 'What it does'],
      program.commands.map((command) => [
        `[${code(command.name())}](#narratives-${command.name()})`,
        command.description(),
      ]),
    ),
    'Every command takes these options:',
    options(program),
    table(['Environment variable', 'Meaning'], named(narratives.ENVIRONMENT)),
    table(['Exit code', 'Meaning'], named(narratives.EXIT_CODES)),
    ...program.commands.map(commandSection),
  );
}

function commandSection(command: Command): string {
  const words = command.registeredArguments.map((argument) =>
    argument.required ? argument.name() : `[${argument.name()}]`,
  );
  if (command.options.length > 0) words.push('[OPTIONS]');
  const lines = [
    `### narratives ${command.name()}`,
    `${code(['npx narratives', command.name(), ...words].join(' '))}`,
    `${sentence(command.description())}.`,
  ];
  if (command.registeredArguments.length > 0)
    lines.push(
      command.registeredArguments.map((argument) => `- ${code(argument.name())}: ${argument.description}`).join('\n'),
    );
  if (command.options.length > 0) lines.push(options(command));
  return lines.join('\n\n');
}

function options(command: Command): string {
  const rows = command.options.map((option) => [code(option.flags), option.description, defaultOf(option)]);
  return table(['Option', 'What it does', 'Default'], rows);
}

function defaultOf({ defaultValue, negate }: Option): string {
  return defaultValue === undefined || negate ? '' : code(String(defaultValue));
}

const page = (title: string, source: string, ...parts: string[]): string =>
  [`# ${title}`, `<!-- Written from ${source} by \`npm run generate\`. Change the code, not this file. -->`, ...parts]
    .map((part) => `${part}\n`)
    .join('\n');
/** A table as the formatter leaves it: columns of one width. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((row) => row.map((text) => text.replaceAll('|', '\\|')));
  const widths = head.map((_, at) => Math.max(3, ...lines.map((line) => line[at]?.length ?? 0)));
  lines.splice(
    1,
    0,
    widths.map((width) => '-'.repeat(width)),
  );
  return lines.map((line) => `| ${line.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`).join('\n');
}
const named = (texts: Readonly<Record<string, string>>): string[][] =>
  Object.entries(texts).map(([name, text]) => [code(name), text]);
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const code = (text: string): string => `\`${text}\``;

if (import.meta.main) for (const [path, text] of Object.entries(generated())) writeFileSync(path, text);
