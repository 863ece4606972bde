import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Strike, singles, strikeFrom } from './faults.ts';
import { type Found, openExplorer } from './runner.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { TABLE_KINDS, type TableKind } from './stores.ts';
import { PROVIDERS, type Provider } from './world.ts';

interface Options {
  scenario: string[];
  seed: number;
  runs: number;
  fault: Strike[];
  calls: string;
  workers: number;
  tables: TableKind;
  provider: Provider;
}

type Message =
  | { kind: 'baseline'; scenario: string; calls: string[]; violations: string[] }
  | { kind: 'run'; scenario: string; found: Found | undefined }
  | { kind: 'done' };

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
};
const oneOrMore = (text: string): number => {
  if (whole(text) < 1) throw new InvalidArgumentError('must be 1 or more');
  return whole(text);
};
const strikeOf = (text: string, before: Strike[]): Strike[] => {
  try {
    return [...before, strikeFrom(text)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};
const several = (text: string, before: string[]): string[] => [...before, text];

const program = new Command('simulate')
  // 1 is for a violation
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .description(
    'Runs the whole pipeline under every single fault, and under chains of faults drawn by seed, and looks at what is left. Ends with 1 when anything is wrong.',
  )
  .option(
    '--scenario <name>',
    `one of ${SCENARIOS.map(({ name }) => name).join(', ')}; may be given again; all when not given`,
    several,
    [],
  )
  .option('--seed <number>', 'seed of the first chain of faults', whole, 1)
  .option('--runs <number>', 'chains of faults for each scenario', whole, 200)
  .option(
    '--fault <text>',
    'run once, with exactly this fault, as a violation prints it; may be given again',
    strikeOf,
    [],
  )
  .option(
    '--calls <text>',
    'try single faults only at calls with this text in their name, such as create or .submit#',
    '',
  )
  .addOption(
    new Option('--tables <kind>', 'where the tables are: in memory, or in a dynoxide server, which is slower')
      .choices(TABLE_KINDS)
      .default('memory'),
  )
  .addOption(
    new Option('--provider <name>', 'how the Anthropic API is called: with a key, or through Claude Platform on AWS')
      .choices(PROVIDERS)
      .default('anthropic'),
  )
  .option('--workers <number>', 'processes at once', oneOrMore, Math.max(1, availableParallelism()));

const options = program.parse().opts<Options>();
const unknown = options.scenario.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown.length > 0) program.error(`error: --scenario ${unknown[0]} is not known`);
const scenarios = SCENARIOS.filter(({ name }) => options.scenario.length === 0 || options.scenario.includes(name));
process.exitCode = (await (options.fault.length > 0 ? replay(scenarios) : simulateAll(scenarios))) > 0 ? 1 : 0;

/** @returns how many runs left something wrong */
async function replay(chosen: readonly Scenario[]): Promise<number> {
  const explorer = openExplorer(options.tables, options.provider);
  let wrong = 0;
  try {
    for (const scenario of chosen) {
      const { calls } = await explorer.baseline(scenario);
      if (!options.fault.some(({ label }) => calls.includes(label))) {
        console.error(`${scenario.name}: no call is named as in --fault, so nothing was struck`);
        wrong += 1;
        continue;
      }
      const found = await explorer.explore(scenario, options.fault);
      if (found) wrong += 1;
      console.log(found ? textOfFound(found) : `${scenario.name}: every invariant holds`);
    }
  } finally {
    await explorer.close();
  }
  return wrong;
}

async function simulateAll(chosen: readonly Scenario[]): Promise<number> {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  const boards = new Map(chosen.map(({ name }) => [name, { points: 0, singles: 0, runs: 0, wrong: 0 }]));
  const hear = (message: Message) => {
    const board = message.kind === 'done' ? undefined : boards.get(message.scenario);
    if (!board || message.kind === 'done') return;
    if (message.kind === 'baseline') {
      board.points = message.calls.length;
      board.singles = singles(message.calls.filter((label) => label.includes(options.calls))).length;
      if (message.violations.length > 0) board.wrong += 1;
      for (const line of message.violations) console.log(`VIOLATION ${message.scenario} without any fault: ${line}`);
      return;
    }
    board.runs += 1;
    if (message.found) {
      board.wrong += 1;
      console.log(textOfFound(message.found));
    }
    if (board.runs % 250 === 0)
      console.error(`${seconds()} s: ${message.scenario}, ${board.runs} runs of ${board.singles + options.runs}`);
  };
  await Promise.all(Array.from({ length: options.workers }, (_, worker) => oneWorker(chosen, worker, hear)));
  console.log(line('scenario', 'fault points', 'single faults', 'chains', 'violations'));
  for (const [name, { points, singles: single, runs, wrong }] of boards)
    console.log(line(name, points, single, runs - single, wrong));
  const sum = (key: 'points' | 'runs' | 'wrong') =>
    [...boards.values()].reduce((total, board) => total + board[key], 0);
  console.log(
    `${sum('runs')} runs, ${sum('wrong')} of them with violations, ${seconds()} s on ${options.workers} processes, tables in ${options.tables}, provider ${options.provider}, seeds ${options.seed} to ${options.seed + options.runs - 1}`,
  );
  if (sum('runs') > 0) return sum('wrong');
  console.error('nothing was run: no call has the text of --calls in its label, and --runs is 0');
  return 1;
}

/** A line of the table of figures. */
function line(name: string, ...figures: (string | number)[]): string {
  return [name.padEnd(10), ...figures.map((figure) => String(figure).padStart(13))].join(' ');
}

function oneWorker(chosen: readonly Scenario[], worker: number, hear: (message: Message) => void): Promise<void> {
  const names = chosen.map(({ name }) => name).join(',');
  const { tables, provider, calls, seed, runs, workers } = options;
  const given = [names, tables, provider, calls, seed, runs, worker, workers].map(String);
  const child = fork(new URL('./worker.ts', import.meta.url), given, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.on('message', (message) => hear(message as Message));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`a worker ended with code ${code}: what it should have run is missing`));
    });
  });
}

function textOfFound({ scenario, seed, faults, violations }: Found): string {
  const provider = options.provider === 'aws' ? ' --provider aws' : '';
  const again = `npm run simulate --${provider} --scenario ${scenario} ${faults.map((fault) => `--fault "${fault}"`).join(' ')}`;
  return [
    `VIOLATION ${scenario}${seed === undefined ? '' : ` (from seed ${seed})`}`,
    ...violations.map((line) => `  ${line}`),
    `  again: ${again}`,
  ].join('\n');
}
