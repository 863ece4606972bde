import { randomBytes } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { checkToday } from '../lambdas/job/budget.ts';
import { parseJobConfig } from '../lambdas/job/config.ts';
import { planJob } from '../lambdas/job/plan.ts';
import { serverJob } from '../lambdas/job/put.ts';
import { hasEnded, type LooseRow, looseRow, readJob, readLoosely, standingOf } from '../lambdas/job/standing.ts';
import { requeue } from '../lambdas/job/transitions.ts';
import { OverBudget } from '../lambdas/money/limits.ts';
import { StoreUnavailable, UnknownModel } from '../lambdas/shared/errors.ts';
import { CREATE_BATCH } from '../lambdas/shared/job-row.ts';
import { executionName } from '../lambdas/shared/names.ts';
import { scanAll } from '../lambdas/stores/dynamodb.ts';
import { TABLE_NAMES } from '../lib/names.ts';
import type { ConversationData } from './conversation.ts';
import type { Embedded } from './embedded/embedded.ts';
import type { Options } from './options.ts';

const jobSchema = z.object({
  job_id: z.string(),
  job_type: z.literal(CREATE_BATCH),
  status: z.string(),
  version: z.number(),
  worker_id: z.string(),
  report_id: z.string(),
  created_at: z.string(),
  model: z.string().optional(),
});
export type KnownJob = z.infer<typeof jobSchema>;
export type JobToBe = ReturnType<typeof jobFor>;

/** What the settings that a refusal names are called here. */
const SETTINGS = { unpriced: 'UNPRICED_MODELS', job: 'JOB_BUDGET_USD', day: 'DAY_BUDGET_USD' };

/** The row that the server would write for this conversation. */
export const jobFor = (data: ConversationData, options: Options) =>
  serverJob(
    {
      report_id: data.report.report_id,
      conversation_id: String(data.conversation.zid),
      model: options.model,
      max_batch_size: options.maxBatchSize,
      no_cache: !options.cache,
      layers: options.layers,
    },
    new Date(),
    randomBytes(4).toString('hex'),
  );

/**
 * Plans and prices a job without writing or sending anything.
 * @throws BadInput, AnthropicRefused; the message names the flag or variable of this program that changes the outcome
 */
export async function estimateJob({ world }: Embedded, row: JobToBe) {
  try {
    const { plan, estimate, notes } = await planJob(world, row, parseJobConfig(row.job_config, row.job_id));
    await checkToday(world, estimate.most_micro_usd);
    return { model: plan.model, estimate, sections: plan.sections, notes };
  } catch (error) {
    if (error instanceof UnknownModel) {
      const { NARRATIVE_BATCH_MODEL: model } = JSON.parse(row.environment);
      const used = world.settings.modelAliases.get(model);
      const [unknown, where] = used ? [used, 'in MODEL_ALIASES'] : [model, 'with --model'];
      throw new UnknownModel(`the Anthropic API does not know the model "${unknown}": choose another ${where}`, {
        cause: error,
      });
    }
    if (error instanceof OverBudget) throw new OverBudget(error.refusal, SETTINGS, { cause: error });
    throw error;
  }
}

/** Checks the API key by asking for a model, which is free. @throws AnthropicRefused */
export async function checkKey({ world }: Embedded, model: string): Promise<void> {
  await world.batches.knowsModel(model);
}

export async function putJob({ db }: Embedded, row: JobToBe): Promise<void> {
  await db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item: row }));
}

/** Jobs whose rows are in a certain state. The embedded table is small, so a scan is fine. */
async function jobsWhere({ db }: Embedded, wanted: (row: LooseRow) => boolean): Promise<KnownJob[]> {
  const found: KnownJob[] = [];
  for await (const item of scanAll(db, { TableName: TABLE_NAMES.jobs, ConsistentRead: true })) {
    const row = looseRow(item);
    const job = row && wanted(row) ? jobSchema.safeParse(item).data : undefined;
    if (job) found.push(job);
  }
  return found;
}

/**
 * Whether this run goes on with a job. It does with one that waits, which is whoever's claims it first, and with one that an
 * execution of ours left half done, also when it failed with a batch that is paid for and not collected, or was cancelled and
 * its batch is not yet cancelled and collected. What a poller or another deployment holds is never touched.
 */
function isUnfinished(row: LooseRow): boolean {
  const { kind, holder } = standingOf(row, { stage: undefined });
  if (kind === 'waiting') return holder === 'nobody' || holder === 'ours';
  if (holder !== 'ours') return false;
  if (kind === 'failed' || kind === 'stopped') return row.checker_schedule_failed === true;
  return kind === 'running' || kind === 'cancelling';
}

/** Jobs that an earlier run left half done. */
export const unfinishedJobs = (embedded: Embedded): Promise<KnownJob[]> => jobsWhere(embedded, isUnfinished);

/** Jobs of one report that executions of ours completed, newest first. */
export async function completedJobs(embedded: Embedded, reportId: string): Promise<KnownJob[]> {
  const completed = (row: LooseRow) => {
    const { kind, holder } = standingOf(row, { stage: undefined });
    return kind === 'completed' && holder === 'ours' && row.report_id === reportId;
  };
  const jobs = await jobsWhere(embedded, completed);
  return jobs.sort((a, b) => b.created_at.localeCompare(a.created_at));
}

/** The execution that runs a job: its owner, or the one that the stream starts for a row that is PENDING, or is about to be. */
export const executionOf = ({
  job_id,
  status,
  version,
  worker_id,
}: Pick<KnownJob, 'job_id' | 'status' | 'version' | 'worker_id'>): string => {
  if (status === 'FAILED') return executionName(job_id, version + 1);
  return status === 'PENDING' ? executionName(job_id, version) : worker_id;
};

/**
 * Starts an unfinished job's execution again, by its own name: every step finds what it did before. A row that another
 * worker has taken since is left to it.
 */
export async function resumeJob({ machine, world }: Embedded, job: KnownJob): Promise<void> {
  const { job_id, job_type, version } = job;
  const row = await readLoosely(world.jobs, job_id);
  if (!row || !isUnfinished(row)) return;
  const { kind } = standingOf(row, { stage: undefined });
  if (kind === 'failed' || kind === 'stopped') {
    // the stream starts it, as it would on AWS when an operator does this
    await requeue(world, row, 'the command was run again', undefined);
    return;
  }
  const execution = executionOf(job);
  machine.start(execution, { job_id, job_type, version, execution });
}

/**
 * The job's row once it has ended; waits for its execution, which the stream may not have started yet.
 * @throws StoreUnavailable when the execution ended and could not close the row
 */
export async function endOfJob({ world, machine }: Embedded, jobId: string, execution: string, stopped: AbortSignal) {
  for (;;) {
    await machine.idle();
    const state = machine.status(execution);
    const row = await readJob(world.jobs, jobId);
    if (row && hasEnded(row)) return row;
    if (state && state.status !== 'RUNNING') {
      throw new StoreUnavailable(
        `execution ${execution} ended as ${state.status} without closing its job (${state.error ?? 'no reason given'}): fix the cause, then run the command again to resume it`,
      );
    }
    stopped.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
