import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import { stackName, TABLE_NAMES } from '../../lib/names.ts';
import { FILE_KEY, readConfig, readSettingsFile } from '../../lib/read-settings.ts';
import type { NarrativesConfig } from '../../lib/settings.ts';
import { describe } from '../deployment.ts';
import { WrongUse } from '../errors.ts';
import { bad, type Check, type Finding, ok } from './finding.ts';
import { SHAPES } from './table-shapes.ts';
import { checkDescribed, describeTable } from './tables.ts';

/**
 * The settings that will be deployed with.
 * @param file undefined: narratives.json, where there is one
 * @throws WrongUse naming the setting
 */
export function deploySettings(file: string | undefined, folder: string): NarrativesConfig {
  try {
    return readConfig({}, readSettingsFile(file === undefined ? {} : { [FILE_KEY]: file }, folder));
  } catch (error) {
    if (error instanceof InvalidSetting) throw new WrongUse(error.message, { cause: error });
    throw error;
  }
}

interface Clients {
  dynamo: Pick<DynamoDBClient, 'send'>;
  cloudFormation: Pick<CloudFormationClient, 'send'>;
}

const OURS = { jobs: 'jobTable', reports: 'reportsTable', ledger: 'ledgerTable' } as const;

/** Checks of this project's three tables: those that settings name must be there, the others must not. */
export const tableChecks = (clients: Clients, config: NarrativesConfig): Check[] =>
  (Object.keys(OURS) as (keyof typeof OURS)[]).map((table) => {
    const named = config[OURS[table]];
    return named === undefined
      ? [`table ${TABLE_NAMES[table]}`, () => checkFree(clients, config, table)]
      : [`table ${named}`, () => checkImported(clients, config, table, named)];
  });

/** A table that is to be made must not be there, except as the one that an earlier deploy has made. */
async function checkFree(clients: Clients, config: NarrativesConfig, table: keyof typeof OURS): Promise<Finding> {
  const name = TABLE_NAMES[table];
  const what = `table ${name}`;
  const there = await describeTable(clients.dynamo, name);
  if (!there) return ok(what, 'is not there yet: deploying creates it');
  const dataStack = stackName(config.stage, 'Data');
  if (await describe(clients.cloudFormation, dataStack)) return ok(what, `is there, and so is stack ${dataStack}`);
  const stream =
    table === 'jobs'
      ? `, and jobTableStreamArn to ${there.LatestStreamArn ?? 'its LatestStreamArn, once its stream is on'}`
      : '';
  return bad(
    what,
    'is there already and of no stack of ours: deploying cannot create it',
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
      : bad(what, 'is another than in the settings: that stream was turned off', `set jobTableStreamArn to ${stream}`),
  ];
}
