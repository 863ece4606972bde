import * as z from 'zod';
import { jobFinder } from '../lambdas/stores/jobs.ts';
import { spendingTable } from '../lambdas/stores/spending.ts';
import { topicTables } from '../lambdas/stores/topics.ts';
import { stackName, TABLE_NAMES } from '../lib/names.ts';
import { type Context, command, flag, reportId, text } from './command.ts';
import { openAnthropic, openDatabase, openWorkspace, readSecret } from './connections.ts';
import { type Deployment, describe } from './deployment.ts';
import { checkBootstrap, checkCredentials, checkRegion, deploySettings, tableChecks } from './doctor/before-deploy.ts';
import { checkDatabase, checkReport } from './doctor/database.ts';
import {
  anthropicCheck,
  checkDayBudget,
  checkDeadLetters,
  checkMapping,
  checkStateMachine,
  checkSweep,
  checkUnwatched,
  secretChecks,
} from './doctor/deployed.ts';
import { type Check, type Finding, findingsText, ok, runChecks } from './doctor/findings.ts';
import { checkTable, SHAPES } from './doctor/tables.ts';
import { CredentialsRefused, EndpointDown, translated, UsageError } from './errors.ts';

export const doctor = command({
  name: 'doctor',
  description: 'check everything that a report needs, and say what to do',
  options: [
    ['--before-deploy', 'check only what must exist before `cdk deploy`'],
    ['--settings <file>', 'with --before-deploy: the settings file (default: narratives.json, if it exists)'],
    ['--report <REPORT_ID>', 'also check that this report can be written'],
  ],
  input: z.object({ beforeDeploy: flag, settings: text.optional(), report: reportId.optional() }),
  async run(context, { beforeDeploy, settings, report }) {
    if (settings !== undefined && !beforeDeploy) throw new UsageError('--settings goes with --before-deploy');
    if (report !== undefined && beforeDeploy) throw new UsageError('--report does not go with --before-deploy');
    const value = beforeDeploy ? await checkBeforeDeploy(context, settings) : await checkDeployment(context, report);
    return { value, text: findingsText(value), exitCode: value.some(({ state }) => state === 'FAIL') ? 1 : 0 };
  },
});

const RUN_DELPHI = 'run the Delphi topic pipeline once: it creates the table';
const DEPLOY = 'npx cdk deploy --all';

const run = (context: Context, checks: readonly Check[]): Promise<Finding[]> =>
  runChecks(checks, (error) => translated(error, context.cloud.where));

/** Checks a deployment, and what it needs around it. */
async function checkDeployment(context: Context, reportId: string | undefined): Promise<Finding[]> {
  let deployment: Deployment | undefined;
  const findDeployed: Check = [
    'deployment',
    async () => {
      deployment = await context.deployment();
      return ok('deployment', `stack ${deployment.stack} in ${deployment.region}`);
    },
  ];
  const missing = await missingForAll(context);
  if (missing.length > 0) return missing;
  const first = await run(context, [...accountChecks(context), findDeployed]);
  if (!deployment) return [...first, ...(await run(context, topicChecks(context)))];
  return [...first, ...(await run(context, deployedChecks(context, deployment, reportId)))];
}

function deployedChecks(context: Context, deployment: Deployment, reportId: string | undefined): Check[] {
  const { cloud, io } = context;
  const { JobTableName, ReportsTableName, LedgerTableName, DayBudgetUsd } = deployment;
  const tables = { jobs: JobTableName, reports: ReportsTableName, ledger: LedgerTableName };
  const ourTables = (Object.keys(tables) as (keyof typeof tables)[]).map(
    (table): Check => [`table ${tables[table]}`, () => checkTable(cloud.dynamo, tables[table], SHAPES[table], DEPLOY)],
  );
  const secrets = { anthropic: deployment.AnthropicSecretName, database: deployment.DatabaseSecretName };
  const topicsOf = { names: TABLE_NAMES.topicNames, assignments: TABLE_NAMES.clusterAssignments };
  const report: Check = [
    `report ${reportId}`,
    async () => {
      const { conversations } = await openDatabase(context, deployment);
      return checkReport({ conversations, topics: topicTables(cloud.db, topicsOf) }, reportId ?? '');
    },
  ];
  const dayBudget: Check = [
    'day budget',
    () => checkDayBudget(spendingTable(cloud.db, LedgerTableName), DayBudgetUsd ?? 0, io.now()),
  ];
  return [
    ...ourTables,
    ...topicChecks(context),
    ...secretChecks((name) => readSecret(cloud.secrets, name), secrets),
    anthropicCheck(() => openAnthropic(context), {
      defaultModel: deployment.DefaultModel,
      aliases: deployment.ModelAliases,
      // a key in the environment is used instead
      workspaceId: io.env.ANTHROPIC_API_KEY ? undefined : deployment.AnthropicWorkspaceId,
    }),
    ['database', async () => checkDatabase(await openDatabase(context, deployment), deployment.MathEnv)],
    ...(reportId === undefined ? [] : [report]),
    ['state machine', () => checkStateMachine(cloud.stepFunctions, deployment)],
    ['job stream mapping', () => checkMapping(cloud.lambda, deployment)],
    ['dead letters', () => checkDeadLetters(cloud.queues, deployment)],
    ['sweep for forgotten jobs', () => checkSweep(cloud.cloudFormation, deployment)],
    ...(DayBudgetUsd === undefined ? [] : [dayBudget]),
    ['unwatched paid batches', () => checkUnwatched(jobFinder(cloud.db, JobTableName), io.now())],
  ];
}

/** Checks only what must exist before `cdk deploy`. @throws UsageError for the settings file */
async function checkBeforeDeploy(context: Context, settings: string | undefined): Promise<Finding[]> {
  const { cloud, global } = context;
  const fromFile = deploySettings(settings, process.cwd());
  const config = global.stage ? { ...fromFile, stage: global.stage } : fromFile;
  const { provider, workspaceId } = config;
  const secrets = {
    anthropic: provider === 'anthropic' ? config.anthropicSecretName : undefined,
    database: config.databaseSecretName,
  };
  const workspace = anthropicCheck(
    async () =>
      openWorkspace(cloud, {
        workspaceId: workspaceId ?? '',
        region: config.workspaceRegion ?? (await cloud.cloudFormation.config.region()),
        baseURL: config.anthropicBaseUrl,
      }),
    { defaultModel: config.defaultModel, aliases: config.modelAliases, workspaceId },
  );
  const missing = await missingForAll(context);
  if (missing.length > 0) return missing;
  return run(context, [
    ...accountChecks(context),
    ['CDK bootstrap', async () => checkBootstrap(await describe(cloud.cloudFormation, 'CDKToolkit'))],
    ...tableChecks(cloud, config),
    ...topicChecks(context),
    ...secretChecks((name) => readSecret(cloud.secrets, name), secrets),
    // without a key, it can be asked before there is a deployment
    ...(provider === 'aws' ? [workspace] : []),
  ]);
}

/** What every check needs, where it is missing: each of them would only repeat it. */
async function missingForAll(context: Context): Promise<Finding[]> {
  const { cloudFormation, where } = context.cloud;
  const needed: Check[] = [
    ['region', () => cloudFormation.config.region().then(() => [])],
    ['credentials', () => cloudFormation.config.credentials().then(() => [])],
  ];
  const missing = await run(context, needed);
  if (missing.length > 0) return missing;
  const accepted: Check = [
    'AWS',
    async () => {
      try {
        await describe(cloudFormation, stackName(context.global.stage));
      } catch (error) {
        const trouble = translated(error, where);
        if (trouble instanceof EndpointDown || trouble instanceof CredentialsRefused) throw trouble;
      }
      return [];
    },
  ];
  return run(context, [accepted]);
}

const accountChecks = ({ cloud }: Context): Check[] => [
  ['credentials', () => checkCredentials(cloud.cloudFormation)],
  ['region', async () => checkRegion(await cloud.cloudFormation.config.region())],
];

/** Delphi's own tables, which no deploy creates. */
const topicChecks = ({ cloud }: Context): Check[] =>
  (['topicNames', 'clusterAssignments'] as const).map((table): Check => {
    const name = TABLE_NAMES[table];
    return [`table ${name}`, () => checkTable(cloud.dynamo, name, SHAPES[table], RUN_DELPHI)];
  });
