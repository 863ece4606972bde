import { setImmediate } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import { main } from '../../../cli/main.ts';
import { documentClient } from '../../../lambdas/stores/dynamodb.ts';
import { jobTable } from '../../../lambdas/stores/jobs.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { createTables, localAws, startDynamo } from '../../../local/embedded/dynamodb.ts';
import { topicTableInputs } from '../../../local/embedded/polis.ts';
import { NARRATIVES } from '../../../local/machine/narratives.ts';
import { type Answer, AwsError, startFakeAws } from './fake-aws.ts';

export const ARN = 'arn:aws:states:eu-west-1:111122223333:stateMachine:Narratives';
const narratives = NARRATIVES;

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
async function startDeployed() {
  const dynamo = await startDynamo({});
  await createTables(dynamo.client, [...narratives.tables, ...topicTableInputs]);
  const aws = await startFakeAws(dynamo.endpoint, {
    'CloudFormation.DescribeStacks': ({ StackName }) =>
      StackName === 'DelphiNarratives' ? stackAnswer(outputs(`${aws.url}/queue`)) : noStack(String(StackName)),
    'AWSStepFunctions.DescribeExecution': () => new AwsError('ExecutionDoesNotExist', 'no such execution'),
  });
  const db = documentClient(new DynamoDBClient(localAws(dynamo.endpoint)));
  let jobs = 0;
  return {
    aws,
    db,
    /** Puts a job row, of a report of its own by default, and returns its id. */
    async putJob(change: Record<string, unknown> = {}): Promise<string> {
      const job_id = `job${jobs++}`;
      const Item = {
        job_id,
        job_type: 'CREATE_NARRATIVE_BATCH',
        status: 'PENDING',
        version: 1,
        conversation_id: '7',
        report_id: `r${job_id}`,
        worker_id: 'none',
        priority: 50,
        created_at: '2026-11-22T11:00:00.000Z',
        ...change,
      };
      await db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item }));
      return Item.job_id;
    },
    async deleteJob(job_id: string): Promise<void> {
      await db.send(new DeleteCommand({ TableName: TABLE_NAMES.jobs, Key: { job_id } }));
    },
    jobRow: (jobId: string) => jobTable(db, TABLE_NAMES.jobs).get(jobId),
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

/**
 * A deployment for the tests of one file, each with credentials that it takes and that are gone after it. Call it at the
 * top of the file; what it gives is filled before the first test.
 */
export function useDeployed(): Deployed {
  const deployed = {} as Deployed;
  beforeAll(async () => {
    Object.assign(deployed, await startDeployed());
  });
  afterAll(() => deployed.stop());
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    // where a test takes the credentials away, no server of EC2 is asked for others
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    return () => vi.unstubAllEnvs();
  });
  return deployed;
}

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

/** A pattern for exactly one line that holds the given, and no trace of a stack or a module. */
export const oneLine = (line: RegExp) => ({
  asymmetricMatch: (text: unknown) =>
    typeof text === 'string' && /^[^\n]+\n$/.test(text) && line.test(text) && !/ at .*\.[tj]s:\d+/.test(text),
  toString: () => 'oneLine',
  toAsymmetricMatcher: () => `one line that matches ${line}`,
});
