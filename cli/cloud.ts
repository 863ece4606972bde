import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { documentClient } from '../lambdas/stores/dynamodb.ts';
import type { GlobalOptions } from './command.ts';

const CONNECT_MS = 5_000;
const ANSWER_MS = 60_000;
/** The sweep runs for five minutes at most, and answers when it is done. */
const SWEEP_MS = 330_000;

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The AWS clients of one command. */
export interface Cloud {
  /** the endpoint or region, for error lines */
  where: string;
  dynamo: DynamoDBClient;
  db: DynamoDBDocumentClient;
  cloudFormation: CloudFormationClient;
  stepFunctions: SFNClient;
  lambda: LambdaClient;
  queues: SQSClient;
  secrets: SecretsManagerClient;
  close(): void;
}

/** Endpoint, region and profile are those of the options, or else as the AWS SDK finds them. */
export function openCloud({ endpointUrl, region, profile }: GlobalOptions, where: string): Cloud {
  const options = (answerMs: number) => ({
    ...(endpointUrl ? { endpoint: endpointUrl } : {}),
    ...(region ? { region } : {}),
    ...(profile ? { profile } : {}),
    maxAttempts: 3,
    // errors are printed in one line of our own; the SDK's warnings are not
    logger: SILENT,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: answerMs, throwOnRequestTimeout: true },
  });
  const usual = options(ANSWER_MS);
  const dynamo = new DynamoDBClient(usual);
  const others = {
    cloudFormation: new CloudFormationClient(usual),
    stepFunctions: new SFNClient(usual),
    lambda: new LambdaClient(options(SWEEP_MS)),
    queues: new SQSClient(usual),
    secrets: new SecretsManagerClient(usual),
  };
  return {
    where,
    dynamo,
    db: documentClient(dynamo),
    ...others,
    close() {
      for (const client of [dynamo, ...Object.values(others)]) client.destroy();
    },
  };
}
