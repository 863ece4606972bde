import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { FUNCTION_METADATA } from '../../../lib/narratives-function.ts';
import { synthNarratives } from '../../../tools/synthesize.ts';
import { IMPORTED, STREAM_ARN, stacks, statementsOf } from '../../support/stacks.ts';

const created = stacks();

describe('job stream', () => {
  it('passes pending narrative jobs to dispatch, from the oldest record on', () => {
    created.narratives.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 25,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 1_000,
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

const { narratives } = created;

/** The function that is a rule's only target. */
function functionOf(rule: { Properties: { Targets: { Arn: { 'Fn::GetAtt': [string, string] } }[] } }): string {
  expect(rule.Properties.Targets).toHaveLength(1);
  const id = rule.Properties.Targets[0]?.Arn['Fn::GetAtt'][0] ?? '';
  return narratives.findResources('AWS::Lambda::Function')[id]?.Metadata[FUNCTION_METADATA];
}
const ruleWith = (properties: Record<string, unknown>) => {
  const found = Object.values(narratives.findResources('AWS::Events::Rule', { Properties: properties }));
  expect(found).toHaveLength(1);
  return found[0] as Parameters<typeof functionOf>[0];
};

describe('executions are watched', () => {
  it("every end outside the machine's own states, and every run, is reported", () => {
    const [machine] = Object.keys(narratives.findResources('AWS::StepFunctions::StateMachine'));
    const rule = ruleWith({
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [{ Ref: machine }], status: ['FAILED', 'TIMED_OUT', 'ABORTED', 'RUNNING'] },
      },
      Targets: [Match.objectLike({ RetryPolicy: { MaximumRetryAttempts: 20, MaximumEventAgeInSeconds: 7_200 } })],
    });
    expect(functionOf(rule)).toBe('execution-changed');
  });

  it('the table is swept every quarter of an hour, or as often as the setting says', () => {
    expect(functionOf(ruleWith({ ScheduleExpression: 'rate(15 minutes)' }))).toBe('sweep');
    for (const [minutes, rate] of [
      [1, 'rate(1 minute)'],
      [90, 'rate(90 minutes)'],
      [1440, 'rate(1 day)'],
    ] as const) {
      const { narratives: template } = stacks({ 'narratives:sweepMinutes': minutes });
      template.hasResourceProperties('AWS::Events::Rule', {
        ScheduleExpression: rate,
        Targets: [Match.objectLike({ RetryPolicy: { MaximumEventAgeInSeconds: minutes * 60 } })],
      });
    }
  });

  it('only their rules may call both functions', () => {
    const permissions = Object.values(narratives.findResources('AWS::Lambda::Permission'));
    const byEvents = permissions.filter(({ Properties }) => Properties.Principal === 'events.amazonaws.com');
    expect(byEvents).toHaveLength(2);
    for (const { Properties } of byEvents) expect(Properties.SourceArn['Fn::GetAtt'][1]).toBe('Arn');
  });

  it('the sweep may start and describe executions; execution-changed may do neither', () => {
    const actions = (name: string) => statementsOf(narratives, name).flatMap(({ Action }) => Action);
    expect(actions('sweep')).toEqual(expect.arrayContaining(['states:StartExecution', 'states:DescribeExecution']));
    expect(actions('execution-changed').filter((action) => action.startsWith('states:'))).toEqual([]);
  });
});
