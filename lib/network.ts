import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import type { NarrativesConfig } from './config.ts';

const MAKE = ['ec2:CreateNetworkInterface'];
const CHANGE = ['ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'];
const LOOK = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

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

/** Lambda makes the function's network interfaces under the function's own role; the function's code may not. */
function networkStatements(
  stack: Stack,
  subnetIds: readonly string[],
  securityGroupIds: readonly string[],
): PolicyStatement[] {
  // A subnet that another account shares with this one bears that account's number; the id alone names it in the world.
  const arn = (resource: string, resourceName: string, account = '*') =>
    stack.formatArn({ service: 'ec2', resource, resourceName, account });
  return [
    new PolicyStatement({
      actions: MAKE,
      resources: [
        ...subnetIds.map((id) => arn('subnet', id)),
        ...securityGroupIds.map((id) => arn('security-group', id)),
        // an interface has no name before it is made
        arn('network-interface', '*', stack.account),
      ],
    }),
    // AWS asks for all resources of the account here (Lambda developer guide, "Required IAM permissions")
    new PolicyStatement({ actions: CHANGE, resources: [arn('*', '*', stack.account)] }),
    // EC2 knows no resources for its Describe actions
    new PolicyStatement({ actions: LOOK, resources: ['*'] }),
    new PolicyStatement({
      effect: Effect.DENY,
      actions: [...MAKE, ...CHANGE, ...LOOK],
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
