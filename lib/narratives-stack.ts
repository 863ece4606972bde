import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { aliasesAsText } from '../lambdas/shared/model-aliases.ts';
import { importedTables, type NarrativesTables } from './data-stack.ts';
import { FUNCTION_NAMES, FUNCTIONS, type FunctionName, type FunctionNeeds } from './functions.ts';
import { constructId } from './names.ts';
import { NarrativesFunction, type SharedParts, sharedParts } from './narratives-function.ts';
import type { NarrativesConfig } from './settings.ts';
import { NarrativeMachine } from './state-machine.ts';
import { ExecutionWatch, JobStream } from './triggers.ts';

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
  readonly functions: Readonly<Record<FunctionName, NarrativesFunction>>;

  constructor(scope: Construct, id: string, { config, created, ...props }: NarrativesStackProps) {
    super(scope, id, { description: 'Delphi narrative reports: one Anthropic batch a job', ...props });
    // The settings decide for each table whether it is created or imported, so together they hold all three.
    this.tables = { ...created, ...importedTables(this, config) } as NarrativesTables;
    this.functions = this.createFunctions(sharedParts(this, config, this.tables));

    const { dispatch, sweep, ...tasks } = this.functions;
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
    this.allowExecutions();
    this.jobStream = new JobStream(this, 'JobStream', { jobTable: this.tables.jobs, dispatch: dispatch.lambda });
    new ExecutionWatch(this, 'ExecutionWatch', {
      machine: this.machine.machine,
      executionChanged: tasks['execution-changed'].lambda,
      sweep: sweep.lambda,
      config,
    });
    this.addOutputs(config);
  }

  /** Lets the functions that start or look up executions do so. */
  private allowExecutions(): void {
    const { machine } = this.machine;
    for (const name of FUNCTION_NAMES) {
      const { executions = [] }: FunctionNeeds = FUNCTIONS[name];
      const { lambda } = this.functions[name];
      if (executions.length > 0) lambda.addEnvironment('STATE_MACHINE_ARN', machine.stateMachineArn);
      if (executions.includes('start')) machine.grantStartExecution(lambda);
      if (executions.includes('describe')) machine.grantExecution(lambda, 'states:DescribeExecution');
    }
  }

  /** What the command line and the guides look up by name. */
  private addOutputs(config: NarrativesConfig): void {
    const outputs = {
      StateMachineArn: this.machine.machine.stateMachineArn,
      DeadLetterQueueUrl: this.jobStream.deadLetters.queueUrl,
      JobTableName: this.tables.jobs.tableName,
      ReportsTableName: this.tables.reports.tableName,
      LedgerTableName: this.tables.ledger.tableName,
      DispatchFunctionName: this.functions.dispatch.lambda.functionName,
      SweepFunctionName: this.functions.sweep.lambda.functionName,
      AnthropicSecretName: config.anthropicSecretName,
      DatabaseSecretName: config.databaseSecretName,
      DatabaseTls: config.databaseTls,
      ...(config.databaseTlsServerName && { DatabaseTlsServerName: config.databaseTlsServerName }),
      MathEnv: config.mathEnv,
      DefaultModel: config.defaultModel,
      ...(config.modelAliases && { ModelAliases: aliasesAsText(config.modelAliases) }),
      ...(config.claims === 'off' && { Claims: config.claims }),
      ...(config.claimsReadBack && { ClaimsReadBack: 'true' }),
      ...(config.dayBudgetUsd && { DayBudgetUsd: String(config.dayBudgetUsd) }),
      ...(config.anthropicBaseUrl && { AnthropicBaseUrl: config.anthropicBaseUrl }),
      ...(config.databaseTls === 'off' && { DatabaseTls: config.databaseTls }),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  private createFunctions(shared: SharedParts): Record<FunctionName, NarrativesFunction> {
    const entries = FUNCTION_NAMES.map((name) => [
      name,
      new NarrativesFunction(this, constructId(name), { name, ...shared }),
    ]);
    return Object.fromEntries(entries);
  }
}
