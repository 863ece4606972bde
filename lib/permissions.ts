import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import type { AnthropicUse, FunctionNeeds, TableUse } from './functions.ts';
import type { SharedParts } from './narratives-function.ts';
import type { NarrativesConfig } from './settings.ts';

const ACTIONS: Record<TableUse, string> = {
  get: 'dynamodb:GetItem',
  'get-many': 'dynamodb:BatchGetItem',
  query: 'dynamodb:Query',
  put: 'dynamodb:PutItem',
  'put-many': 'dynamodb:BatchWriteItem',
  update: 'dynamodb:UpdateItem',
  delete: 'dynamodb:DeleteItem',
};
const INDEX_QUERY = /^query (\w+)$/;
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
export function permit(lambda: NodejsFunction, needs: FunctionNeeds, { config, tables, topics }: SharedParts): void {
  openTable(lambda, tables.jobs, needs.jobs);
  openTable(lambda, tables.ledger, needs.ledger);
  openTable(lambda, tables.reports, needs.reports);
  openTable(lambda, topics.topicNames, needs.topicNames);
  openTable(lambda, topics.clusterAssignments, needs.clusterAssignments);
  if (needs.anthropic && config.provider === 'anthropic') openSecret(lambda, config.anthropicSecretName);
  if (needs.anthropic && config.provider === 'aws') openWorkspace(lambda, config, needs.anthropic);
  if (needs.database) openSecret(lambda, config.databaseSecretName);
  if (config.kmsKeyArns) openKeys(lambda, config.kmsKeyArns);
}

/** CDK's own grants would open more actions than a function uses, and every index of a table. */
function openTable(lambda: NodejsFunction, { tableArn }: ITable, uses: readonly TableUse<string>[] = []): void {
  const indexes = uses.flatMap((use) => INDEX_QUERY.exec(use)?.[1] ?? []);
  const actions = uses.flatMap((use) => ACTIONS[use as TableUse] ?? []);
  if (actions.length > 0) lambda.addToRolePolicy(new PolicyStatement({ actions, resources: [tableArn] }));
  for (const index of indexes) {
    const resources = [`${tableArn}/index/${index}`];
    lambda.addToRolePolicy(new PolicyStatement({ actions: [ACTIONS.query], resources }));
  }
}

/** CDK's own grant would also let it read what is written about the secret. */
function openSecret(lambda: NodejsFunction, name: string): void {
  const secret = { service: 'secretsmanager', resource: 'secret', arnFormat: ArnFormat.COLON_RESOURCE_NAME };
  // Secrets Manager puts six characters of its own behind the name
  const resources = [Stack.of(lambda).formatArn({ ...secret, resourceName: `${name}-??????` })];
  lambda.addToRolePolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources }));
}

const WORKSPACE_ACTIONS: Record<AnthropicUse, string> = {
  'know-model': 'aws-external-anthropic:GetModel',
  send: 'aws-external-anthropic:CreateBatchInference',
  read: 'aws-external-anthropic:GetBatchInference',
  list: 'aws-external-anthropic:ListBatchInferences',
  cancel: 'aws-external-anthropic:CancelBatchInference',
};

/**
 * Opens one workspace of Claude Platform on AWS. Its gateway tells Anthropic who calls by a token that it asks STS for, in the name
 * of the role. STS has no resource for that: as in AWS' own policies (AnthropicInferenceAccess), the token is only for Anthropic, and
 * only the gateway gets it.
 */
function openWorkspace(lambda: NodejsFunction, config: NarrativesConfig, uses: readonly AnthropicUse[]): void {
  const stack = Stack.of(lambda);
  const workspace = stack.formatArn({
    service: 'aws-external-anthropic',
    region: config.workspaceRegion ?? stack.region,
    resource: 'workspace',
    resourceName: config.workspaceId ?? '',
  });
  const actions = uses.map((use) => WORKSPACE_ACTIONS[use]);
  const token = new PolicyStatement({
    actions: ['sts:GetWebIdentityToken'],
    resources: ['*'],
    conditions: {
      'ForAnyValue:StringEquals': {
        'sts:IdentityTokenAudience': ['https://api.anthropic.com', 'https://platform.claude.com'],
      },
      StringEquals: { 'aws:CalledViaLast': 'aws-external-anthropic.amazonaws.com' },
    },
  });
  lambda.addToRolePolicy(new PolicyStatement({ actions, resources: [workspace] }));
  lambda.addToRolePolicy(token);
  // the tags of such a token; it gives nothing without the token itself
  lambda.addToRolePolicy(new PolicyStatement({ actions: ['sts:TagGetWebIdentityToken'], resources: ['*'] }));
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
