import * as z from 'zod';
import { refuse as refuseRow } from '../job/transitions.ts';
import { AWAITING_BATCH, CREATE_BATCH, jobRowSchema } from '../shared/job-row.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { executionName } from '../shared/names.ts';
import { problems } from '../shared/parse.ts';
import type { Executions } from '../stores/executions.ts';
import type { JobTable } from '../stores/jobs.ts';

export interface DispatchDeps {
  jobs: Pick<JobTable, 'change'>;
  executions: Executions;
  /** of the deployment; absent: none */
  stage?: string;
  log: Log;
  /** absent: nobody counts */
  metrics?: Metrics;
  now: () => Date;
}

const keySchema = z.object({
  job_id: z.string(),
  version: z.unknown().optional(),
  logs: z.string().optional().catch(undefined),
  batch_id: z.string().optional().catch(undefined),
});
const typeSchema = z.object({ job_type: z.string() });
const OURS: readonly string[] = [CREATE_BATCH, AWAITING_BATCH];

/** What became of a row: `refused` rows were marked FAILED; `left` ones are of another system, or not PENDING. */
export type Dispatched = 'started' | 'already_started' | 'refused' | 'left';

/**
 * Starts one execution for a PENDING job row, named from its id and version: a record that is delivered twice starts
 * nothing twice, and a row that is put back to PENDING (its version has grown) starts again. A row that cannot be
 * understood is marked FAILED with the reason, so that it never blocks the stream.
 * @param row the row as the stream gives it, unmarshalled
 * @throws StoreUnavailable when Step Functions or DynamoDB cannot be reached: the stream delivers the record again
 */
export async function dispatch(deps: DispatchDeps, row: unknown): Promise<Dispatched> {
  const type = typeSchema.safeParse(row);
  // the stream's filter drops rows of other systems; they are left alone even if it does not
  if (type.success && !OURS.includes(type.data.job_type)) return 'left';
  const job = jobRowSchema.safeParse(row);
  if (!job.success) return refuse(deps, row, problems(job.error));
  const { job_id, job_type, version, status } = job.data;
  if (status !== 'PENDING') return 'left';
  const execution = executionName(job_id, version, deps.stage);
  const answer = await deps.executions.start(execution, { job_id, job_type, version, execution });
  deps.log.info('execution', { job_id, execution, answer });
  return answer;
}

async function refuse(deps: DispatchDeps, row: unknown, why: string): Promise<Dispatched> {
  const key = keySchema.safeParse(row);
  if (!key.success) {
    deps.log.error('record without a job_id: nothing to mark', {});
    return 'left';
  }
  const message = `InvalidJobRow: ${why}; fix the attribute, then redrive the job`;
  const refused = await refuseRow(deps, key.data, message);
  deps.log.error('job row cannot be understood', { job_id: key.data.job_id, why, refused });
  // a record delivered twice finds the row changed
  if (refused) deps.metrics?.add('JobsFailed', 1, { error: 'InvalidJobRow' });
  return refused ? 'refused' : 'left';
}
