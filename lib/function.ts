import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type CfnFunction, Code, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { CDK_BUNDLING, handlerFile, PROJECT_ROOT } from './bundling.ts';
import { API_FUNCTIONS, type ApiFunctionName, STEPS, type StepName, type StepNeeds } from './functions.ts';
import { joinNetwork } from './network.ts';
import { permit } from './permissions.ts';
import type { SharedParts } from './shared-parts.ts';

export interface StepFunctionProps extends SharedParts {
  readonly step: StepName | ApiFunctionName;
}

/** The CloudFormation metadata key of a function that says which step it is. */
export const STEP_METADATA = 'delphi-narratives:step';

const ARCHITECTURES = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 };

/** One step of the state machine as a Lambda function, with only the environment and the permissions it needs. */
export class StepFunction extends Construct {
  readonly lambda: NodejsFunction;

  constructor(scope: Construct, id: string, props: StepFunctionProps) {
    super(scope, id);
    const needs: StepNeeds = { ...STEPS, ...API_FUNCTIONS }[props.step];
    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of its own: the managed policy that CDK would attach may write to every log group of the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    this.lambda = new NodejsFunction(this, 'Function', {
      ...this.code(props.step),
      role,
      logGroup,
      description: needs.does,
      runtime: Runtime.NODEJS_24_X,
      architecture: ARCHITECTURES[props.config.architecture],
      tracing: Tracing.ACTIVE,
      timeout: Duration.seconds(needs.timeoutSeconds),
      memorySize: needs.memoryMb,
      environment: environment(props, needs),
    });
    (this.lambda.node.defaultChild as CfnFunction).addMetadata(STEP_METADATA, props.step);
    permit(this.lambda, needs, props);
    if (needs.database) joinNetwork(this.lambda, props.config);
  }

  /** Bundles only when CDK asks for it, so that a synth for tests or for the local run takes no esbuild and no handler file. */
  private code(step: StepFunctionProps['step']) {
    if (!Stack.of(this).bundlingRequired) {
      return { code: Code.fromInline('export const handler = undefined; // not bundled'), handler: 'index.handler' };
    }
    return {
      entry: handlerFile(step),
      handler: 'handler',
      projectRoot: PROJECT_ROOT,
      depsLockFilePath: `${PROJECT_ROOT}package-lock.json`,
      bundling: CDK_BUNDLING,
    };
  }
}

function environment(
  { step, config, tables, topics, databaseCa }: StepFunctionProps,
  needs: StepNeeds,
): Record<string, string> {
  return {
    NODE_OPTIONS: '--enable-source-maps',
    POWERTOOLS_SERVICE_NAME: `narratives-${step}`,
    POWERTOOLS_LOG_LEVEL: config.logLevel,
    ...(needs.jobs !== 'none' && { JOB_TABLE: tables.jobs.tableName }),
    ...(config.stage && { STAGE: config.stage }),
    ...(needs.ledger && { LEDGER_TABLE: tables.ledger.tableName }),
    ...(needs.reports && { REPORTS_TABLE: tables.reports.tableName }),
    ...(needs.topics && {
      TOPIC_NAMES_TABLE: topics.topicNames.tableName,
      CLUSTER_ASSIGNMENTS_TABLE: topics.clusterAssignments.tableName,
    }),
    ...(needs.database && { DATABASE_SECRET_NAME: config.databaseSecretName, MATH_ENV: config.mathEnv }),
    ...(needs.database && { DATABASE_TLS: config.databaseTls }),
    ...(needs.database && databaseCa && { DATABASE_CA: databaseCa }),
    ...(needs.anthropic && { ANTHROPIC_SECRET_NAME: config.anthropicSecretName }),
    ...(needs.anthropic && config.anthropicBaseUrl && { ANTHROPIC_BASE_URL: config.anthropicBaseUrl }),
    ...((needs.plans || needs.addsJobs) && { DEFAULT_MODEL: config.defaultModel }),
    ...(needs.plans && config.jobBudgetUsd && { JOB_BUDGET_USD: String(config.jobBudgetUsd) }),
    ...(needs.pays && config.dayBudgetUsd && { DAY_BUDGET_USD: String(config.dayBudgetUsd) }),
    ...(needs.pays && config.unpricedModels && { UNPRICED_MODELS: config.unpricedModels.join(',') }),
  };
}
