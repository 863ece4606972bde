import type { JobRow } from '../shared/job-row.ts';
import type { BatchEntry, Plan } from '../shared/ledger-rows.ts';
import { asCancelled, type CloseDeps, type Ending, terminal } from './close.ts';
import { readJob } from './own.ts';

/**
 * Closes the old pipeline's own row of a batch that this project adopted: the poller leaves it PROCESSING for whoever
 * collects the batch. A row with another batch, or one that has moved on, is left alone.
 */
export async function closeLegacyJob(
  deps: CloseDeps,
  plan: Plan,
  batches: readonly BatchEntry[],
  ending: Ending,
): Promise<void> {
  if (plan.report_job_id === plan.job_id) return;
  const row = await readJob(deps.jobs, plan.report_job_id).catch(() => undefined);
  if (!row || !batches.some(({ batch_id }) => batch_id === row.batch_id)) return;
  // one that was marked when the watching execution was stopped gets its true end when the batch is collected after all
  const marked = row.status === 'FAILED' && row.execution_status !== undefined;
  if (row.status !== 'PROCESSING' && !marked) return;
  if (isClaimedAnew(row, batches)) return;
  const condition = { status: row.status, version: row.version };
  const end = asCancelled(await deps.jobs.get(plan.job_id), ending);
  const outcome = await deps.jobs.change(row.job_id, condition, terminal(deps, row, end, ending.set));
  deps.log.info('job of the old pipeline closed', { job_id: row.job_id, outcome });
}

/** Whether a poller has taken the row again since the batch was sent: it is at work on another one. */
function isClaimedAnew({ batch_id, started_at }: JobRow, batches: readonly BatchEntry[]): boolean {
  const sent = batches.find((batch) => batch.batch_id === batch_id)?.created_at;
  return sent !== undefined && Date.parse(started_at ?? '') > Date.parse(sent);
}
