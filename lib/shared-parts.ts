import { type ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { NarrativesConfig } from './config.ts';
import { TABLE_NAMES } from './contract.ts';
import type { NarrativesTables } from './data-stack.ts';
import { readDatabaseCa } from './database-ca.ts';

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
  /** PEM of a private authority of the database's certificate. */
  readonly databaseCa: string | undefined;
}

/** What functions of any stack are made from. @throws InvalidSetting when the file with the database's authority is no such file */
export function sharedParts(scope: Construct, config: NarrativesConfig, tables: NarrativesTables): SharedParts {
  return {
    config,
    tables,
    topics: {
      topicNames: Table.fromTableName(scope, 'TopicNames', TABLE_NAMES.topicNames),
      clusterAssignments: Table.fromTableName(scope, 'ClusterAssignments', TABLE_NAMES.clusterAssignments),
    },
    anthropicSecret: Secret.fromSecretNameV2(scope, 'AnthropicKey', config.anthropicSecretName),
    databaseSecret: Secret.fromSecretNameV2(scope, 'DatabaseUrl', config.databaseSecretName),
    databaseCa: config.databaseCaFile === undefined ? undefined : readDatabaseCa(config.databaseCaFile),
  };
}
