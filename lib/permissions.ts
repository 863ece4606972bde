import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Stack } from 'aws-cdk-lib/core';
import type { StepNeeds } from './functions.ts';
import type { SharedParts } from './shared-parts.ts';

const READ = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
const CHANGE = ['dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'];
const WRITE = [...CHANGE, 'dynamodb:PutItem', 'dynamodb:BatchWriteItem'];
// An unfinished planning, or an intent that came to nothing, is taken back.
const WRITE_AND_DELETE = [...WRITE, 'dynamodb:DeleteItem'];
const KEY_USE = [
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
];

/** Lets a function use the tables, secrets and keys that it needs, and no other. */
export function permit(lambda: NodejsFunction, needs: StepNeeds, shared: SharedParts): void {
  const { config, tables, topics, anthropicSecret, databaseSecret } = shared;
  const jobs = [...READ, ...CHANGE, ...(needs.addsJobs ? ['dynamodb:PutItem'] : [])];
  if (needs.jobs !== 'none') openTable(lambda, tables.jobs, jobs, needs.jobIndex);
  if (needs.ledger) openTable(lambda, tables.ledger, [...READ, ...WRITE_AND_DELETE]);
  if (needs.reports) {
    openTable(lambda, tables.reports, [...READ, ...(needs.reports === 'writes' ? WRITE : [])], needs.reportIndex);
  }
  if (needs.topics) for (const table of Object.values(topics)) openTable(lambda, table, READ);
  if (needs.anthropic) anthropicSecret.grantRead(lambda);
  if (needs.database) databaseSecret.grantRead(lambda);
  if (config.kmsKeyArns) openKeys(lambda, config.kmsKeyArns);
}

/** CDK's own grant would open every index of a table; this opens the table, and one index for queries. */
function openTable(lambda: NodejsFunction, { tableArn }: ITable, actions: string[], index?: string): void {
  lambda.addToRolePolicy(new PolicyStatement({ actions, resources: [tableArn] }));
  if (!index) return;
  const resources = [`${tableArn}/index/${index}`];
  lambda.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:Query'], resources }));
}

/** DynamoDB and Secrets Manager use a key in the name of whoever asks them; a function cannot use it for anything else. */
function openKeys(lambda: NodejsFunction, keyArns: readonly string[]): void {
  const { region } = Stack.of(lambda);
  const services = ['dynamodb', 'secretsmanager'].map((service) => `${service}.${region}.amazonaws.com`);
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: KEY_USE,
      resources: [...keyArns],
      conditions: { StringEquals: { 'kms:ViaService': services } },
    }),
  );
}
