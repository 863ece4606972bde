import * as z from 'zod';
import { AWAITING_BATCH, CREATE_BATCH } from '../shared/job-row.ts';
import { isExecutionName } from '../shared/names.ts';
import type { ExecutionStatus } from '../stores/executions.ts';

const text = z.string().catch('');
const count = z.number().int().nonnegative().catch(0);
const flag = z.literal(true).optional().catch(undefined);

/**
 * What tells how a job row of our two types stands: read leniently, as even a row that is otherwise unreadable must be
 * closed. `execution_status`: how the execution ended that did not come to its own end; `execution_redrives`: how often
 * it has been redriven, as far as is known; `resumed`: how often the job was put back to PENDING without being asked.
 */
export const marksSchema = z.looseObject({
  job_id: z.string().min(1),
  job_type: z.enum([CREATE_BATCH, AWAITING_BATCH]),
  status: z.string(),
  worker_id: text,
  batch_job_id: text,
  created_at: text,
  updated_at: text,
  started_at: text,
  error_message: text,
  logs: text,
  process_exit_confirmed: flag,
  checker_schedule_failed: flag,
  execution_status: z.string().optional().catch(undefined),
  execution_redrives: count,
  resumed: count,
});
export type MarkedRow = z.infer<typeof marksSchema>;

/** Whether the row was last claimed by an execution of this deployment for this very job. */
export const isWorkedByUs = (row: Pick<MarkedRow, 'worker_id' | 'job_id'>, stage: string | undefined): boolean =>
  isExecutionName(row.worker_id, row.job_id, stage);

/** Whether no worker has the row, or has it any more. */
export const isNobodys = ({ worker_id }: Pick<MarkedRow, 'worker_id'>): boolean => ['none', ''].includes(worker_id);

/** Still on its way, or about to be. */
export const isUnderWay = (status: ExecutionStatus): status is 'RUNNING' | 'PENDING_REDRIVE' =>
  status === 'RUNNING' || status === 'PENDING_REDRIVE';
