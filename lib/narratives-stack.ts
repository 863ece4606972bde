import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { NarrativesConfig } from './config.ts';
import { importedTables, type NarrativesTables } from './data-stack.ts';
import { ExecutionWatch } from './execution-watch.ts';
import { StepFunction } from './function.ts';
import { STEP_NAMES, STEPS, type StepName, type StepNeeds } from './functions.ts';
import { JobStream } from './job-stream.ts';
import { type SharedParts, sharedParts } from './shared-parts.ts';
import { NarrativeMachine } from './state-machine.ts';

export interface NarrativesStackProps extends StackProps {
  readonly config: NarrativesConfig;
  /** The tables that the data stack made; the others are imported by the names in the settings. */
  readonly created: Partial<NarrativesTables>;
}

/** The functions, the state machine and the stream that starts it. */
export class NarrativesStack extends Stack {
  readonly machine: NarrativeMachine;
  readonly jobStream: JobStream;
  readonly tables: NarrativesTables;
  readonly steps: Readonly<Record<StepName, StepFunction>>;

  constructor(scope: Construct, id: string, { config, created, ...props }: NarrativesStackProps) {
    super(scope, id, { description: 'Delphi narrative reports: one Anthropic batch a job', ...props });
    // The settings decide for each table whether it is created or imported, so together they hold all three.
    this.tables = { ...created, ...importedTables(this, config) } as NarrativesTables;
    this.steps = this.stepFunctions(sharedParts(this, config, this.tables));

    const { dispatch, sweep, ...tasks } = this.steps;
    this.machine = new NarrativeMachine(this, 'Machine', {
      functions: {
        adopt: tasks.adopt.lambda,
        submit: tasks.submit.lambda,
        'check-status': tasks['check-status'].lambda,
        collect: tasks.collect.lambda,
        complete: tasks.complete.lambda,
        fail: tasks.fail.lambda,
      },
      logRetentionDays: config.logRetentionDays,
    });
    this.openMachine();
    this.jobStream = new JobStream(this, 'JobStream', { jobTable: this.tables.jobs, dispatch: dispatch.lambda });
    new ExecutionWatch(this, 'ExecutionWatch', {
      machine: this.machine.machine,
      executionChanged: tasks['execution-changed'].lambda,
      sweep: sweep.lambda,
      config,
    });
    this.tellWhereThingsAre(config);
  }

  /** Lets the functions that start or look up executions do so. */
  private openMachine(): void {
    const { machine } = this.machine;
    for (const step of STEP_NAMES) {
      const needs: StepNeeds = STEPS[step];
      const { lambda } = this.steps[step];
      if (needs.starts || needs.describes) lambda.addEnvironment('STATE_MACHINE_ARN', machine.stateMachineArn);
      if (needs.starts) machine.grantStartExecution(lambda);
      if (needs.describes) machine.grantExecution(lambda, 'states:DescribeExecution');
    }
  }

  /** What the command line and the guides look up by name. */
  private tellWhereThingsAre(config: NarrativesConfig): void {
    const outputs = {
      StateMachineArn: this.machine.machine.stateMachineArn,
      DeadLetterQueueUrl: this.jobStream.deadLetters.queueUrl,
      JobTableName: this.tables.jobs.tableName,
      ReportsTableName: this.tables.reports.tableName,
      LedgerTableName: this.tables.ledger.tableName,
      DispatchFunctionName: this.steps.dispatch.lambda.functionName,
      SweepFunctionName: this.steps.sweep.lambda.functionName,
      AnthropicSecretName: config.anthropicSecretName,
      DatabaseSecretName: config.databaseSecretName,
      DatabaseTls: config.databaseTls,
      MathEnv: config.mathEnv,
      DefaultModel: config.defaultModel,
      ...(config.dayBudgetUsd && { DayBudgetUsd: String(config.dayBudgetUsd) }),
      ...(config.anthropicBaseUrl && { AnthropicBaseUrl: config.anthropicBaseUrl }),
      ...(config.databaseTls === 'off' && { DatabaseTls: config.databaseTls }),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  private stepFunctions(shared: SharedParts): Record<StepName, StepFunction> {
    const made = STEP_NAMES.map((step) => [step, new StepFunction(this, constructId(step), { step, ...shared })]);
    return Object.fromEntries(made);
  }
}

/** `check-status` → `CheckStatus`: CloudFormation's logical ids take letters and digits only. */
export function constructId(step: string): string {
  return step.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}
