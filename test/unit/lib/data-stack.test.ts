import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { synthNarratives } from '../../../tools/synthesize.ts';
import { IMPORTED, stacks } from '../../support/stacks.ts';

const created = stacks();

describe('data stack', () => {
  const key = (name: string, type: string) => ({ AttributeName: name, KeyType: type });
  const index = (name: string, hash: string, range: string) =>
    Match.objectLike({
      IndexName: name,
      KeySchema: [key(hash, 'HASH'), key(range, 'RANGE')],
      Projection: { ProjectionType: 'ALL' },
    });

  it('creates the job table with the indexes of Polis and a stream of new images', () => {
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

  it('keeps every table when the stack is deleted, with backups and encryption', () => {
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

  it('creates only the tables that no setting names', () => {
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
