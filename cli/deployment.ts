import type { CloudFormationClient, Stack } from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import { budgetSchema } from '../lambdas/money/money.ts';
import { modelAliasesText } from '../lambdas/shared/model-aliases.ts';
import { executionArn } from '../lambdas/shared/names.ts';
import { stackName } from '../lib/names.ts';
import { NotDeployed } from './errors.ts';

const text = z.string().min(1);

/** Outputs of the narratives stack; later versions may have more. */
export const outputsSchema = z.object({
  StateMachineArn: z.string().regex(/^arn:[\w-]+:states:[\w-]+:\d+:stateMachine:.+$/),
  DeadLetterQueueUrl: z.url(),
  JobTableName: text,
  ReportsTableName: text,
  LedgerTableName: text,
  DispatchFunctionName: text,
  SweepFunctionName: text,
  AnthropicSecretName: text,
  DatabaseSecretName: text,
  MathEnv: text,
  DefaultModel: text,
  /** models that stand in for others */
  ModelAliases: modelAliasesText.optional(),
  /** `off` if the clauses of reports have no claims */
  Claims: z.enum(['on', 'off']).optional(),
  /** set if claims are read back */
  ClaimsReadBack: z.literal('true').optional(),
  /** set where the jobs of a day have a budget */
  DayBudgetUsd: budgetSchema.optional(),
  /** the address of a stand-in of the API, if one was deployed */
  AnthropicBaseUrl: z.url().optional(),
  /** `off` if the deployed functions connect to PostgreSQL without TLS */
  DatabaseTls: z.enum(['verify', 'off']).optional(),
  DatabaseTlsServerName: z.string().optional(),
});

/** Names and addresses of the parts of one deployment. */
export type Deployment = z.infer<typeof outputsSchema> & { stack: string; stage: string; region: string };

/**
 * Finds a deployment by its stack.
 * @param stage '' for the deployment without a stage
 * @throws NotDeployed when there is none, or one of an older version
 */
export async function findDeployment(
  client: Pick<CloudFormationClient, 'send'>,
  stage: string,
  where: string,
): Promise<Deployment> {
  const name = stackName(stage);
  const stack = await describe(client, name);
  if (!stack) {
    throw new NotDeployed(
      `there is no stack ${name} in ${where}: deploy it (${howToDeploy(where)}), or give another --stage, --region or --profile`,
    );
  }
  const outputs = Object.fromEntries(
    (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
  const parsed = outputsSchema.safeParse(outputs);
  if (!parsed.success) {
    const missing = [...new Set(parsed.error.issues.map(({ path }) => String(path[0])))].join(', ');
    const why = /^(CREATE|UPDATE|IMPORT)_COMPLETE$|^UPDATE_ROLLBACK_COMPLETE$/.test(stack.StackStatus ?? '')
      ? 'was deployed by an older version'
      : `is ${stack.StackStatus}`;
    throw new NotDeployed(`stack ${name} ${why} (it has no ${missing}): deploy again (npx cdk deploy --all)`);
  }
  const region = parsed.data.StateMachineArn.split(':')[3] as string;
  return { ...parsed.data, stack: name, stage, region };
}

const howToDeploy = (where: string): string =>
  /^https?:/.test(where) ? 'npm run deploy:emulator' : 'npx cdk deploy --all';

/** A stack by its name, or undefined. */
export async function describe(client: Pick<CloudFormationClient, 'send'>, name: string): Promise<Stack | undefined> {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
    return Stacks?.find(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  } catch (error) {
    // CloudFormation has no error of its own for a stack that is not there
    if (/does not exist/.test((error as Error).message)) return undefined;
    throw error;
  }
}

const CONSOLES: Record<string, string> = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** Where a person looks at an execution in the Step Functions console. */
export function consoleLink(deployment: Pick<Deployment, 'StateMachineArn' | 'region'>, name: string): string {
  const { region, StateMachineArn } = deployment;
  const partition = StateMachineArn.split(':')[1] ?? '';
  const host = CONSOLES[partition] ?? 'console.aws.amazon.com';
  return `https://${region}.${host}/states/home?region=${region}#/v2/executions/details/${executionArn(StateMachineArn, name)}`;
}
