import { fileURLToPath } from 'node:url';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type CfnFunction, Code, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { NarrativesConfig } from './config.ts';
import type { NarrativesTables } from './data-stack.ts';
import { API_FUNCTIONS, type ApiFunctionName, STEPS, type StepName, type StepNeeds } from './steps.ts';

/** Delphi's own tables, only ever read. */
export interface TopicTables {
  readonly topicNames: ITable;
  readonly clusterAssignments: ITable;
}

/** What every function is made from; one that needs none of it gets none of it. */
export interface SharedParts {
  readonly config: NarrativesConfig;
  readonly tables: NarrativesTables;
  readonly topics: TopicTables;
  readonly anthropicSecret: ISecret;
  readonly databaseSecret: ISecret;
}

export interface StepFunctionProps extends SharedParts {
  readonly step: StepName | ApiFunctionName;
}

/** The CloudFormation metadata key of a function that says which step it is. */
export const STEP_METADATA = 'delphi-narratives:step';

const READ = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
const CHANGE = ['dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'];
const WRITE = [...CHANGE, 'dynamodb:PutItem', 'dynamodb:BatchWriteItem'];
// An unfinished planning, or an intent that came to nothing, is taken back.
const WRITE_AND_DELETE = [...WRITE, 'dynamodb:DeleteItem'];

// Dependencies that are CommonJS call require(), which an ES module does not have.
const REQUIRE_BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));

/** One step of the state machine as a Lambda function, with only the environment and the permissions it needs. */
export class StepFunction extends Construct {
  readonly lambda: NodejsFunction;

  constructor(scope: Construct, id: string, props: StepFunctionProps) {
    super(scope, id);
    const needs: StepNeeds = { ...STEPS, ...API_FUNCTIONS }[props.step];
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.THREE_MONTHS,
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
      architecture: Architecture.ARM_64,
      timeout: Duration.seconds(needs.timeoutSeconds),
      memorySize: needs.memoryMb,
      environment: environment(props, needs),
    });
    (this.lambda.node.defaultChild as CfnFunction).addMetadata(STEP_METADATA, props.step);
    this.grant(props, needs);
  }

  /** Bundles only when CDK asks for it, so that a synth for tests or for the local run takes no esbuild and no handler file. */
  private code(step: StepFunctionProps['step']) {
    if (!Stack.of(this).bundlingRequired) {
      return { code: Code.fromInline('export const handler = undefined; // not bundled'), handler: 'index.handler' };
    }
    return {
      entry: `${PROJECT_ROOT}lambdas/${step}/handler.ts`,
      handler: 'handler',
      projectRoot: PROJECT_ROOT,
      depsLockFilePath: `${PROJECT_ROOT}package-lock.json`,
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        minify: true,
        sourceMap: true,
        sourcesContent: false,
        mainFields: ['module', 'main'],
        banner: REQUIRE_BANNER,
        // The SDK goes into the bundle at the locked version; pg-native is an optional part of pg that is not used.
        externalModules: ['pg-native'],
      },
    };
  }

  private grant({ tables, topics, anthropicSecret, databaseSecret }: StepFunctionProps, needs: StepNeeds): void {
    tables.jobs.grant(this.lambda, ...READ, ...CHANGE);
    if (needs.addsJobs) tables.jobs.grant(this.lambda, 'dynamodb:PutItem');
    if (needs.ledger) tables.ledger.grant(this.lambda, ...READ, ...WRITE_AND_DELETE);
    if (needs.reports) tables.reports.grant(this.lambda, ...READ, ...(needs.reports === 'writes' ? WRITE : []));
    if (needs.topics) for (const table of Object.values(topics)) table.grant(this.lambda, ...READ);
    if (needs.anthropic) anthropicSecret.grantRead(this.lambda);
    if (needs.database) databaseSecret.grantRead(this.lambda);
  }
}

function environment({ step, config, tables, topics }: StepFunctionProps, needs: StepNeeds): Record<string, string> {
  return {
    NODE_OPTIONS: '--enable-source-maps',
    POWERTOOLS_SERVICE_NAME: `narratives-${step}`,
    POWERTOOLS_LOG_LEVEL: config.logLevel,
    JOB_TABLE: tables.jobs.tableName,
    ...((needs.starts || needs.describes) && config.stage && { STAGE: config.stage }),
    ...(needs.ledger && { LEDGER_TABLE: tables.ledger.tableName }),
    ...(needs.reports && { REPORTS_TABLE: tables.reports.tableName }),
    ...(needs.topics && {
      TOPIC_NAMES_TABLE: topics.topicNames.tableName,
      CLUSTER_ASSIGNMENTS_TABLE: topics.clusterAssignments.tableName,
    }),
    ...(needs.database && { DATABASE_SECRET_NAME: config.databaseSecretName, MATH_ENV: config.mathEnv }),
    ...(needs.anthropic && { ANTHROPIC_SECRET_NAME: config.anthropicSecretName }),
    ...(needs.anthropic && config.anthropicBaseUrl && { ANTHROPIC_BASE_URL: config.anthropicBaseUrl }),
    ...(needs.plans && { DEFAULT_MODEL: config.defaultModel }),
    ...(needs.plans && config.jobBudgetUsd && { JOB_BUDGET_USD: String(config.jobBudgetUsd) }),
  };
}
