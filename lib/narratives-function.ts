import { type ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type CfnFunction, Code, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { aliasesAsText } from '../lambdas/shared/model-aliases.ts';
import { CDK_BUNDLING, handlerFile, PROJECT_ROOT } from './bundling.ts';
import type { NarrativesTables } from './data-stack.ts';
import { API_FUNCTIONS, type ApiFunctionName, FUNCTIONS, type FunctionName, type FunctionNeeds } from './functions.ts';
import { TABLE_NAMES } from './names.ts';
import { joinNetwork, permit } from './permissions.ts';
import { readDatabaseCa } from './read-settings.ts';
import type { NarrativesConfig } from './settings.ts';

export interface NarrativesFunctionProps extends SharedParts {
  readonly name: FunctionName | ApiFunctionName;
}

/** The CloudFormation metadata key of a function that says which of ours it is. */
export const FUNCTION_METADATA = 'delphi-narratives:function';

const ARCHITECTURES = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 };

/** One Lambda function, with only the environment and the permissions it needs. */
export class NarrativesFunction extends Construct {
  readonly lambda: NodejsFunction;

  constructor(scope: Construct, id: string, props: NarrativesFunctionProps) {
    super(scope, id);
    const needs: FunctionNeeds = { ...FUNCTIONS, ...API_FUNCTIONS }[props.name];
    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of its own: the managed policy that CDK would attach may write to every log group of the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    this.lambda = new NodejsFunction(this, 'Function', {
      ...this.code(props.name),
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
    (this.lambda.node.defaultChild as CfnFunction).addMetadata(FUNCTION_METADATA, props.name);
    permit(this.lambda, needs, props);
    if (needs.database) joinNetwork(this.lambda, props.config);
  }

  /** Bundles only when CDK asks for it, so that a synth for tests or for the local run needs neither esbuild nor the handler's file. */
  private code(name: NarrativesFunctionProps['name']) {
    if (!Stack.of(this).bundlingRequired) {
      return { code: Code.fromInline('export const handler = undefined; // not bundled'), handler: 'index.handler' };
    }
    return {
      entry: handlerFile(name),
      handler: 'handler',
      projectRoot: PROJECT_ROOT,
      depsLockFilePath: `${PROJECT_ROOT}package-lock.json`,
      bundling: CDK_BUNDLING,
    };
  }
}

function environment(
  { name, config, tables, topics, databaseCa }: NarrativesFunctionProps,
  needs: FunctionNeeds,
): Record<string, string> {
  return {
    NODE_OPTIONS: '--enable-source-maps',
    POWERTOOLS_SERVICE_NAME: `narratives-${name}`,
    // the SDK names the function in each of its requests, and so does CloudTrail
    AWS_SDK_UA_APP_ID: `narratives-${name}`,
    POWERTOOLS_LOG_LEVEL: config.logLevel,
    ...(needs.jobs && { JOB_TABLE: tables.jobs.tableName }),
    ...(config.stage && { STAGE: config.stage }),
    ...(needs.ledger && { LEDGER_TABLE: tables.ledger.tableName }),
    ...(needs.reports && { REPORTS_TABLE: tables.reports.tableName }),
    ...(needs.topicNames && {
      TOPIC_NAMES_TABLE: topics.topicNames.tableName,
      CLUSTER_ASSIGNMENTS_TABLE: topics.clusterAssignments.tableName,
    }),
    ...(needs.database && { DATABASE_SECRET_NAME: config.databaseSecretName, MATH_ENV: config.mathEnv }),
    ...(needs.database && { DATABASE_TLS: config.databaseTls }),
    ...(needs.database && config.databaseTlsServerName && { DATABASE_TLS_SERVER_NAME: config.databaseTlsServerName }),
    ...(needs.database && databaseCa && { DATABASE_CA: databaseCa }),
    ...(needs.anthropic && { ANTHROPIC_SECRET_NAME: config.anthropicSecretName }),
    ...(needs.anthropic && config.anthropicBaseUrl && { ANTHROPIC_BASE_URL: config.anthropicBaseUrl }),
    ...(needs.defaultModel && { DEFAULT_MODEL: config.defaultModel }),
    ...(needs.pays && config.modelAliases && { MODEL_ALIASES: aliasesAsText(config.modelAliases) }),
    ...(needs.pays && config.unknownModel === 'refuse' && { UNKNOWN_MODEL: config.unknownModel }),
    ...(needs.pays && config.claims === 'off' && { CLAIMS: config.claims }),
    ...(needs.pays && config.claimsReadBack && { CLAIMS_READ_BACK: 'true' }),
    ...(needs.pays && config.jobBudgetUsd && { JOB_BUDGET_USD: String(config.jobBudgetUsd) }),
    ...(needs.pays && config.dayBudgetUsd && { DAY_BUDGET_USD: String(config.dayBudgetUsd) }),
    ...(needs.pays && config.unpricedModels && { UNPRICED_MODELS: config.unpricedModels.join(',') }),
  };
}

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
  /** PEM of a private authority of the database's certificate. */
  readonly databaseCa: string | undefined;
}

/** What functions of any stack are made from. @throws InvalidSetting when `databaseCaFile` is not a file of certificates */
export function sharedParts(scope: Construct, config: NarrativesConfig, tables: NarrativesTables): SharedParts {
  return {
    config,
    tables,
    topics: {
      topicNames: Table.fromTableName(scope, 'TopicNames', TABLE_NAMES.topicNames),
      clusterAssignments: Table.fromTableName(scope, 'ClusterAssignments', TABLE_NAMES.clusterAssignments),
    },
    databaseCa: config.databaseCaFile === undefined ? undefined : readDatabaseCa(config.databaseCaFile),
  };
}
