import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { NarrativesConfig } from '../config.ts';
import type { StepName } from '../functions.ts';
import type { Figures } from './figures.ts';

/** What the dashboard and the alarms look at. */
export interface Watched {
  readonly config: NarrativesConfig;
  readonly figures: Figures;
  readonly machine: IStateMachine;
  readonly deadLetters: IQueue;
  readonly functions: Readonly<Record<StepName, Lambda>>;
}
