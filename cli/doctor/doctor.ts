import type { NarrativesError } from '../../lambdas/shared/errors.ts';
import { jobFinder } from '../../lambdas/stores/jobs.ts';
import { spendingTable } from '../../lambdas/stores/spending.ts';
import { topicTables } from '../../lambdas/stores/topics.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { openAnthropic } from '../anthropic.ts';
import type { Cloud } from '../cloud.ts';
import { type Database, openDatabase } from '../database.ts';
import { type Deployment, describe, findDeployment } from '../deployment.ts';
import { readSecret } from '../secrets.ts';
import { checkBootstrap, checkCredentials, checkRegion } from './account.ts';
import { deploySettings, tableChecks } from './before-deploy.ts';
import { checkDatabase, checkReport } from './database.ts';
import { checkDayBudget } from './day-budget.ts';
import { type Check, type Finding, ok, runChecks } from './finding.ts';
import { checkDeadLetters, checkMapping, checkStateMachine, checkSweep } from './machine.ts';
import { anthropicCheck, secretChecks } from './secrets.ts';
import { SHAPES } from './table-shapes.ts';
import { checkTable } from './tables.ts';
import { checkUnwatched } from './unwatched.ts';

export interface DoctorDeps {
  cloud: Cloud;
  env: NodeJS.ProcessEnv;
  now: () => Date;
  stage: string;
  /** where a settings file is looked for */
  folder: string;
  translated: (error: unknown) => NarrativesError;
}

const RUN_DELPHI = 'run the Delphi topic pipeline once: it creates the table';
const DEPLOY = 'npx cdk deploy --all';

/** Checks a deployment, and what it needs around it. */
export async function checkDeployment(deps: DoctorDeps, reportId: string | undefined): Promise<Finding[]> {
  const { cloud, env, translated } = deps;
  let deployment: Deployment | undefined;
  const findDeployed: Check = [
    'deployment',
    async () => {
      deployment = await findDeployment(cloud.cloudFormation, deps.stage, cloud.where);
      return ok('deployment', `stack ${deployment.stack} in ${deployment.region}`);
    },
  ];
  const first = await runChecks([...accountChecks(cloud), findDeployed], translated);
  if (!deployment) return [...first, ...(await runChecks(topicChecks(cloud), translated))];
  const { AnthropicSecretName, DatabaseSecretName, DefaultModel } = deployment;
  const here = deployment;
  const read = (name: string) => readSecret(cloud.secrets, name);
  const tables = { jobs: here.JobTableName, reports: here.ReportsTableName, ledger: here.LedgerTableName } as const;
  const ourTables = (Object.keys(tables) as (keyof typeof tables)[]).map(
    (table): Check => [`table ${tables[table]}`, () => checkTable(cloud.dynamo, tables[table], SHAPES[table], DEPLOY)],
  );
  const anthropicKey = {
    secretName: AnthropicSecretName,
    secret: () => read(AnthropicSecretName),
    baseUrl: here.AnthropicBaseUrl,
  };
  const rest = await runChecks(
    [
      ...ourTables,
      ...topicChecks(cloud),
      ...secretChecks(read, { anthropic: AnthropicSecretName, database: DatabaseSecretName }),
      anthropicCheck(() => openAnthropic(env, anthropicKey), DefaultModel),
      ['database', () => withDatabase(deps, here, ({ pool, tls }) => checkDatabase({ pool, tls }, here.MathEnv))],
      ...(reportId === undefined ? [] : [reportCheck(deps, here, reportId)]),
      ['state machine', () => checkStateMachine(cloud.stepFunctions, here)],
      ['job stream mapping', () => checkMapping(cloud.lambda, here)],
      ['dead letters', () => checkDeadLetters(cloud.queues, here)],
      ['sweep for forgotten jobs', () => checkSweep(cloud.cloudFormation, here)],
      ...(here.DayBudgetUsd === undefined ? [] : [dayBudgetCheck(deps, here.LedgerTableName, here.DayBudgetUsd)]),
      ['unwatched paid batches', () => checkUnwatched(jobFinder(cloud.db, here.JobTableName), deps.now())],
    ],
    translated,
  );
  return [...first, ...rest];
}

/** Checks only what must be there before `cdk deploy`. @throws WrongUse for the settings file */
export async function checkBeforeDeploy(deps: DoctorDeps, settings: string | undefined): Promise<Finding[]> {
  const { cloud } = deps;
  const fromFile = deploySettings(settings, deps.folder);
  const config = deps.stage ? { ...fromFile, stage: deps.stage } : fromFile;
  const read = (name: string) => readSecret(cloud.secrets, name);
  const names = { anthropic: config.anthropicSecretName, database: config.databaseSecretName };
  const bootstrap: Check = [
    'CDK bootstrap',
    async () => checkBootstrap(await describe(cloud.cloudFormation, 'CDKToolkit')),
  ];
  const checks = [
    ...accountChecks(cloud),
    bootstrap,
    ...tableChecks(cloud, config),
    ...topicChecks(cloud),
    ...secretChecks(read, names),
  ];
  return runChecks(checks, deps.translated);
}

const accountChecks = (cloud: Cloud): Check[] => [
  ['credentials', () => checkCredentials(cloud.cloudFormation)],
  ['region', async () => checkRegion(await cloud.cloudFormation.config.region())],
];

/** Delphi's own tables, which no deploy creates. */
const topicChecks = ({ dynamo }: Cloud): Check[] =>
  (['topicNames', 'clusterAssignments'] as const).map((table): Check => {
    const name = TABLE_NAMES[table];
    return [`table ${name}`, () => checkTable(dynamo, name, SHAPES[table], RUN_DELPHI)];
  });

const dayBudgetCheck = ({ cloud, now }: DoctorDeps, ledgerTable: string, budget: number): Check => [
  'day budget',
  () => checkDayBudget(spendingTable(cloud.db, ledgerTable), budget, now()),
];

const reportCheck = (deps: DoctorDeps, deployment: Deployment, reportId: string): Check => [
  `report ${reportId}`,
  () =>
    withDatabase(deps, deployment, ({ conversations }) => {
      const tables = { names: TABLE_NAMES.topicNames, assignments: TABLE_NAMES.clusterAssignments };
      return checkReport({ conversations, topics: topicTables(deps.cloud.db, tables) }, reportId);
    }),
];

async function withDatabase<T>(
  { cloud, env }: DoctorDeps,
  { DatabaseSecretName, MathEnv, DatabaseTls }: Deployment,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(env, {
    secretName: DatabaseSecretName,
    secret: () => readSecret(cloud.secrets, DatabaseSecretName),
    mathEnv: MathEnv,
    tls: DatabaseTls,
  });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
