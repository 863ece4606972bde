import { type CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { type LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { DescribeStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { looseRow } from '../../lambdas/job/standing.ts';
import { dayOf } from '../../lambdas/money/day.ts';
import { type MicroUsd, usdText } from '../../lambdas/money/money.ts';
import { anthropicKeyOf, databaseUrlOf } from '../../lambdas/runtime/secrets.ts';
import { daysBefore } from '../../lambdas/shared/days.ts';
import type { ModelAliases } from '../../lambdas/shared/model-aliases.ts';
import type { Batches } from '../../lambdas/stores/anthropic.ts';
import { hostOf } from '../../lambdas/stores/database-tls.ts';
import type { JobFinder } from '../../lambdas/stores/jobs.ts';
import type { Spending } from '../../lambdas/stores/spending.ts';
import { DAYS_OF_RESULTS } from '../../lambdas/watchdog/sweep.ts';
import type { Deployment } from '../deployment.ts';
import { bad, type Check, type Finding, ok, warn } from './findings.ts';

const DEPLOY = 'npx cdk deploy --all';

/** Whether the state machine takes executions. */
export async function checkStateMachine(client: Pick<SFNClient, 'send'>, deployment: Deployment): Promise<Finding> {
  const stateMachineArn = deployment.StateMachineArn;
  const what = 'state machine';
  const { status, name } = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
  return status === 'ACTIVE' ? ok(what, `${name} is ACTIVE`) : bad(what, `${name} is ${status}`, DEPLOY);
}

/** Whether the job stream is read, and the last result. */
export async function checkMapping(client: Pick<LambdaClient, 'send'>, deployment: Deployment): Promise<Finding> {
  const what = 'job stream mapping';
  const FunctionName = deployment.DispatchFunctionName;
  const { EventSourceMappings: found = [] } = await client.send(new ListEventSourceMappingsCommand({ FunctionName }));
  const mapping = found.find(({ EventSourceArn }) =>
    EventSourceArn?.includes(`:table/${deployment.JobTableName}/stream/`),
  );
  if (!mapping) {
    const todo = `${DEPLOY}; if the stream was turned off and on again, set jobTableStreamArn to its new LatestStreamArn first`;
    return bad(what, `function ${FunctionName} does not read the stream of ${deployment.JobTableName}`, todo);
  }
  const { State, UUID, LastProcessingResult: last } = mapping;
  if (State !== 'Enabled') {
    const todo = `aws lambda update-event-source-mapping --uuid ${UUID} --enabled`;
    return bad(what, `is ${State}: new jobs do not start`, todo);
  }
  if (last && /PROBLEM|error/i.test(last))
    return warn(what, `is Enabled; last result: ${last}`, `see the log of function ${FunctionName}`);
  return ok(what, `is Enabled${last ? `; last result: ${last}` : ''}`);
}

/** Whether rows could not be dispatched. */
export async function checkDeadLetters(client: Pick<SQSClient, 'send'>, deployment: Deployment): Promise<Finding> {
  const what = 'dead letters';
  const command = new GetQueueAttributesCommand({
    QueueUrl: deployment.DeadLetterQueueUrl,
    AttributeNames: ['ApproximateNumberOfMessages'],
  });
  const count = Number((await client.send(command)).Attributes?.ApproximateNumberOfMessages ?? 0);
  if (count === 0) return ok(what, 'none');
  return bad(what, `${count} in the queue: job rows that were not dispatched`, 'narratives redrive starts their jobs');
}

/** Whether something calls the sweep: its rule belongs to the stack. That it is enabled is not asked. */
export async function checkSweep(client: CloudFormationClient, deployment: Deployment): Promise<Finding> {
  const what = 'sweep for forgotten jobs';
  for await (const { StackResourceSummaries = [] } of paginateListStackResources(
    { client },
    { StackName: deployment.stack },
  )) {
    const rule = StackResourceSummaries.find(
      ({ ResourceType, LogicalResourceId }) =>
        /^AWS::(Events::Rule|Scheduler::Schedule)$/.test(ResourceType ?? '') && /sweep/i.test(LogicalResourceId ?? ''),
    );
    if (rule) return ok(what, `is scheduled by ${rule.PhysicalResourceId}`);
  }
  return bad(what, 'is not scheduled: no rule of the stack calls it', DEPLOY);
}

type Read = (name: string) => Promise<string>;

/** The secrets exist and hold what they should; no value is shown. @param names without `anthropic` where no key is used */
export const secretChecks = (read: Read, names: { anthropic: string | undefined; database: string }): Check[] => [
  ...(names.anthropic === undefined ? [] : [keyCheck(read, names.anthropic)]),
  [
    `secret ${names.database}`,
    async () => {
      hostOf(databaseUrlOf(await read(names.database), names.database));
      return ok(`secret ${names.database}`, 'is the address of a PostgreSQL database');
    },
  ],
];

const keyCheck = (read: Read, name: string): Check => [
  `secret ${name}`,
  async () => {
    anthropicKeyOf(await read(name), name);
    return ok(`secret ${name}`, 'looks like a key');
  },
];

/**
 * The API accepts the key, or these credentials in a workspace of Claude Platform on AWS, and knows the default model and those that
 * stand in for others; asking for that is free.
 */
export const anthropicCheck = (
  open: () => Promise<Pick<Batches, 'knowsModel'>>,
  {
    defaultModel,
    aliases = new Map(),
    workspaceId,
  }: { defaultModel: string; aliases?: ModelAliases | undefined; workspaceId: string | undefined },
): Check => [
  'Anthropic API',
  async () => {
    const batches = await open();
    // what stands in for the default model is used in its place
    const settings = new Map([...aliases.values()].map((model) => [model, 'modelAliases']));
    settings.set(aliases.get(defaultModel) ?? defaultModel, 'defaultModel');
    const accepts = workspaceId ? `accepts these credentials in workspace ${workspaceId}` : 'accepts the key';
    const findings: Finding[] = [];
    for (const [model, setting] of settings) {
      findings.push(
        (await batches.knowsModel(model))
          ? ok('Anthropic API', `${accepts} and knows ${model} (${setting})`)
          : bad('Anthropic API', `${accepts}, but does not know the model ${model}`, `deploy with another ${setting}`),
      );
    }
    return findings;
  },
];

/** Above this part of the budget, a job may no longer fit. */
const NEARLY = 0.8;

/** How much of today's budget is spent or reserved. */
export async function checkDayBudget(spending: Pick<Spending, 'days'>, budget: MicroUsd, now: Date): Promise<Finding> {
  const [today] = await spending.days([dayOf(now)]);
  const { day, committed_micro_usd: committed = 0, open_micro_usd: open = 0 } = today ?? {};
  const found = `${usdText(committed)} of ${usdText(budget)} spent or reserved on ${day} (UTC), of that ${usdText(open)} at most for batches not yet priced`;
  if (committed < budget * NEARLY) return ok('day budget', found);
  return warn('day budget', found, 'jobs that do not fit are refused until midnight UTC: wait, or raise dayBudgetUsd');
}

const MAX_NAMED = 5;

/** Whether a job ended with a paid batch that nobody watches; its results are available for 29 days. */
export async function checkUnwatched(finder: JobFinder, now: Date): Promise<Finding> {
  const what = 'unwatched paid batches';
  const jobs: string[] = [];
  for await (const indexed of finder.withStatus('FAILED', daysBefore(now, DAYS_OF_RESULTS))) {
    const row = looseRow(indexed);
    if (row?.checker_schedule_failed) jobs.push(row.job_id);
  }
  if (jobs.length === 0) return ok(what, 'none');
  const named = `${jobs.slice(0, MAX_NAMED).join(', ')}${jobs.length > MAX_NAMED ? ', …' : ''}`;
  return warn(
    what,
    `${jobs.length} FAILED job(s) left such a batch: ${named}`,
    'narratives redrive JOB_ID resumes a job',
  );
}
