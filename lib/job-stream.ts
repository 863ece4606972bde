import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { FilterCriteria, FilterRule, type IFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { AWAITING_BATCH, CREATE_BATCH } from '../lambdas/shared/job-row.ts';

export interface JobStreamProps {
  readonly jobTable: ITable;
  readonly dispatch: IFunction;
}

/** Hands every narrative job row that is, or becomes, PENDING to the dispatch function. */
export class JobStream extends Construct {
  /** What could not be dispatched: where in the stream it lies, and why. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { jobTable, dispatch }: JobStreamProps) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    dispatch.addEventSource(
      new DynamoEventSource(jobTable, {
        // From the oldest record on: a mapping that starts at the latest one misses rows written while it is being made,
        // and an old record does no harm, because dispatch is conditional on the row's status and version.
        startingPosition: StartingPosition.TRIM_HORIZON,
        filters: [FilterCriteria.filter(PENDING_NARRATIVE_JOB)],
        batchSize: 25,
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        // Dispatch refuses what it cannot understand, so only an outage is retried: age is the bound that matters.
        retryAttempts: 1_000,
        maxRecordAge: Duration.hours(24),
        onFailure: new SqsDlq(this.deadLetters),
      }),
    );
  }
}

const PENDING_NARRATIVE_JOB = {
  eventName: FilterRule.or('INSERT', 'MODIFY'),
  dynamodb: {
    NewImage: {
      status: { S: FilterRule.isEqual('PENDING') },
      job_type: { S: FilterRule.or(CREATE_BATCH, AWAITING_BATCH) },
    },
  },
};
