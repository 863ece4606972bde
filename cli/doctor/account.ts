import type { Stack } from '@aws-sdk/client-cloudformation';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { bad, type Finding, ok, warn } from './finding.ts';

/** Versions of AWS' Lambda Insights layer that CDK keeps the addresses of, by region and architecture. */
const LAYER_VERSIONS = ['1.0.333.0', '1.0.119.0'];
/** What the templates of the installed CDK ask for. */
const NEEDED_BOOTSTRAP = 6;

/** Whether credentials can be had at all; whether AWS takes them, the next calls tell. */
export async function checkCredentials(client: { config: { credentials: () => Promise<unknown> } }): Promise<Finding> {
  await client.config.credentials();
  return ok('credentials', 'found');
}

/**
 * Whether the functions can run in a region. No API tells; CDK's own table of regions knows where AWS publishes a Lambda
 * layer of its own for arm64, and there the functions run. Of other regions nothing is known here.
 */
export function checkRegion(region: string): Finding {
  const what = `region ${region}`;
  const info = RegionInfo.get(region);
  if (LAYER_VERSIONS.some((version) => info.cloudwatchLambdaInsightsArn(version, 'arm64')))
    return ok(what, 'runs Lambda on arm64');
  return warn(
    what,
    'is not known here to run Lambda on arm64',
    'look it up on the AWS Lambda pricing page; where there is none, deploy with architecture=x86_64',
  );
}

/** Whether `cdk bootstrap` has been run, by its stack. */
export function checkBootstrap(stack: Stack | undefined): Finding {
  const what = 'CDK bootstrap';
  const todo = 'npx cdk bootstrap';
  if (!stack) return bad(what, 'there is no stack CDKToolkit in this account and region', todo);
  const version = Number(stack.Outputs?.find(({ OutputKey }) => OutputKey === 'BootstrapVersion')?.OutputValue);
  if (Number.isNaN(version)) return bad(what, `stack CDKToolkit is ${stack.StackStatus} and tells no version`, todo);
  if (version < NEEDED_BOOTSTRAP) return bad(what, `version ${version} is older than ${NEEDED_BOOTSTRAP}`, todo);
  return ok(what, `version ${version}`);
}
