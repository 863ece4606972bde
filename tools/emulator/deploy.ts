import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, paginateDescribeStacks } from '@aws-sdk/client-cloudformation';
import { InvalidSetting, StoreUnavailable } from '../../lambdas/shared/errors.ts';
import { emulatorEnvironment, emulatorUrl, findEmulator } from './emulator.ts';
import { nextSteps } from './next-steps.ts';
import { readOutputs } from './outputs.ts';
import { readPolisSide, setUpPolisSide } from './polis-side.ts';
import { runCdk } from './run-cdk.ts';

/**
 * Deploys every stack to the emulator, and creates what a Polis installation would have: topic tables and secrets.
 * @param cdkArguments are given to `cdk deploy` as they are
 * @returns the exit code
 * @throws InvalidSetting, StoreUnavailable
 */
export async function deployLocal(cdkArguments: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  refuseNarrativesFlags(cdkArguments);
  const values = readPolisSide(env);
  const emulator = await findEmulator(emulatorUrl(env));
  const awsEnv = emulatorEnvironment(emulator, env);
  // our own clients take region and credentials from the environment, as the CDK does
  Object.assign(process.env, awsEnv);
  console.log(`Deploying to ${emulator.url}${emulator.isLocalStack ? ' (LocalStack)' : ''}`);
  const before = await stackNames(emulator.url);

  const folder = mkdtempSync(join(tmpdir(), 'narratives-deploy-'));
  try {
    const outputsFile = join(folder, 'outputs.json');
    const context = cdkArguments.flatMap((word, at) =>
      /^(-c|--context)$/.test(word) ? [word, cdkArguments[at + 1] ?? ''] : /^(-c|--context)=/.test(word) ? [word] : [],
    );
    const out = ['--output', join(folder, 'bootstrap')];
    const bootstrap = ['bootstrap', ...out, ...context];
    const deploy = ['deploy', '--all', '--require-approval', 'never', '--outputs-file', outputsFile, ...cdkArguments];
    for (const args of [bootstrap, deploy]) {
      const code = await runCdk(args, awsEnv);
      if (code !== 0) return code;
    }
    const { stack, outputs, apiUrl } = readOutputs(outputsFile);
    const made = await setUpPolisSide(emulator, outputs, values);
    console.log(nextSteps({ emulator, stack, outputs, apiUrl, made, wasThere: before.has(stack) }));
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Flags of `narratives`, which the CDK would ignore or take for something else: with --stage, another stage would be deployed. */
function refuseNarrativesFlags(words: readonly string[]): void {
  const wrong = words.find((word) => /^--(stage|endpoint-url|region)(=|$)/.test(word));
  if (wrong === undefined) return;
  const [flag = ''] = wrong.split('=');
  throw new InvalidSetting(`${flag} is no flag of deploy:emulator: ${INSTEAD[flag]}`);
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
    throw new StoreUnavailable(`what listens at ${endpoint} does not answer as CloudFormation does (${why})`, {
      cause: error,
    });
  }
}
