import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { checkDatabase } from '../../../cli/doctor/database.ts';
import { checkUnwatched } from '../../../cli/doctor/deployed.ts';
import type { Finding } from '../../../cli/doctor/findings.ts';
import { checkTable, SHAPES } from '../../../cli/doctor/tables.ts';
import { microUsd } from '../../../lambdas/money/money.ts';
import type { JobFinder } from '../../../lambdas/stores/jobs.ts';
import { postgresPool } from '../../../lambdas/stores/postgres.ts';
import { spendingTable } from '../../../lambdas/stores/spending.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { localAws } from '../../../local/embedded/dynamodb.ts';
import { loadPostgres, loadTopics } from '../../../local/embedded/polis.ts';
import { startPostgres } from '../../../local/embedded/postgres.ts';
import { sampleConversation } from '../../../local/sample.ts';
import { startStandIn } from '../../../stand-in/server.ts';
import { outputs, useDeployed } from '../../support/cli/deployed.ts';
import { type Answer, AwsError } from '../../support/cli/fake-aws.ts';

const KEY = 'stand-in-key';
const NOW = new Date('2026-11-22T12:00:00Z');
const data = sampleConversation();
const deployed = useDeployed();
let dynamo: DynamoDBClient;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let standIn: Awaited<ReturnType<typeof startStandIn>>;
let healthy: Record<string, () => Answer>;
const folder = mkdtempSync(join(tmpdir(), 'narratives-doctor-'));

const secretValue = (secrets: Record<string, string>) => (input: Record<string, unknown>) => {
  const SecretString = secrets[String(input.SecretId)];
  return SecretString === undefined ? new AwsError('ResourceNotFoundException', 'no secret') : { SecretString };
};

beforeAll(async () => {
  dynamo = new DynamoDBClient(localAws(deployed.endpoint));
  const TimeToLiveSpecification = { Enabled: true, AttributeName: 'expires_at_epoch' };
  await dynamo.send(new UpdateTimeToLiveCommand({ TableName: TABLE_NAMES.ledger, TimeToLiveSpecification }));
  postgres = await startPostgres({});
  const pool = postgresPool(postgres.url);
  await loadPostgres(pool, data);
  await pool.end();
  await loadTopics(deployed.db, data);
  standIn = await startStandIn({ apiKey: KEY });
  const EventSourceArn = `arn:aws:dynamodb:eu-west-1:111122223333:table/${TABLE_NAMES.jobs}/stream/2026`;
  const rule = {
    LogicalResourceId: 'ExecutionWatchSweep1',
    PhysicalResourceId: 'sweep-rule',
    ResourceType: 'AWS::Events::Rule',
  };
  healthy = {
    'AWSStepFunctions.DescribeStateMachine': () => ({ status: 'ACTIVE', name: 'Narratives' }),
    'Lambda.ListEventSourceMappings': () => ({
      EventSourceMappings: [{ UUID: 'u1', State: 'Enabled', EventSourceArn, LastProcessingResult: 'OK' }],
    }),
    'AmazonSQS.GetQueueAttributes': () => ({ Attributes: { ApproximateNumberOfMessages: '0' } }),
    'CloudFormation.ListStackResources': () => ({
      StackResourceSummaries: [
        { ...rule, ResourceStatus: 'CREATE_COMPLETE', LastUpdatedTimestamp: '2026-11-22T00:00:00Z' },
      ],
    }),
    'secretsmanager.GetSecretValue': secretValue({ anthropic: KEY, database: postgres.url }) as () => Answer,
  };
});
afterAll(async () => {
  dynamo.destroy();
  await postgres.stop();
  await standIn.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  Object.assign(deployed.aws.calls, healthy);
});

/** Runs doctor; what is not ok, and how it ended. */
async function doctor(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const said = await deployed.run(['doctor', '--json', ...args], { env: { ANTHROPIC_BASE_URL: standIn.url, ...env } });
  const findings = said.json() as Finding[];
  return { code: said.code, findings, problems: findings.filter(({ state }) => state !== 'ok') };
}

test('a healthy deployment passes every check', async () => {
  const { code, findings, problems } = await doctor(['--report', data.report.report_id]);
  expect(problems).toEqual([]);
  expect(code).toBe(0);
  expect(findings.map(({ what }) => what)).toEqual(
    expect.arrayContaining([
      'table Delphi_JobQueue, stream',
      'table Delphi_JobQueue, index WorkerStatusIndex',
      'Anthropic API',
      'database, math_env prod',
      `report ${data.report.report_id}, topics`,
      'job stream mapping',
    ]),
  );
});

test('every check runs even if others fail, and each says what to do', async () => {
  Object.assign(deployed.aws.calls, {
    'AWSStepFunctions.DescribeStateMachine': () => ({ status: 'DELETING', name: 'Narratives' }),
    'Lambda.ListEventSourceMappings': () => ({ EventSourceMappings: [] }),
    'AmazonSQS.GetQueueAttributes': () => ({ Attributes: { ApproximateNumberOfMessages: '3' } }),
    'CloudFormation.ListStackResources': () => ({ StackResourceSummaries: [] }),
    'secretsmanager.GetSecretValue': secretValue({ database: '{"username":"polis"}' }),
  });
  const { code, problems } = await doctor(['--report', 'rnone'], { DATABASE_URL: postgres.url });
  expect(code).toBe(1);
  const shown = Object.fromEntries(problems.map(({ what, found, todo }) => [what, `${found}; ${todo}`]));
  expect(shown).toEqual({
    'secret anthropic': expect.stringMatching(/does not exist: aws secretsmanager create-secret/),
    'secret database': expect.stringMatching(/JSON that does not fit \(password/),
    'Anthropic API': expect.stringMatching(/does not exist/),
    'report rnone': expect.stringMatching(/has no row/),
    'state machine': expect.stringMatching(/is DELETING; npx cdk deploy/),
    'job stream mapping': expect.stringMatching(/does not read the stream of Delphi_JobQueue/),
    'dead letters': expect.stringMatching(/3 in the queue.*narratives redrive/),
    'sweep for forgotten jobs': expect.stringMatching(/no rule/),
  });
});

test('a disabled mapping is shown with the command that enables it', async () => {
  const before = (healthy['Lambda.ListEventSourceMappings'] as () => { EventSourceMappings: object[] })();
  const EventSourceMappings = before.EventSourceMappings.map((mapping) => ({ ...mapping, State: 'Disabled' }));
  deployed.aws.calls['Lambda.ListEventSourceMappings'] = () => ({ EventSourceMappings });
  expect((await doctor()).problems).toMatchObject([
    { todo: 'aws lambda update-event-source-mapping --uuid u1 --enabled' },
  ]);
});

test('a refused key and an unreachable database are shown without their secrets', async () => {
  const wrong = { anthropic: 'sk-ant-wrong', database: 'postgres://polis:topsecret@127.0.0.1:1/polis' };
  deployed.aws.calls['secretsmanager.GetSecretValue'] = secretValue(wrong);
  const { problems } = await doctor();
  expect(problems.map(({ state, what }) => [state, what])).toEqual([
    ['FAIL', 'Anthropic API'],
    ['warn', 'database'],
  ]);
  expect(JSON.stringify(problems)).not.toMatch(/sk-ant-wrong|topsecret/);
});

test.each([
  ['28P01', '', 'refuses the connection (28P01)'],
  ['3D000', '', 'refuses the connection (3D000)'],
  ['SELF_SIGNED_CERT_IN_CHAIN', '', 'DATABASE_CA_FILE=FILE'],
  ['', 'The server does not support SSL connections', 'PostgreSQL refuses TLS'],
])('a database that refuses the connection (%s%s) is a failure, not a warning', async (code, message, shown) => {
  const pool = { query: () => Promise.reject(Object.assign(new Error(message), { code })) };
  const findings = await checkDatabase({ pool: pool as never, tls: 'verify' }, 'prod');
  expect(findings).toMatchObject([{ state: 'FAIL', what: 'database', found: expect.stringContaining(shown) }]);
});

test('a missing math_env is shown with those that exist', async () => {
  const pool = postgresPool(postgres.url);
  await pool.query("UPDATE math_main SET math_env = 'dev'");
  const { problems } = await doctor();
  await pool.query("UPDATE math_main SET math_env = 'prod'");
  await pool.end();
  expect(problems).toMatchObject([{ what: 'database, math_env prod', found: expect.stringContaining('it has dev') }]);
});

test('the declared sign of votes is shown, and one that is not known is a failure', async () => {
  const pool = postgresPool(postgres.url);
  const found = async () => {
    const findings = await checkDatabase({ pool, tls: 'off' }, 'prod');
    return findings.find(({ what }) => what === 'database, vote sign');
  };
  expect(await found()).toMatchObject({ state: 'ok', found: 'agree is -1: nothing else is declared' });
  await pool.query(`CREATE TABLE vote_convention (version smallint, agree_value smallint);
    CREATE FUNCTION public.vote_convention_current() RETURNS TABLE (version smallint, agree_value smallint)
      LANGUAGE sql STABLE AS 'SELECT version, agree_value FROM public.vote_convention'`);
  expect(await found()).toMatchObject({ state: 'warn', found: expect.stringContaining('has no row') });
  await pool.query('INSERT INTO vote_convention VALUES (1, 1)');
  expect(await found()).toMatchObject({ state: 'ok', found: 'agree is 1, as vote_convention declares' });
  await pool.query('UPDATE vote_convention SET agree_value = 3');
  expect(await found()).toMatchObject({ state: 'FAIL', found: expect.stringContaining('only -1 and 1 are known') });
  await pool.query('DROP FUNCTION public.vote_convention_current(); DROP TABLE vote_convention');
  await pool.end();
});

test('a default model or a stand-in for another that the API does not know is a failure', async () => {
  const anthropic = async (changes: Record<string, string>) => {
    deployed.aws.calls['CloudFormation.DescribeStacks'] = () =>
      deployed.stackAnswer({ ...outputs(`${deployed.aws.url}/queue`), ...changes });
    const { findings } = await doctor();
    deployed.aws.calls['CloudFormation.DescribeStacks'] = describeStacks;
    return findings
      .filter(({ what }) => what === 'Anthropic API')
      .map(({ state, found, todo }) => [state, found, todo]);
  };
  const describeStacks = deployed.aws.calls['CloudFormation.DescribeStacks'] as () => Answer;
  expect(await anthropic({ DefaultModel: 'claude-nonesuch' })).toEqual([
    ['FAIL', expect.stringContaining('does not know the model claude-nonesuch'), 'deploy with another defaultModel'],
  ]);
  expect(await anthropic({ ModelAliases: 'claude-old=claude-opus-5-5,claude-older=claude-nonesuch' })).toEqual([
    ['ok', 'accepts the key and knows claude-opus-5-5 (modelAliases)', ''],
    ['FAIL', expect.stringContaining('does not know the model claude-nonesuch'), 'deploy with another modelAliases'],
    ['ok', 'accepts the key and knows claude-sonnet-5-5 (defaultModel)', ''],
  ]);
  expect(await anthropic({ DefaultModel: 'claude-old', ModelAliases: 'claude-old=claude-opus-5-5' })).toEqual([
    ['ok', 'accepts the key and knows claude-opus-5-5 (defaultModel)', ''],
  ]);
});

test.each([[[]], [['--before-deploy']]])('%j without credentials says so once', async (args) => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nonexistent');
  const said = await deployed.run(['doctor', ...args]);
  expect(said.out.split('\n')).toEqual([
    expect.stringMatching(/^FAIL {2}credentials: there are no usable AWS credentials/),
    '0 ok, 0 warnings, 1 failed',
    '',
  ]);
});

test('credentials that AWS does not accept are told once', async () => {
  const usual = deployed.aws.calls['CloudFormation.DescribeStacks'];
  deployed.aws.calls['CloudFormation.DescribeStacks'] = () => new AwsError('ExpiredToken', 'expired', 403);
  const said = await deployed.run(['doctor', '--json']);
  deployed.aws.calls['CloudFormation.DescribeStacks'] = usual as never;
  expect(said.json()).toEqual([
    { state: 'FAIL', what: 'AWS', found: expect.stringMatching(/does not accept the credentials/), todo: '' },
  ]);
});

test('without a deployment the other checks still run', async () => {
  const { code, problems } = await doctor(['--stage', 'beta']);
  expect(code).toBe(1);
  expect(problems).toMatchObject([{ state: 'FAIL', what: 'deployment' }]);
});

test('each wrong key, missing index and missing stream of a table is shown', async () => {
  const TableName = 'Old_JobQueue';
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: ['id', 'status', 'created_at'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'StatusCreatedIndex',
          KeySchema: [
            { AttributeName: 'status', KeyType: 'HASH' },
            { AttributeName: 'created_at', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
  const findings = await checkTable(dynamo, TableName, SHAPES.jobs, 'make it');
  const failed = findings.filter(({ state }) => state === 'FAIL').map(({ what, found }) => `${what}: ${found}`);
  expect(failed).toEqual([
    'table Old_JobQueue: has keys id (S), not job_id (S)',
    'table Old_JobQueue, index StatusCreatedIndex: projects KEYS_ONLY, not ALL',
    ...['ConversationIndex', 'JobTypeIndex', 'WorkerStatusIndex'].map(
      (index) => `table Old_JobQueue, index ${index}: does not exist`,
    ),
    'table Old_JobQueue, stream: is off: new jobs do not start',
  ]);
  expect(findings.find(({ what }) => what.endsWith('stream'))?.todo).toContain(
    'aws dynamodb update-table --table-name Old_JobQueue --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE',
  );
  await dynamo.send(new DeleteTableCommand({ TableName }));
});

/** Runs doctor before a deploy, with a settings file. */
async function before(settings: Record<string, unknown>, stacks: string[] = []) {
  const file = join(folder, 'settings.json');
  writeFileSync(file, JSON.stringify(settings));
  const { 'CloudFormation.DescribeStacks': usual } = deployed.aws.calls;
  const toolkit = deployed.stackAnswer({ BootstrapVersion: '21' });
  deployed.aws.calls['CloudFormation.DescribeStacks'] = ({ StackName }) =>
    StackName === 'CDKToolkit' || stacks.includes(String(StackName))
      ? toolkit
      : new AwsError('ValidationError', 'does not exist');
  try {
    return await doctor(['--before-deploy', '--settings', file]);
  } finally {
    if (usual) deployed.aws.calls['CloudFormation.DescribeStacks'] = usual;
  }
}
const SECRETS = { anthropicSecretName: 'anthropic', databaseSecretName: 'database' };

test('before the first deploy, the line of an existing table says how to import it', async () => {
  const { code, problems } = await before(SECRETS);
  expect(code).toBe(1);
  expect(problems.map(({ what }) => what)).toEqual(
    [TABLE_NAMES.jobs, TABLE_NAMES.reports, TABLE_NAMES.ledger].map((name) => `table ${name}`),
  );
  expect(problems[0]?.todo).toMatch(/^set jobTable to Delphi_JobQueue, and jobTableStreamArn to arn:/);
});

test('before a later deploy, the tables of our own stack are fine', async () => {
  expect(await before(SECRETS, ['DelphiNarrativesData'])).toMatchObject({ code: 0, problems: [] });
});

test('before a deploy, a wrong stream of an imported table is shown with the right one', async () => {
  const jobTableStreamArn = `arn:aws:dynamodb:eu-west-1:111122223333:table/${TABLE_NAMES.jobs}/stream/2020-01-01T00:00:00.000`;
  const tables = { jobTable: TABLE_NAMES.jobs, reportsTable: TABLE_NAMES.reports, ledgerTable: TABLE_NAMES.ledger };
  const { problems } = await before({ ...SECRETS, ...tables, jobTableStreamArn });
  expect(problems).toMatchObject([
    { what: `table ${TABLE_NAMES.jobs}, stream ARN`, todo: expect.stringMatching(/^set jobTableStreamArn to arn:/) },
  ]);
});

test('doctor shows what of the day budget is spent or reserved, and warns when little is left', async () => {
  const found = async () => {
    const { out, err } = await deployed.run(['doctor', '--json']);
    const findings = JSON.parse(out || err) as { what: string; state: string; found: string; todo: string }[];
    return findings.find(({ what }) => what === 'day budget');
  };
  const withDayBudget = (DayBudgetUsd: string) => {
    deployed.aws.calls['CloudFormation.DescribeStacks'] = () => deployed.stackAnswer({ ...outputs(), DayBudgetUsd });
  };
  await spendingTable(deployed.db, TABLE_NAMES.ledger).reserve(
    {
      job_id: 'today',
      round: 1,
      version: 1,
      most_micro_usd: microUsd(1.25),
      now: NOW,
      expires_at_epoch: 4_000_000_000,
    },
    undefined,
  );
  withDayBudget('10');
  expect(await found()).toMatchObject({
    state: 'ok',
    found: '$1.25 of $10.00 spent or reserved on 2026-11-22 (UTC), of that $1.25 at most for batches not yet priced',
  });
  withDayBudget('1.5');
  expect(await found()).toMatchObject({ state: 'warn', todo: expect.stringContaining('raise dayBudgetUsd') });
  deployed.aws.calls['CloudFormation.DescribeStacks'] = () => deployed.stackAnswer(outputs());
  expect(await found()).toBeUndefined();
});

const row = (job_id: string, more: Record<string, unknown> = {}) => ({
  job_id,
  job_type: 'CREATE_NARRATIVE_BATCH',
  status: 'FAILED',
  ...more,
});

function finderOf(rows: Record<string, unknown>[]) {
  const asked: unknown[] = [];
  const finder: JobFinder = {
    async *withStatus(...what) {
      asked.push(what);
      yield* rows;
    },
  };
  return { finder, asked };
}

test('doctor names each failed job that left a paid batch unwatched', async () => {
  const unwatched = { checker_schedule_failed: true };
  const { finder, asked } = finderOf([
    row('a', unwatched),
    row('b'),
    row('c', unwatched),
    row('d', { ...unwatched, job_type: 'FULL_PIPELINE' }),
  ]);
  expect(await checkUnwatched(finder, NOW)).toEqual({
    state: 'warn',
    what: 'unwatched paid batches',
    found: '2 FAILED job(s) left such a batch: a, c',
    todo: 'narratives redrive JOB_ID resumes a job',
  });
  expect(asked).toEqual([['FAILED', '2026-10-24T12:00:00.000Z']]);
});

test('doctor finds no unwatched batch if no failed job has left one', async () => {
  expect(await checkUnwatched(finderOf([row('b')]).finder, NOW)).toMatchObject({ state: 'ok', found: 'none' });
});
