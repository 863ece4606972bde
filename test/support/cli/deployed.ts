import { setImmediate } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { main } from '../../../cli/main.ts';
import { documentClient } from '../../../lambdas/stores/dynamodb.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { createTables, localAws, startDynamo } from '../../../local/embedded/dynamodb.ts';
import { topicTableInputs } from '../../../local/embedded/polis.ts';
import { synthNarratives } from '../../../local/machine/template.ts';
import { type Answer, AwsError, startFakeAws } from './fake-aws.ts';

export const ARN = 'arn:aws:states:eu-west-1:111122223333:stateMachine:Narratives';
const narratives = synthNarratives();

/** Outputs of the stack, as a deploy leaves them. */
export const outputs = (queueUrl = 'http://127.0.0.1:1/queue'): Record<string, string> => ({
  StateMachineArn: ARN,
  DeadLetterQueueUrl: queueUrl,
  JobTableName: TABLE_NAMES.jobs,
  ReportsTableName: TABLE_NAMES.reports,
  LedgerTableName: TABLE_NAMES.ledger,
  DispatchFunctionName: 'dispatch',
  SweepFunctionName: 'sweep',
  AnthropicSecretName: 'anthropic',
  DatabaseSecretName: 'database',
  MathEnv: 'prod',
  DefaultModel: 'claude-sonnet-5-5',
});

const stackAnswer = (given: Record<string, string>): Answer => ({
  Stacks: [
    {
      StackName: 'DelphiNarratives',
      StackStatus: 'CREATE_COMPLETE',
      CreationTime: '2026-11-22T00:00:00Z',
      Outputs: Object.entries(given).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
    },
  ],
});

export const noStack = (name: string) => new AwsError('ValidationError', `Stack with id ${name} does not exist`);

/** What the program said, and how it ended. */
export interface Said {
  code: number;
  out: string;
  err: string;
  /** stdout, or the line on stderr, as JSON */
  json: () => never;
}

/** A deployment whose tables are real and whose other services are answered by `aws.calls`; change them as needed. */
export async function startDeployed() {
  const dynamo = await startDynamo({});
  await createTables(dynamo.client, [...narratives.tables, ...topicTableInputs]);
  const aws = await startFakeAws(dynamo.endpoint, {
    'CloudFormation.DescribeStacks': ({ StackName }) =>
      StackName === 'DelphiNarratives' ? stackAnswer(outputs(`${aws.url}/queue`)) : noStack(String(StackName)),
    'AWSStepFunctions.DescribeExecution': () => new AwsError('ExecutionDoesNotExist', 'no such execution'),
  });
  const db = documentClient(new DynamoDBClient(localAws(dynamo.endpoint)));
  return {
    aws,
    db,
    stackAnswer,
    endpoint: dynamo.endpoint,
    /** The program in this process, with the flags that lead it to this deployment. */
    run: (args: readonly string[], options: Parameters<typeof runMain>[1] = {}) =>
      runMain([...args, '--endpoint-url', aws.url, '--region', 'eu-west-1'], options),
    async stop() {
      await aws.stop();
      await dynamo.stop();
    },
  };
}
export type Deployed = Awaited<ReturnType<typeof startDeployed>>;

/** Runs the program in this process; time stands still except where `pause` moves something. */
export async function runMain(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; pause?: () => unknown; stop?: AbortSignal } = {},
): Promise<Said> {
  let out = '';
  let err = '';
  const code = await main(args, {
    env: options.env ?? {},
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    now: () => new Date('2026-11-22T12:00:00Z'),
    stop: () => ({ signal: options.stop ?? new AbortController().signal, release: () => undefined }),
    pause: async () => {
      await setImmediate();
      await options.pause?.();
    },
  });
  return { code, out, err, json: () => JSON.parse(out || err) as never };
}
