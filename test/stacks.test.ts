import { Match, Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib/core';
import { describe, expect, it } from 'vitest';
import * as errors from '../lambdas/domain/errors.ts';
import { addNarratives } from '../lib/app.ts';
import { readConfig } from '../lib/config.ts';
import { STATE } from '../lib/state-names.ts';
import { STEP_METADATA } from '../lib/step-function.ts';
import { synthNarratives } from '../local/machine/template.ts';

const STREAM_ARN = 'arn:aws:dynamodb:eu-west-1:111122223333:table/PolisJobs/stream/2026-01-01T00:00:00.000';
const IMPORTED = {
  'narratives:jobTable': 'PolisJobs',
  'narratives:jobTableStreamArn': STREAM_ARN,
  'narratives:reportsTable': 'PolisReports',
  'narratives:ledgerTable': 'Ledger',
};

function stacks(context: Record<string, unknown> = {}) {
  const app = new App({
    context: { '@aws-cdk/core:defaultCrossStackReferences': 'strong', ...context, 'aws:cdk:bundling-stacks': [] },
    builtinCloudFormationValidation: false,
    analyticsReporting: false,
    treeMetadata: false,
  });
  const { data, narratives } = addNarratives(app);
  return { data: data && Template.fromStack(data), narratives: Template.fromStack(narratives), app };
}

const created = stacks();
const { definition, stepOfState } = synthNarratives();

/** Function properties by step. */
function functionsByStep(template: Template) {
  const found = Object.values(template.findResources('AWS::Lambda::Function'));
  return Object.fromEntries(found.map(({ Metadata, Properties }) => [Metadata[STEP_METADATA] as string, Properties]));
}

interface Statement {
  Action: string | string[];
  Resource: unknown;
}

/** What the role of a step may do. */
function statementsOf(template: Template, step: string): Statement[] {
  const role = functionsByStep(template)[step].Role['Fn::GetAtt'][0];
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  return policies
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

describe('settings', () => {
  it.each([
    ['stage', '-x'],
    ['jobTableStreamArn', 'the stream'],
    ['reportsTable', 'a table'],
    ['mathEnv', ''],
    ['defaultModel', 'Claude Sonnet'],
    ['jobBudgetUsd', 'ten'],
    ['jobBudgetUsd', '0'],
    ['anthropicSecretName', ''],
    ['anthropicBaseUrl', 'ftp://stand-in'],
    ['logLevel', 'chatty'],
  ])('names the key and what it should be when %s is %j', (key, value) => {
    expect(() => readConfig({ [`narratives:${key}`]: value })).toThrow(
      new RegExp(`^-c narratives:${key} should be .{20,}`),
    );
  });

  it('refuses a key that is no setting, naming those that are', () => {
    expect(() => readConfig({ 'narratives:jobtable': 'Jobs' })).toThrow(
      /narratives:jobtable is no setting.*jobTable, /,
    );
  });

  it("leaves CDK's own context alone", () => {
    expect(readConfig({ '@aws-cdk/core:checkSecretUsage': true, 'aws:cdk:bundling-stacks': [] })).toMatchObject({
      mathEnv: 'prod',
      defaultModel: 'claude-sonnet-5-5',
      logLevel: 'INFO',
    });
  });

  it('reads the budget from the text that the command line gives', () => {
    expect(readConfig({ 'narratives:jobBudgetUsd': '2.50' }).jobBudgetUsd).toBe(2.5);
  });

  it.each([
    { 'narratives:jobTable': 'PolisJobs' },
    { 'narratives:jobTableStreamArn': STREAM_ARN },
    { 'narratives:jobTable': 'OtherJobs', 'narratives:jobTableStreamArn': STREAM_ARN },
  ])('takes an existing job table only together with its own stream: %j', (context) => {
    expect(() => readConfig(context)).toThrow(/go together and name the same table/);
  });

  it('puts the stage behind the names of the stacks', () => {
    const { app } = stacks({ 'narratives:stage': 'preprod' });
    expect(app.node.children.map(({ node }) => node.id)).toEqual([
      'DelphiNarrativesData-preprod',
      'DelphiNarratives-preprod',
    ]);
  });
});

describe('data stack', () => {
  const key = (name: string, type: string) => ({ AttributeName: name, KeyType: type });
  const index = (name: string, hash: string, range: string) =>
    Match.objectLike({
      IndexName: name,
      KeySchema: [key(hash, 'HASH'), key(range, 'RANGE')],
      Projection: { ProjectionType: 'ALL' },
    });

  it("creates the job table with the contract's indexes and a stream of new images", () => {
    created.data?.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: 'Delphi_JobQueue',
      KeySchema: [key('job_id', 'HASH')],
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      AttributeDefinitions: Match.arrayWith([{ AttributeName: 'priority', AttributeType: 'N' }]),
      GlobalSecondaryIndexes: [
        index('StatusCreatedIndex', 'status', 'created_at'),
        index('ConversationIndex', 'conversation_id', 'created_at'),
        index('JobTypeIndex', 'job_type', 'priority'),
        index('WorkerStatusIndex', 'worker_id', 'status'),
      ],
    });
  });

  it("creates the reports table with the server's index", () => {
    created.data?.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: 'Delphi_NarrativeReports',
      KeySchema: [key('rid_section_model', 'HASH'), key('timestamp', 'RANGE')],
      GlobalSecondaryIndexes: [index('ReportIdTimestampIndex', 'report_id', 'timestamp')],
    });
  });

  it('creates the ledger, whose entries expire', () => {
    created.data?.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: 'Delphi_NarrativeRequests',
      KeySchema: [key('job_id', 'HASH'), key('entry', 'RANGE')],
      TimeToLiveSpecification: { AttributeName: 'expires_at_epoch', Enabled: true },
    });
  });

  it('keeps every table when the stack goes, with backups, encryption and payment on demand', () => {
    created.data?.resourceCountIs('AWS::DynamoDB::Table', 3);
    created.data?.allResources('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
      },
    });
  });

  it('creates only the tables that are not there yet', () => {
    const { data } = stacks({ 'narratives:reportsTable': 'PolisReports' });
    const names = Object.values(data?.findResources('AWS::DynamoDB::Table') ?? {}).map(
      ({ Properties }) => Properties.TableName,
    );
    expect(names.sort()).toEqual(['Delphi_JobQueue', 'Delphi_NarrativeRequests']);
  });

  it('is not needed when every table exists', () => {
    expect(stacks(IMPORTED).data).toBeUndefined();
  });
});

describe('step functions', () => {
  it.each([
    ['dispatch', 60, 256],
    ['adopt', 300, 512],
    ['submit', 300, 1024],
    ['check-status', 60, 256],
    ['collect', 900, 1024],
    ['complete', 120, 512],
    ['fail', 60, 256],
  ])('runs %s on Node 24 and arm64 for up to %i s in %i MB', (step, Timeout, MemorySize) => {
    expect(functionsByStep(created.narratives)[step]).toMatchObject({
      Timeout,
      MemorySize,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
    });
  });

  const EVERYWHERE = ['JOB_TABLE', 'NODE_OPTIONS', 'POWERTOOLS_LOG_LEVEL', 'POWERTOOLS_SERVICE_NAME'];
  const TOPICS = ['TOPIC_NAMES_TABLE', 'CLUSTER_ASSIGNMENTS_TABLE'];
  const API = ['ANTHROPIC_BASE_URL', 'ANTHROPIC_SECRET_NAME'];
  const PLANNING = [
    'DATABASE_SECRET_NAME',
    'DEFAULT_MODEL',
    'JOB_BUDGET_USD',
    'LEDGER_TABLE',
    'MATH_ENV',
    ...API,
    ...TOPICS,
  ];
  it.each([
    ['dispatch', ['STATE_MACHINE_ARN']],
    ['adopt', PLANNING],
    ['submit', PLANNING],
    ['check-status', ['LEDGER_TABLE', ...API]],
    ['collect', ['LEDGER_TABLE', 'REPORTS_TABLE', ...API]],
    ['complete', ['LEDGER_TABLE', 'REPORTS_TABLE']],
    ['fail', ['LEDGER_TABLE']],
  ])('gives %s only the environment that it needs', (step, names) => {
    const { narratives } = stacks({
      'narratives:anthropicBaseUrl': 'http://localhost:8080',
      'narratives:jobBudgetUsd': 5,
    });
    const { Variables } = functionsByStep(narratives)[step].Environment;
    expect(Object.keys(Variables).sort()).toEqual([...EVERYWHERE, ...names].sort());
  });

  it('leaves a stand-in address and a budget out unless they are set', () => {
    const { Variables } = functionsByStep(created.narratives).submit.Environment;
    expect(Variables).not.toHaveProperty('ANTHROPIC_BASE_URL');
    expect(Variables).not.toHaveProperty('JOB_BUDGET_USD');
  });

  it('names the existing tables to the steps when they are imported', () => {
    const { Variables } = functionsByStep(stacks(IMPORTED).narratives).collect.Environment;
    expect(Variables).toMatchObject({ JOB_TABLE: 'PolisJobs', REPORTS_TABLE: 'PolisReports', LEDGER_TABLE: 'Ledger' });
  });

  it('asks for all resources only where AWS knows no narrower ones', () => {
    const policies = Object.values(created.narratives.findResources('AWS::IAM::Policy'));
    const statements: Statement[] = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    const wide = statements.filter(({ Resource }) => [Resource].flat().includes('*')).flatMap(({ Action }) => Action);
    const services = new Set(
      wide.map((action) => action.replace(/:(.*)(LogDeliver|ResourcePolic|LogGroups).*/, ':log delivery')),
    );
    expect([...services].sort()).toEqual([
      'dynamodb:ListStreams',
      'logs:log delivery',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
    expect(JSON.stringify(statements.map(({ Action }) => Action))).not.toContain('*');
  });

  it.each([
    ['anthropic-api-key', ['adopt', 'check-status', 'collect', 'submit']],
    ['database-url', ['adopt', 'submit']],
    ['Delphi_CommentClustersLLMTopicNames', ['adopt', 'submit']],
    ['ReportsTable', ['collect', 'complete']],
    ['LedgerTable', ['adopt', 'check-status', 'collect', 'complete', 'fail', 'submit']],
  ])('opens %s to %j and to no other step', (resource, steps) => {
    const allowed = Object.keys(functionsByStep(created.narratives)).filter((step) =>
      JSON.stringify(statementsOf(created.narratives, step)).includes(resource),
    );
    expect(allowed.sort()).toEqual(steps);
  });

  const stepsThatMay = (action: RegExp, resource: RegExp) =>
    Object.keys(functionsByStep(created.narratives)).filter((step) =>
      statementsOf(created.narratives, step).some(
        ({ Action, Resource }) => action.test(String(Action)) && resource.test(JSON.stringify(Resource)),
      ),
    );

  it('lets submit alone add job rows, every step change them, and none delete them', () => {
    expect(stepsThatMay(/PutItem/, /JobTable/)).toEqual(['submit']);
    expect(stepsThatMay(/UpdateItem/, /JobTable/)).toHaveLength(7);
    expect(stepsThatMay(/Delete|BatchWrite/, /JobTable/)).toEqual([]);
  });

  it("lets no step write to Delphi's topic tables", () => {
    expect(stepsThatMay(/Query/, /Delphi_Comment/)).toEqual(['adopt', 'submit']);
    expect(stepsThatMay(/Put|Update|Delete|Write/, /Delphi_Comment/)).toEqual([]);
  });
});

describe('state machine', () => {
  const states = Object.entries(definition.States);
  const tasks = states.filter(([, { Type }]) => Type === 'Task');

  it('has the states that the shared names say, and no other', () => {
    expect(states.map(([name]) => name).sort()).toEqual(Object.values(STATE).sort());
  });

  it('says of every state what it is for', () => {
    for (const [name, { Comment }] of states) expect(Comment, name).toMatch(/\w+ \w+/);
  });

  it('calls one step from each task', () => {
    expect(stepOfState).toEqual({
      [STATE.adoptBatch]: 'adopt',
      [STATE.submitBatch]: 'submit',
      [STATE.checkBatchStatus]: 'check-status',
      [STATE.collectResults]: 'collect',
      [STATE.completeJob]: 'complete',
      [STATE.failJob]: 'fail',
    });
  });

  it('ends every task but the failing one at "Fail job", whatever goes wrong', () => {
    for (const [name, task] of tasks) {
      const caught = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: STATE.failJob }];
      expect('Catch' in task ? task.Catch : [], name).toEqual(name === STATE.failJob ? [] : caught);
    }
  });

  it('tries passing trouble of ours and of Lambda again, with a pause that grows', () => {
    for (const [name, task] of tasks) {
      expect('Retry' in task && task.Retry, name).toMatchObject([
        {
          ErrorEquals: ['AnthropicUnavailable', 'StoreUnavailable'],
          IntervalSeconds: 5,
          BackoffRate: 2,
          MaxAttempts: 6,
          MaxDelaySeconds: 60,
          JitterStrategy: 'FULL',
        },
        { IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 6 },
      ]);
    }
  });

  it('retries only error names that some error class bears', () => {
    const borne = Object.values(errors).flatMap((value) =>
      typeof value === 'function' && value !== errors.NarrativesError
        ? [new (value as typeof errors.BadInput)('').name]
        : [],
    );
    expect(borne).toEqual(expect.arrayContaining([...errors.RETRIED_ERRORS]));
  });

  it("lets every task outlive its function's own limit", () => {
    const functions = functionsByStep(created.narratives);
    for (const [name, task] of tasks) {
      expect('TimeoutSeconds' in task && task.TimeoutSeconds, name).toBeGreaterThan(
        functions[stepOfState[name] ?? ''].Timeout,
      );
    }
  });

  it('gives up after 76 hours, traces, and logs errors without the data', () => {
    expect(definition.TimeoutSeconds).toBe(76 * 3600);
    created.narratives.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineType: 'STANDARD',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: Match.objectLike({ Level: 'ERROR', IncludeExecutionData: Match.absent() }),
    });
  });
});

describe('job stream', () => {
  it('hands pending narrative jobs to dispatch, from the oldest record on, and forgets none', () => {
    created.narratives.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 25,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 5,
      MaximumRecordAgeInSeconds: 24 * 3600,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'Arn'] } },
      },
    });
    expect(synthNarratives()).toMatchObject({
      streamStep: 'dispatch',
      filters: [
        {
          eventName: ['INSERT', 'MODIFY'],
          dynamodb: {
            NewImage: {
              status: { S: ['PENDING'] },
              job_type: { S: ['CREATE_NARRATIVE_BATCH', 'AWAITING_NARRATIVE_BATCH'] },
            },
          },
        },
      ],
    });
  });

  it('listens to the stream of an imported job table', () => {
    stacks(IMPORTED).narratives.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: STREAM_ARN,
    });
  });

  it('keeps dead letters for two weeks, encrypted at rest and on the way', () => {
    created.narratives.hasResourceProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 14 * 24 * 3600,
      SqsManagedSseEnabled: true,
    });
    created.narratives.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sqs:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ],
      }),
    });
  });
});

describe('tables of the local run', () => {
  it('are those of the data stack, the job table with its stream', () => {
    const { tables } = synthNarratives();
    expect(tables.map(({ TableName }) => TableName)).toEqual([
      'Delphi_JobQueue',
      'Delphi_NarrativeReports',
      'Delphi_NarrativeRequests',
    ]);
    expect(tables[0]?.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: 'NEW_IMAGE' });
    expect(tables[0]?.GlobalSecondaryIndexes).toHaveLength(4);
    expect(tables[2]).not.toHaveProperty('StreamSpecification');
  });
});
