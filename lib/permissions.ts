import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import type { FunctionNeeds } from './functions.ts';
import type { SharedParts } from './narratives-function.ts';
import type { NarrativesConfig } from './settings.ts';

const READ = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
const CHANGE = ['dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'];
const WRITE = [...CHANGE, 'dynamodb:PutItem', 'dynamodb:BatchWriteItem'];
// A plan that was not finished is deleted, and so is an intent when nothing was sent.
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
export function permit(lambda: NodejsFunction, needs: FunctionNeeds, shared: SharedParts): void {
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

const CREATE_INTERFACE = ['ec2:CreateNetworkInterface'];
const CHANGE_INTERFACE = [
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];
const DESCRIBE_NETWORK = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

/**
 * Puts a function into the private network that the settings name; without such settings it stays outside.
 * Ids are used as given, and nothing is looked up: the subnets say which VPC it is.
 */
export function joinNetwork(lambda: NodejsFunction, { subnetIds, securityGroupIds }: NarrativesConfig): void {
  if (!subnetIds || !securityGroupIds) return;
  const resource = lambda.node.defaultChild as CfnFunction;
  resource.vpcConfig = { subnetIds: [...subnetIds], securityGroupIds: [...securityGroupIds] };
  for (const statement of networkStatements(Stack.of(lambda), subnetIds, securityGroupIds))
    lambda.addToRolePolicy(statement);
}

/** Lambda creates the function's network interfaces with the function's own role; the function's code may not. */
function networkStatements(
  stack: Stack,
  subnetIds: readonly string[],
  securityGroupIds: readonly string[],
): PolicyStatement[] {
  // A subnet that another account shares with this one has that account's number in its ARN; the id alone is unique.
  const arn = (resource: string, resourceName: string, account = '*') =>
    stack.formatArn({ service: 'ec2', resource, resourceName, account });
  return [
    new PolicyStatement({
      actions: CREATE_INTERFACE,
      resources: [
        ...subnetIds.map((id) => arn('subnet', id)),
        ...securityGroupIds.map((id) => arn('security-group', id)),
        // an interface has no name before it is created
        arn('network-interface', '*', stack.account),
      ],
    }),
    // AWS asks for all resources of the account here (Lambda developer guide, "Required IAM permissions")
    new PolicyStatement({ actions: CHANGE_INTERFACE, resources: [arn('*', '*', stack.account)] }),
    // EC2's Describe actions cannot be limited to a resource
    new PolicyStatement({ actions: DESCRIBE_NETWORK, resources: ['*'] }),
    new PolicyStatement({
      effect: Effect.DENY,
      actions: [...CREATE_INTERFACE, ...CHANGE_INTERFACE, ...DESCRIBE_NETWORK],
      resources: ['*'],
      // only calls from inside a function carry this key; those of the Lambda service do not
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': anyFunction(stack) } },
    }),
  ];
}

const anyFunction = (stack: Stack): string =>
  stack.formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
