import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { NarrativesConfig } from './config.ts';
import { TABLE_NAMES } from './contract.ts';
import { importedTables, type NarrativesTables } from './data-stack.ts';
import { JobStream } from './job-stream.ts';
import { NarrativeMachine } from './narrative-machine.ts';
import { StepFunction } from './step-function.ts';
import { STEP_NAMES, type StepName } from './steps.ts';

export interface NarrativesStackProps extends StackProps {
  readonly config: NarrativesConfig;
  /** The tables that the data stack made; the others are imported by the names in the settings. */
  readonly created: Partial<NarrativesTables>;
}

/** The functions, the state machine and the stream that starts it. */
export class NarrativesStack extends Stack {
  readonly machine: NarrativeMachine;
  readonly jobStream: JobStream;
  readonly steps: Readonly<Record<StepName, StepFunction>>;

  constructor(scope: Construct, id: string, { config, created, ...props }: NarrativesStackProps) {
    super(scope, id, { description: 'Delphi narrative reports: one Anthropic batch a job', ...props });
    // The settings decide for each table whether it is created or imported, so together they hold all three.
    const tables = { ...created, ...importedTables(this, config) } as NarrativesTables;
    this.steps = this.stepFunctions(config, tables);

    const { dispatch, ...tasks } = this.steps;
    this.machine = new NarrativeMachine(this, 'Machine', {
      functions: {
        adopt: tasks.adopt.lambda,
        submit: tasks.submit.lambda,
        'check-status': tasks['check-status'].lambda,
        collect: tasks.collect.lambda,
        complete: tasks.complete.lambda,
        fail: tasks.fail.lambda,
      },
    });
    dispatch.lambda.addEnvironment('STATE_MACHINE_ARN', this.machine.machine.stateMachineArn);
    this.machine.machine.grantStartExecution(dispatch.lambda);
    this.jobStream = new JobStream(this, 'JobStream', { jobTable: tables.jobs, dispatch: dispatch.lambda });

    new CfnOutput(this, 'StateMachineArn', { value: this.machine.machine.stateMachineArn });
    new CfnOutput(this, 'DeadLetterQueueUrl', { value: this.jobStream.deadLetters.queueUrl });
  }

  private stepFunctions(config: NarrativesConfig, tables: NarrativesTables): Record<StepName, StepFunction> {
    const shared = {
      config,
      tables,
      topics: {
        topicNames: Table.fromTableName(this, 'TopicNames', TABLE_NAMES.topicNames),
        clusterAssignments: Table.fromTableName(this, 'ClusterAssignments', TABLE_NAMES.clusterAssignments),
      },
      anthropicSecret: Secret.fromSecretNameV2(this, 'AnthropicKey', config.anthropicSecretName),
      databaseSecret: Secret.fromSecretNameV2(this, 'DatabaseUrl', config.databaseSecretName),
    };
    const made = STEP_NAMES.map((step) => [step, new StepFunction(this, constructId(step), { step, ...shared })]);
    return Object.fromEntries(made);
  }
}

/** `check-status` → `CheckStatus`: CloudFormation's logical ids take letters and digits only. */
function constructId(step: StepName): string {
  return step.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}
