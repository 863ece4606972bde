import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CloudFormationClient, paginateDescribeStacks } from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import { outputsSchema as allOutputs } from '../cli/deployment.ts';
import { InvalidSetting, NarrativesError, StoreUnavailable } from '../lambdas/shared/errors.ts';
import { parseOr } from '../lambdas/shared/parse.ts';
import { stageOf, TABLE_NAMES } from '../lib/names.ts';
import {
  type Emulator,
  emulatorEnvironment,
  emulatorUrl,
  findEmulator,
  localApiUrl,
  missingFromShell,
} from './emulator.ts';
import { readPolisSide, type SecretState, setUpPolisSide } from './polis-side.ts';

/**
 * Deploys every stack to the emulator, and creates what a Polis installation would have: topic tables and secrets.
 * @param cdkArguments are given to `cdk deploy` as they are
 * @returns the exit code
 * @throws InvalidSetting, StoreUnavailable
 */
async function deploy(cdkArguments: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  refuseNarrativesFlags(cdkArguments);
  const values = readPolisSide(env);
  const emulator = await findEmulator(emulatorUrl(env));
  const awsEnv = emulatorEnvironment(emulator, env);
  const shellSets = missingFromShell(env, awsEnv);
  // our own clients take region and credentials from the environment, as the CDK does
  Object.assign(process.env, awsEnv);
  console.log(`Deploying to ${emulator.url}${emulator.kind === 'other' ? '' : ` (${emulator.kind})`}`);
  const before = await stackNames(emulator.url);

  const folder = mkdtempSync(join(tmpdir(), 'narratives-deploy-'));
  try {
    const outputsFile = join(folder, 'outputs.json');
    const context = cdkArguments.flatMap((word, at) =>
      /^(-c|--context)$/.test(word) ? [word, cdkArguments[at + 1] ?? ''] : /^(-c|--context)=/.test(word) ? [word] : [],
    );
    const out = ['--output', join(folder, 'bootstrap')];
    const bootstrap = ['bootstrap', ...out, ...context];
    const deployAll = [
      'deploy',
      '--all',
      '--require-approval',
      'never',
      '--outputs-file',
      outputsFile,
      ...cdkArguments,
    ];
    for (const args of [bootstrap, deployAll]) {
      const code = await runCdk(args, awsEnv);
      if (code !== 0) return code;
    }
    const { stack, outputs, apiUrl } = readOutputs(outputsFile);
    const secrets = await setUpPolisSide(emulator, outputs, values);
    console.log(nextSteps({ emulator, stack, outputs, apiUrl, secrets, existed: before.has(stack), shellSets }));
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Refuses flags of `narratives`, which the CDK would ignore or misread: with --stage, the wrong stage would be deployed. */
function refuseNarrativesFlags(words: readonly string[]): void {
  const wrong = words.find((word) => /^--(stage|endpoint-url|region)(=|$)/.test(word));
  if (wrong === undefined) return;
  const [flag = ''] = wrong.split('=');
  throw new InvalidSetting(`${flag} is not a flag of deploy:emulator: ${INSTEAD[flag]}`);
}

const INSTEAD: Record<string, string> = {
  '--stage': 'write -c narratives:stage=NAME',
  '--endpoint-url': 'set AWS_ENDPOINT_URL',
  '--region': 'set AWS_REGION',
};

async function stackNames(endpoint: string): Promise<ReadonlySet<string>> {
  const client = new CloudFormationClient({ endpoint });
  const names = new Set<string>();
  try {
    for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
      for (const { StackName } of Stacks) names.add(StackName ?? '');
    }
    return names;
  } catch (error) {
    const why = (error as Error).name;
    throw new StoreUnavailable(`the server at ${endpoint} does not answer like CloudFormation (${why})`, {
      cause: error,
    });
  }
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs the CDK's own command line in this project, against the endpoint that the environment names.
 * @returns its exit code; 1 when it was stopped
 */
async function runCdk(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn('cdk', [...args, '--no-notices'], {
    cwd: ROOT,
    // the project's own Node and CDK before any other that is installed
    env: { ...env, PATH: `${ROOT}node_modules/.bin${delimiter}${env.PATH ?? ''}`, CDK_DISABLE_CLI_TELEMETRY: 'true' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    const [code] = await once(child, 'exit');
    return code ?? 1;
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

const outputsSchema = allOutputs.pick({
  StateMachineArn: true,
  DeadLetterQueueUrl: true,
  JobTableName: true,
  ReportsTableName: true,
  LedgerTableName: true,
  AnthropicSecretName: true,
  DatabaseSecretName: true,
});
type Outputs = z.infer<typeof outputsSchema>;

const fileSchema = z.record(z.string(), z.record(z.string(), z.string()));

/** What `cdk deploy --outputs-file` wrote: the outputs of the narratives stack, and the API's address if there is one. */
function readOutputs(file: string): { stack: string; outputs: Outputs; apiUrl: string | undefined } {
  const wrong = (line: string) => new StoreUnavailable(`the CDK's outputs are not as expected: ${line}`);
  const stacks = Object.entries(parseOr(fileSchema, JSON.parse(readFileSync(file, 'utf8')), wrong));
  const found = stacks.find(([, outputs]) => 'StateMachineArn' in outputs);
  if (!found) throw wrong('no stack names a StateMachineArn; were only some of the stacks deployed?');
  const apiUrl = stacks.flatMap(([, outputs]) => outputs.ApiUrl ?? []).at(0);
  return { stack: found[0], outputs: parseOr(outputsSchema, found[1], wrong), apiUrl };
}

const SECRET_STATES: Record<SecretState['state'], string> = {
  created: 'created',
  updated: 'updated',
  unchanged: 'unchanged',
  absent: 'MISSING',
};

/** What is deployed, and how to submit a first job. It holds no value of a secret. */
export function nextSteps(found: {
  emulator: Emulator;
  stack: string;
  outputs: Outputs;
  apiUrl: string | undefined;
  secrets: readonly SecretState[];
  existed: boolean;
  /** what the reader's shell has to set first; '' for nothing */
  shellSets: string;
}): string {
  const { emulator, stack, outputs, apiUrl, secrets, existed, shellSets } = found;
  const stage = stageOf(stack);
  const flags = `--endpoint-url ${emulator.url}${stage ? ` --stage ${stage}` : ''}`;
  const missing = secrets.filter(({ state }) => state === 'absent');
  return [
    '',
    existed ? `Updated ${stack}.` : `Deployed ${stack}.`,
    `  state machine  ${outputs.StateMachineArn}`,
    `  tables         ${outputs.JobTableName}, ${outputs.ReportsTableName}, ${outputs.LedgerTableName}`,
    `  topic tables   ${TABLE_NAMES.topicNames}, ${TABLE_NAMES.clusterAssignments}, ${TABLE_NAMES.clusterKeywords}`,
    ...secrets.map(({ name, state }) => `  secret         ${name}: ${SECRET_STATES[state]}`),
    `  dead letters   ${outputs.DeadLetterQueueUrl}`,
    ...(apiUrl ? [`  HTTP API       ${localApiUrl(emulator, apiUrl)}`] : []),
    '',
    ...missing.map(({ name, variable }) => `Set ${variable} and run this again to create the secret ${name}.`),
    'To run a first job, for a report in your Polis database:',
    ...(shellSets ? [`  ${shellSets}`] : []),
    `  npx narratives doctor ${flags}`,
    `  npx narratives submit REPORT_ID --watch ${flags}`,
  ].join('\n');
}

/**
 * `npm run deploy:emulator [-- arguments of cdk deploy]`: deploys all stacks to the emulator on AWS_ENDPOINT_URL.
 * Exit codes: 0 done, 1 failed, 2 wrong use.
 */
async function main(): Promise<void> {
  try {
    process.exitCode = await deploy(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof NarrativesError)) throw error;
    console.error(`${error.name}: ${error.message}`);
    process.exitCode = error instanceof InvalidSetting ? 2 : 1;
  }
}

if (import.meta.main) await main();
