import { randomBytes } from 'node:crypto';
import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { parseJobConfig } from '../../lambdas/domain/job-config.ts';
import { CREATE_BATCH } from '../../lambdas/domain/job-row.ts';
import { readJob } from '../../lambdas/job/own.ts';
import { planJob } from '../../lambdas/submit/plan-job.ts';
import { TABLE_NAMES } from '../../lib/contract.ts';
import type { ConversationData } from '../conversation/conversation-data.ts';
import { serverJob } from '../conversation/server-job.ts';
import type { Embedded } from '../embedded/embedded.ts';
import type { Options } from './options.ts';

const unfinishedSchema = z.object({ job_id: z.string(), job_type: z.literal(CREATE_BATCH), version: z.number(), worker_id: z.string(), report_id: z.string() });
export type UnfinishedJob = z.infer<typeof unfinishedSchema>;

/** The row that the server would write for this conversation. */
export const jobFor = (data: ConversationData, options: Options) =>
  serverJob(
    {
      report_id: data.report.report_id,
      conversation_id: String(data.conversation.zid),
      model: options.model,
      max_batch_size: options.maxBatchSize,
    },
    new Date(),
    randomBytes(4).toString('hex'),
  );

/** Plans and prices a job without writing or sending anything. @throws BadInput, AnthropicRefused */
export async function estimateJob({ world }: Embedded, row: ReturnType<typeof jobFor>) {
  const { plan, estimate } = await planJob(world, row, parseJobConfig(row.job_config, row.job_id));
  return { model: plan.model, estimate };
}

export async function putJob({ db }: Embedded, row: ReturnType<typeof jobFor>): Promise<void> {
  await db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item: row }));
}

/** Jobs that an earlier run of this program left half done. The embedded table is small: a scan is fine here. */
export async function unfinishedJobs({ db }: Embedded): Promise<UnfinishedJob[]> {
  const { Items = [] } = await db.send(
    new ScanCommand({
      TableName: TABLE_NAMES.jobs,
      FilterExpression: '#status = :processing AND job_type = :type',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':processing': 'PROCESSING', ':type': CREATE_BATCH },
    }),
  );
  return Items.flatMap((item) => unfinishedSchema.safeParse(item).data ?? []);
}

/** Starts an unfinished job's execution again, by its own name: every step finds what it did before. */
export function resumeJob({ machine }: Embedded, { job_id, job_type, version, worker_id }: UnfinishedJob): void {
  machine.start(worker_id, { job_id, job_type, version, execution: worker_id });
}

const TERMINAL = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);

/** The job's row once it has ended; waits for its execution, which the stream may not have started yet. */
export async function endOfJob({ world, machine }: Embedded, jobId: string, stopped: AbortSignal) {
  for (;;) {
    await machine.idle();
    const row = await readJob(world.jobs, jobId);
    if (row && TERMINAL.has(row.status)) return row;
    stopped.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
