import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { synthNarratives } from '../../../local/machine/template.ts';
import { IMPORTED, STREAM_ARN, stacks } from '../../support/stacks.ts';

const created = stacks();

describe('job stream', () => {
  it('hands pending narrative jobs to dispatch, from the oldest record on, and forgets none', () => {
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
