import { randomBytes } from 'node:crypto';
import { batchReportsSchema } from '../lambdas/job/batch-reports-request.ts';
import { cancelledText } from '../lambdas/job/cancel.ts';
import type { Log } from '../lambdas/shared/log.ts';
import { parseOr } from '../lambdas/shared/parse.ts';
import { newJobTables } from '../lambdas/stores/guards.ts';
import { jobTable } from '../lambdas/stores/jobs.ts';
import { storedReports } from '../lambdas/stores/reports.ts';
import { spendingTable } from '../lambdas/stores/spending.ts';
import { translated } from './aws-errors.ts';
import { openCloud } from './cloud.ts';
import { cancelJob } from './commands/cancel.ts';
import { jobDetails } from './commands/job.ts';
import { listJobs } from './commands/jobs.ts';
import { redriveJob } from './commands/redrive.ts';
import { reportAnswer, reportRuns } from './commands/reports.ts';
import { spendingText, spentByDay } from './commands/spending.ts';
import { givenConversation, submit } from './commands/submit.ts';
import { redriveAll } from './commands/sweep.ts';
import { watchJob } from './commands/watch.ts';
import { zidOfReport } from './commands/zid.ts';
import type { CommandName, Inputs } from './commands.ts';
import { type Context, conversations, markdown, reader, tableNames, tables, writeOut } from './context.ts';
import { deadLetters } from './dead-letters.ts';
import { type Deployment, findDeployment } from './deployment.ts';
import { WrongUse } from './errors.ts';
import { executionLookup } from './executions.ts';
import type { Io, Shown } from './io.ts';
import { jobLists } from './job-lists.ts';
import type { Invocation } from './options.ts';
import {
  batchText,
  changeText,
  findingsText,
  jobsText,
  redrivenText,
  reportsText,
  sweptText,
  watchedText,
} from './print.ts';
import { jobText } from './print-job.ts';
import { readSecret } from './secrets.ts';
import { invokeSweep } from './sweep-function.ts';

type Runs = { [K in CommandName]: (context: Context, input: Inputs[K]) => Promise<Shown> };

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Each command, wired to the clients of its deployment. What is heavy and not always needed is loaded when it is. */
const RUNS: Runs = {
  async submit(context, input) {
    const given = {
      report_id: input.reportId,
      model: input.model,
      max_batch_size: input.maxBatchSize,
      no_cache: !input.cache,
      include_moderation: input.includeModeration,
      idempotency_key: input.idempotencyKey,
    };
    const parsed = parseOr(batchReportsSchema, given, (line) => new WrongUse(`--${line.replace(': ', ' ')}`));
    const request = { ...parsed, ...(input.allowUnpriced ? { allow_unpriced: true as const } : {}) };
    const deployment = await context.deployment();
    const deps = {
      ...newJobTables(context.cloud.db, tableNames(deployment)),
      conversations: input.zid === undefined ? await conversations(context) : givenConversation(input.zid),
      now: context.io.now,
      randomHex: () => randomBytes(4).toString('hex'),
      defaultModel: deployment.DefaultModel,
      log: silent,
    };
    const answer = await submit(deps, request);
    const text = `job ${answer.job_id} ${answer.deduplicated ? 'is there already' : 'is put'} (${answer.model})`;
    if (!input.watch) return { value: answer, text: `${text}; narratives watch ${answer.job_id} follows it` };
    if (!context.global.json) context.io.out(`${text}\n`);
    const shown = await RUNS.watch(context, { jobId: answer.job_id });
    return { ...shown, value: { ...answer, ...(shown.value as object) } };
  },

  async watch(context, { jobId }) {
    const { io, global, cloud } = context;
    const deployment = await context.deployment();
    const stop = io.stop();
    context.closing.push(() => stop.release());
    const deps = {
      jobs: jobTable(cloud.db, deployment.JobTableName),
      executions: executionLookup(cloud.stepFunctions, deployment),
      stage: deployment.stage,
      now: io.now,
      pause: io.pause,
      stopped: stop.signal,
      tell: (change: Parameters<typeof changeText>[0]) => {
        if (!global.json) io.out(`${changeText(change)}\n`);
      },
      translated: (error: unknown) => translated(error, cloud.where),
    };
    const value = await watchJob(deps, jobId);
    const exitCode = value.stopped ? 130 : value.status === 'COMPLETED' ? 0 : 1;
    return { value, text: watchedText(value), exitCode };
  },

  async jobs(context, { status, report, zid, limit }) {
    if (zid !== undefined && report === undefined) throw new WrongUse('--zid goes with --report');
    const { db } = context.cloud;
    const deployment = await context.deployment();
    const lookUp = (reportId: string) =>
      zidOfReport(
        {
          stored: (id) => storedReports(db, deployment.ReportsTableName, id),
          jobs: jobTable(db, deployment.JobTableName),
          conversations: () => conversations(context),
        },
        reportId,
      );
    const zidOf = zid === undefined ? lookUp : async () => zid;
    const deps = { ...jobLists(db, deployment.JobTableName), zidOf, stage: deployment.stage };
    const value = await listJobs(deps, { status, report, limit });
    return { value, text: jobsText(value) };
  },

  async job(context, { jobId }) {
    const deployment = await context.deployment();
    const value = await jobDetails({ ...tables(context, deployment), deployment }, jobId);
    return { value, text: jobText(value) };
  },

  async batch(context, { batchId }) {
    const [{ openAnthropic }, { batchStatus }] = await Promise.all([
      import('./anthropic.ts'),
      import('./commands/batch.ts'),
    ]);
    // with a key of one's own, no deployment is needed
    const deployment = context.io.env.ANTHROPIC_API_KEY ? undefined : await context.deployment();
    const secretName = deployment?.AnthropicSecretName ?? '';
    const secret = () => readSecret(context.cloud.secrets, secretName);
    const batches = await openAnthropic(context.io.env, { secretName, secret, baseUrl: deployment?.AnthropicBaseUrl });
    const value = await batchStatus({ batches }, batchId);
    return { value, text: batchText(value) };
  },

  async reports(context, { reportId }) {
    const value = await reportRuns(await reader(context), reportId);
    return { value, text: reportsText(value) };
  },

  async report(context, { reportId, format, job, out }) {
    const answer = await reportAnswer(await reader(context), reportId, job);
    const body = format === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : await markdown(context, answer);
    if (out !== undefined) {
      writeOut(out, body);
      return { value: { report_id: reportId, written: out }, text: `report ${reportId} is written to ${out}` };
    }
    const value = format === 'json' ? answer : { report_id: reportId, job_id: answer.current_job_id, markdown: body };
    return { value, text: body };
  },

  async spending(context, { days }) {
    const deployment = await context.deployment();
    const spending = spendingTable(context.cloud.db, deployment.LedgerTableName);
    const value = await spentByDay({ spending, now: context.io.now }, days, deployment.DayBudgetUsd);
    return { value, text: spendingText(value) };
  },

  async cancel(context, { jobId }) {
    const deployment = await context.deployment();
    const { jobs } = tables(context, deployment);
    const value = await cancelJob({ jobs, now: context.io.now, stage: deployment.stage }, jobId);
    return { value, text: cancelledText(value) + (value.execution ? ` (narratives watch ${jobId})` : '') };
  },

  async redrive(context, { jobId }) {
    const { cloud, io } = context;
    const deployment = await context.deployment();
    if (jobId !== undefined) {
      const { jobs } = newJobTables(cloud.db, tableNames(deployment));
      const all = { ...jobTable(cloud.db, deployment.JobTableName), ...jobs };
      const value = await redriveJob({ jobs: all, now: io.now, stage: deployment.stage }, jobId);
      return { value, text: redrivenText(value) };
    }
    const letters = deadLetters(cloud.queues, deployment.DeadLetterQueueUrl);
    const sweep = () => invokeSweep(cloud.lambda, deployment.SweepFunctionName);
    const value = await redriveAll({ letters, sweep });
    return { value, text: sweptText(value) };
  },

  async doctor({ cloud, io, global }, { beforeDeploy, settings, report }) {
    if (settings !== undefined && !beforeDeploy) throw new WrongUse('--settings goes with --before-deploy');
    if (report !== undefined && beforeDeploy) throw new WrongUse('--report goes without --before-deploy');
    const { checkBeforeDeploy, checkDeployment } = await import('./doctor/doctor.ts');
    const deps = {
      cloud,
      env: io.env,
      now: () => io.now(),
      stage: global.stage,
      folder: process.cwd(),
      translated: (error: unknown) => translated(error, cloud.where),
    };
    const value = beforeDeploy ? await checkBeforeDeploy(deps, settings) : await checkDeployment(deps, report);
    return { value, text: findingsText(value), exitCode: value.some(({ state }) => state === 'FAIL') ? 1 : 0 };
  },
};

/**
 * Runs one command, and closes what it opened.
 * @param where the endpoint or region, for error lines
 */
export async function runCommand({ command, input, global }: Invocation, io: Io, where: string): Promise<Shown> {
  const cloud = openCloud(global, where);
  const closing: Context['closing'] = [() => cloud.close()];
  let found: Promise<Deployment> | undefined;
  const deployment = () => {
    found ??= findDeployment(cloud.cloudFormation, global.stage, where);
    return found;
  };
  try {
    const run = RUNS[command] as (context: Context, given: typeof input) => Promise<Shown>;
    return await run({ io, global, cloud, deployment, closing }, input);
  } finally {
    for (const close of closing.reverse()) await close();
  }
}
