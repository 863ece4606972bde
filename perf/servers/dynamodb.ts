import { startDynamo as startEmbedded } from '../../local/embedded/dynamodb.ts';
import type { Running } from './process.ts';

/** Uses the DynamoDB that DYNAMODB_ENDPOINT names, or starts a dynoxide that keeps everything in memory. */
export async function startDynamo(): Promise<Running> {
  const { endpoint, stop } = await startEmbedded({ endpoint: process.env.DYNAMODB_ENDPOINT });
  return { url: endpoint, stop };
}

/** Environment in which the AWS SDK uses it. */
export const awsEnvironment = (url: string): Record<string, string> => ({
  AWS_ENDPOINT_URL_DYNAMODB: url,
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
});
