import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import {
  type BatchReportsRequest,
  batchReportsSchema,
  type PutJobAnswer,
  type PutJobDeps,
  putJob,
  stillActive,
} from '../lambdas/job/put.ts';
import { BadInput } from '../lambdas/shared/errors.ts';
import { layerList } from '../lambdas/shared/layers.ts';
import type { Log } from '../lambdas/shared/log.ts';
import { parseOr } from '../lambdas/shared/parse.ts';
import { newJobTables } from '../lambdas/stores/guards.ts';
import { type Context, command, flag, REPORT_ID, reportId, text, wholeNumber, zid } from './command.ts';
import { conversationOf } from './connections.ts';
import { DatabaseAway, JobActive, translated, UsageError } from './errors.ts';
import { forecastOf, forecastText } from './forecast.ts';
import { plainLine } from './print.ts';
import { runWatch } from './watch.ts';

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

export const submit = command({
  name: 'submit',
  description: 'start a narrative report: put the job row that the Polis server would put',
  argument: REPORT_ID,
  options: [
    ['--model <model>', 'model that writes the report (default: the model of the deployment)'],
    ['--max-batch-size <count>', 'maximum number of sections in one batch (default: 20)'],
    ['--no-cache', 'ask for every section again, including the unchanged ones'],
    ['--include-moderation', "respect moderation: leave out rejected comments (Polis' name for it)"],
    ['--layers <list>', 'write about the topics of these layers only, such as 0,1; 0 is the finest (default: all)'],
    ['--allow-unpriced', 'allow a model without a known price; no budget counts it'],
    ['--idempotency-key <key>', 'submitting again with the same key gives the same job'],
    ['--zid <zid>', 'zid of the conversation, if the database cannot be reached from this machine'],
    ['--watch', 'then follow the job, as `narratives watch` does'],
    ['--dry-run', 'only show sections, price and what would be reused; nothing is written or sent'],
  ],
  input: z.object({
    reportId,
    model: text.optional(),
    maxBatchSize: wholeNumber(100_000).optional(),
    cache: z.boolean(),
    includeModeration: flag,
    layers: layerList.optional(),
    allowUnpriced: flag,
    idempotencyKey: text.optional(),
    zid: zid.optional(),
    watch: flag,
    dryRun: flag,
  }),
  async run(context, input) {
    const given = {
      report_id: input.reportId,
      model: input.model,
      max_batch_size: input.maxBatchSize,
      no_cache: !input.cache,
      include_moderation: input.includeModeration,
      layers: input.layers,
      idempotency_key: input.idempotencyKey,
    };
    const parsed = parseOr(batchReportsSchema, given, (line) => new UsageError(`--${line.replace(': ', ' ')}`));
    const request = { ...parsed, ...(input.allowUnpriced ? { allow_unpriced: true as const } : {}) };
    if (input.dryRun) {
      if (input.watch) throw new UsageError('--watch does not go with --dry-run');
      const value = await forecastOf(context, request, input.zid);
      return { value, text: forecastText(value) };
    }
    const { JobTableName, LedgerTableName, DefaultModel } = await context.deployment();
    const tables = newJobTables(context.cloud.db, { jobs: JobTableName, ledger: LedgerTableName });
    const report =
      input.zid === undefined
        ? conversationOf(context)
        : // the database is not asked
          async () => ({ zid: Number(input.zid), rid: 0, labels: [], mod_level: 0 });
    if (input.zid === undefined && !(await isThere(tables, request, context.io.now()))) await check(context, request);
    const deps = {
      ...tables,
      conversations: { report },
      now: context.io.now,
      randomHex: () => randomBytes(4).toString('hex'),
      defaultModel: DefaultModel,
      log: silent,
    };
    const value = await submitJob(deps, request);
    const text = `job ${value.job_id} ${value.deduplicated ? 'exists already' : 'is submitted'} (${value.model})`;
    if (!input.watch) return { value, text: `${text}; narratives watch ${value.job_id} follows it` };
    if (!context.global.json) context.io.out(`${text}\n`);
    const watched = await runWatch(context, value.job_id);
    return { ...watched, value: { ...value, ...watched.value } };
  },
});

/** Whether the answer will be a job that is there already. */
async function isThere(
  { jobs, guards }: Pick<PutJobDeps, 'jobs' | 'guards'>,
  { report_id, idempotency_key: key }: BatchReportsRequest,
  now: Date,
): Promise<boolean> {
  if (key !== undefined && (await guards.keyedJob(report_id, key, now))) return true;
  return (await stillActive({ jobs }, await guards.lastJob(report_id))) !== undefined;
}

/** Refuses what would fail. What cannot be checked from this machine is left to the job. @throws WouldFail, UnknownReport, DatabaseAway */
async function check(context: Context, request: BatchReportsRequest): Promise<void> {
  try {
    await forecastOf(context, request, undefined, ', or give --zid');
  } catch (error) {
    if (error instanceof BadInput || error instanceof DatabaseAway) throw error;
    const { message } = translated(error, context.cloud.where);
    if (!context.global.json) context.io.err(`not checked beforehand: ${plainLine(message)}\n`);
  }
}

/**
 * Puts a job row as the Polis server does.
 * @throws JobActive when the report has an active job, unless an idempotency key asks for just that one
 */
async function submitJob(deps: PutJobDeps, request: BatchReportsRequest): Promise<PutJobAnswer> {
  const answer = await putJob(deps, request);
  if (!answer.deduplicated || request.idempotency_key !== undefined) return answer;
  throw new JobActive(
    `report ${request.report_id} already has the active job ${answer.job_id}: wait for it (narratives watch ${answer.job_id}) or cancel it`,
  );
}
