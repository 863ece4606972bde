import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CloudFormationClient, paginateDescribeStacks } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, inject } from 'vitest';
import { endGroup, startGroup } from '../processes.ts';
import type { DeployedSystem } from './global-setup.ts';

const emulator = inject('emulator');
/** Whether there is no deployed system, because this machine lacks a part; in CI that has failed long before. */
export const skipped = emulator === undefined;
const deployed = emulator === undefined ? undefined : await deployedSystem(emulator);

/** Waits until the system is deployed, without a limit. */
async function deployedSystem(url: string): Promise<DeployedSystem> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get(url, resolve).on('error', reject);
  const answer = await promise;
  const body = await text(answer);
  if (answer.statusCode !== 200) throw new Error(body);
  return JSON.parse(body);
}

/** Clients of the emulator's AWS. A file that is skipped makes none. */
export function connect() {
  const system = deployed as DeployedSystem;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const aws = { endpoint: system.endpoint, region: 'us-east-1', credentials };
  const clients = {
    dynamo: new DynamoDBClient(aws),
    machines: new SFNClient(aws),
    functions: new LambdaClient(aws),
    logs: new CloudWatchLogsClient(aws),
    stacks: new CloudFormationClient(aws),
    queues: new SQSClient(aws),
  };
  afterAll(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return { ...system, ...clients, db: DynamoDBDocumentClient.from(clients.dynamo) };
}

export type System = ReturnType<typeof connect>;

/** Outputs of every stack, by stack name. */
export async function stackOutputs({ stacks }: System): Promise<Record<string, Record<string, string>>> {
  const found: Record<string, Record<string, string>> = {};
  for await (const { Stacks = [] } of paginateDescribeStacks({ client: stacks }, {})) {
    for (const { StackName = '', Outputs = [] } of Stacks) {
      found[StackName] = Object.fromEntries(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
    }
  }
  return found;
}

/** What the stand-in of the Anthropic API was asked, and by which process it is run. */
export async function asked({ control }: System): Promise<{
  pid: number;
  calls: { method: string; path: string; status: number }[];
  batches: { id: string; requests: number }[];
}> {
  return (await fetch(control)).json() as never;
}

/** Batches that are created from now on do not end, until they are released. */
export const holdBatches = ({ control }: System) => fetch(control, { method: 'PUT', body: 'Infinity' });

/** Batches end at once again, those that were held as well. */
export const releaseBatches = ({ control }: System) => fetch(control, { method: 'PUT', body: '0' });

/** Address of the HTTP API, as the emulator has it; its output names the host that AWS would give. */
export async function apiAddress(system: System): Promise<string> {
  const url = (await stackOutputs(system)).DelphiNarrativesApi?.ApiUrl ?? '';
  const [, id] = /^https:\/\/(\w+)\.execute-api\./.exec(url) ?? [];
  if (!id) throw new Error(`the API's output is not an address: ${url}`);
  return `${system.endpoint}/_aws/execute-api/${id}/$default`;
}

const PROGRAM = fileURLToPath(new URL('../../../bin/narratives.ts', import.meta.url));

/** Runs `narratives` as an operator does who looks at the emulator. */
export async function narratives({ endpoint, settings }: System, ...args: string[]) {
  const child = startGroup(process.execPath, [PROGRAM, '--endpoint-url', endpoint, ...args], {
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      ANTHROPIC_BASE_URL: settings.anthropicBaseUrl,
      DATABASE_CA_FILE: settings.databaseCaFile,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      said[name] += chunk;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  await endGroup(child);
  return { code, ...said };
}
