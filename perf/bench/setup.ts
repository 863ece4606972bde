import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { bundleRuns } from '../bundles.ts';
import { awsEnvironment, startDynamo } from '../servers/dynamodb.ts';
import type { Running } from '../servers/process.ts';

/** What the benchmarks of the steps work with. */
export interface Bench {
  db: DynamoDBClient;
  /** environment of a measured process: where DynamoDB is */
  env: Record<string, string>;
  /** the bundles to measure */
  runs: Awaited<ReturnType<typeof bundleRuns>>;
  /** Waits for a server that will be stopped when the benchmarks end. @returns its address */
  started: (server: Promise<Running>) => Promise<string>;
}

/** Bundles the measured runs and starts DynamoDB. @param resources what has to be removed at the end is added to it */
export async function setUp(resources: AsyncDisposableStack): Promise<Bench> {
  const started: Bench['started'] = async (server) => {
    const { url, stop } = await server;
    resources.defer(stop);
    return url;
  };
  const runs = await bundleRuns();
  resources.defer(runs.remove);
  const env = awsEnvironment(await started(startDynamo()));
  Object.assign(process.env, env);
  return { db: new DynamoDBClient(), env, runs, started };
}
