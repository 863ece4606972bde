import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { FilterCriteria, FilterRule, type IFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { AWAITING_BATCH, CREATE_BATCH } from '../lambdas/shared/job-row.ts';
import type { NarrativesConfig } from './settings.ts';

export interface JobStreamProps {
  readonly jobTable: ITable;
  readonly dispatch: IFunction;
}

/** Hands every narrative job row that is, or becomes, PENDING to the dispatch function. */
export class JobStream extends Construct {
  /** Records that could not be dispatched: their place in the stream, and why. */
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
        // From the oldest record on: a mapping that starts at the latest one misses rows written while it is being created,
        // and an old record does no harm, because dispatch is conditional on the row's status and version.
        startingPosition: StartingPosition.TRIM_HORIZON,
        filters: [FilterCriteria.filter(PENDING_NARRATIVE_JOB)],
        batchSize: 25,
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        // Dispatch refuses what it cannot understand, so only an outage is retried: the record's age is the limit that matters.
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

export interface ExecutionWatchProps {
  readonly machine: IStateMachine;
  readonly executionChanged: IFunction;
  readonly sweep: IFunction;
  readonly config: NarrativesConfig;
}

/** Makes sure that no job is forgotten: calls one function when an execution changes, and another that sweeps the tables at a fixed rate. */
export class ExecutionWatch extends Construct {
  constructor(scope: Construct, id: string, { machine, executionChanged, sweep, config }: ExecutionWatchProps) {
    super(scope, id);
    const period = Duration.minutes(config.sweepMinutes);
    new Rule(this, 'ExecutionChanged', {
      description: 'Narrative jobs: an execution was stopped, timed out, failed, or runs (again, when it was redriven)',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [machine.stateMachineArn],
          status: ['FAILED', 'TIMED_OUT', 'ABORTED', 'RUNNING'],
        },
      },
      targets: [
        // These retries are for delivering the event. When the function itself fails (the table is unavailable), Lambda calls it again
        // after one and after two minutes; after that the sweep runs as soon as a longer retry would.
        // No dead-letter queue: the sweep finds in the rows what an undelivered event would have reported.
        new LambdaFunction(executionChanged, { retryAttempts: 20, maxEventAge: Duration.hours(2) }),
      ],
    });
    new Rule(this, 'Sweep', {
      description: 'Narrative jobs: look for those that nobody works on',
      schedule: Schedule.rate(period),
      // No dead-letter queue, and no event older than the period: the next sweep does the work of one that was missed.
      targets: [new LambdaFunction(sweep, { retryAttempts: 2, maxEventAge: period })],
    });
  }
}
