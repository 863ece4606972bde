import { CloudFormationClient, paginateDescribeStacks } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, inject } from 'vitest';
import type { DeployedSystem } from './global-setup.ts';

/** Clients of the emulator's AWS. A file that is skipped makes none. */
export function connect() {
  const system = inject('system') as DeployedSystem;
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

/** Whether there is no deployed system, because this machine lacks a part; in CI that has failed long before. */
export const skipped = inject('system') === undefined;

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

/** How long batches take that are created from now on. */
export async function batchesTake({ control }: System, seconds: number): Promise<void> {
  await fetch(control, { method: 'PUT', body: String(seconds) });
}

/** Address of the HTTP API, as the emulator has it; its output names the host that AWS would give. */
export async function apiAddress(system: System): Promise<string> {
  const url = (await stackOutputs(system)).DelphiNarrativesApi?.ApiUrl ?? '';
  const [, id] = /^https:\/\/(\w+)\.execute-api\./.exec(url) ?? [];
  if (!id) throw new Error(`the API's output is no address: ${url}`);
  return `${system.endpoint}/_aws/execute-api/${id}/$default`;
}
