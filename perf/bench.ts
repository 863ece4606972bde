import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { bundleRuns } from './bundle.ts';

/** What every benchmark works with: servers that run, and the bundles to measure. */
export interface Bench {
  db: DynamoDBClient;
  /** environment of a measured process: where DynamoDB is */
  env: Record<string, string>;
  databaseUrl: string;
  standInUrl: string;
  answersUrl: string;
  runs: Awaited<ReturnType<typeof bundleRuns>>;
}
