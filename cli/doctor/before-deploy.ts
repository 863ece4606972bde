import type { CloudFormationClient, Stack } from '@aws-sdk/client-cloudformation';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import { stackName, TABLE_NAMES } from '../../lib/names.ts';
import { FILE_KEY, readConfig, readSettingsFile } from '../../lib/read-settings.ts';
import type { NarrativesConfig } from '../../lib/settings.ts';
import { describe } from '../deployment.ts';
import { UsageError } from '../errors.ts';
import regions from './arm64-regions.json' with { type: 'json' };
import { bad, type Check, type Finding, ok, warn } from './findings.ts';
import { checkDescribed, describeTable, SHAPES } from './tables.ts';

/** What the templates of the installed CDK ask for. */
const NEEDED_BOOTSTRAP = 6;

/** Whether there are credentials at all; the next checks show whether AWS accepts them. */
export async function checkCredentials(client: { config: { credentials: () => Promise<unknown> } }): Promise<Finding> {
  await client.config.credentials();
  return ok('credentials', 'found');
}

/**
 * Whether the functions can run in a region. No API says so, but CDK's table of regions shows where AWS publishes its own
 * Lambda layer for arm64, and the functions run in those. About other regions nothing is known.
 */
export function checkRegion(region: string): Finding {
  const what = `region ${region}`;
  if (regions.includes(region)) return ok(what, 'runs Lambda on arm64');
  return warn(
    what,
    'is not known to run Lambda on arm64',
    'check the AWS Lambda pricing page; if it has no arm64 there, deploy with architecture=x86_64',
  );
}

/** Whether `cdk bootstrap` has been run, by its stack. */
export function checkBootstrap(stack: Stack | undefined): Finding {
  const what = 'CDK bootstrap';
  const todo = 'npx cdk bootstrap';
  if (!stack) return bad(what, 'there is no stack CDKToolkit in this account and region', todo);
  const version = Number(stack.Outputs?.find(({ OutputKey }) => OutputKey === 'BootstrapVersion')?.OutputValue);
  if (Number.isNaN(version))
    return bad(what, `stack CDKToolkit is ${stack.StackStatus} and has no BootstrapVersion`, todo);
  if (version < NEEDED_BOOTSTRAP) return bad(what, `version ${version} is older than ${NEEDED_BOOTSTRAP}`, todo);
  return ok(what, `version ${version}`);
}

/**
 * The settings that the next deploy will use.
 * @param file undefined: narratives.json, if it exists
 * @throws UsageError naming the setting
 */
export function deploySettings(file: string | undefined, folder: string): NarrativesConfig {
  try {
    return readConfig({}, readSettingsFile(file === undefined ? {} : { [FILE_KEY]: file }, folder));
  } catch (error) {
    if (error instanceof InvalidSetting) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

interface Clients {
  dynamo: Pick<DynamoDBClient, 'send'>;
  cloudFormation: Pick<CloudFormationClient, 'send'>;
}

const OURS = { jobs: 'jobTable', reports: 'reportsTable', ledger: 'ledgerTable' } as const;

/** Checks of this project's three tables: those that the settings name must exist, the others must not. */
export const tableChecks = (clients: Clients, config: NarrativesConfig): Check[] =>
  (Object.keys(OURS) as (keyof typeof OURS)[]).map((table) => {
    const named = config[OURS[table]];
    return named === undefined
      ? [`table ${TABLE_NAMES[table]}`, () => checkFree(clients, config, table)]
      : [`table ${named}`, () => checkImported(clients, config, table, named)];
  });

/** A table that deploying creates must not exist yet, unless an earlier deploy has created it. */
async function checkFree(clients: Clients, config: NarrativesConfig, table: keyof typeof OURS): Promise<Finding> {
  const name = TABLE_NAMES[table];
  const what = `table ${name}`;
  const there = await describeTable(clients.dynamo, name);
  if (!there) return ok(what, 'does not exist yet: deploying creates it');
  const dataStack = stackName(config.stage, 'Data');
  if (await describe(clients.cloudFormation, dataStack)) return ok(what, `exists, and so does stack ${dataStack}`);
  const stream =
    table === 'jobs'
      ? `, and jobTableStreamArn to ${there.LatestStreamArn ?? 'its LatestStreamArn, once its stream is enabled'}`
      : '';
  return bad(
    what,
    'exists already, and not in a stack of this project: deploying cannot create it',
    `set ${OURS[table]} to ${name}${stream}`,
  );
}

async function checkImported(
  { dynamo }: Clients,
  config: NarrativesConfig,
  table: keyof typeof OURS,
  name: string,
): Promise<Finding[]> {
  const there = await describeTable(dynamo, name);
  const absent = `set ${OURS[table]} to a table of this account and region, or leave it out`;
  const findings = await checkDescribed(dynamo, name, there, SHAPES[table], absent);
  if (table !== 'jobs') return findings;
  const stream = there?.LatestStreamArn;
  const what = `table ${name}, stream ARN`;
  if (!stream) return findings;
  return [
    ...findings,
    stream === config.jobTableStreamArn
      ? ok(what, 'is the one in the settings')
      : bad(what, 'is not the one in the settings: that stream was turned off', `set jobTableStreamArn to ${stream}`),
  ];
}
