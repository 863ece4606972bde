import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { NarrativesConfig } from './config.ts';

export interface ExecutionWatchProps {
  readonly machine: IStateMachine;
  readonly executionChanged: IFunction;
  readonly sweep: IFunction;
  readonly config: NarrativesConfig;
}

/** Sees to it that no job is forgotten: hears of executions that end outside "Fail job", and sweeps the tables now and then. */
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
        // These retries are of handing the event over. What the function itself throws (the table is out of reach), Lambda's own
        // default repeats after one and after two minutes; beyond that the sweep is as soon there as a longer retry would be.
        // No dead-letter queue: the sweep finds by the rows what an event that was not delivered would have told.
        new LambdaFunction(executionChanged, { retryAttempts: 20, maxEventAge: Duration.hours(2) }),
      ],
    });
    new Rule(this, 'Sweep', {
      description: 'Narrative jobs: look for those that nobody works on',
      schedule: Schedule.rate(period),
      // No dead-letter queue, and none older than the period: the next sweep does the work of one that was missed.
      targets: [new LambdaFunction(sweep, { retryAttempts: 2, maxEventAge: period })],
    });
  }
}
