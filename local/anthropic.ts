import type { BaseAnthropic } from '@anthropic-ai/sdk';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { anthropicClient } from '../lambdas/stores/anthropic.ts';
import { type AwsCredentials, type AwsWorkspace, workspaceClient } from '../lambdas/stores/anthropic-aws.ts';

/** How the Anthropic API is called: with a key, or through a workspace of Claude Platform on AWS. */
export type AnthropicAccess = { apiKey: string; baseURL?: string | undefined } | AwsWorkspace;

export const connectApi = async (access: AnthropicAccess): Promise<BaseAnthropic> =>
  'apiKey' in access
    ? anthropicClient({ apiKey: access.apiKey, baseURL: access.baseURL })
    : await workspaceClient(access);

/** The AWS credentials of this machine. @throws InvalidSetting when there are none, before anything else is done */
export async function awsCredentials(): Promise<AwsCredentials> {
  const { credentials } = new DynamoDBClient().config;
  try {
    await credentials();
  } catch (error) {
    throw new InvalidSetting(
      `ANTHROPIC_PROVIDER=aws needs AWS credentials, and there are none that can be used (${(error as Error).name}): log in, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
      { cause: error },
    );
  }
  return credentials;
}
