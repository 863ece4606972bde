import { withLogLine } from '../domain/job-row.ts';
import type { BatchEntry, Plan } from '../domain/ledger-entries.ts';
import type { CloseDeps, Ending } from './close.ts';
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
  if (row?.status !== 'PROCESSING' || !batches.some(({ batch_id }) => batch_id === row.batch_id)) return;
  const time = deps.now().toISOString();
  const outcome = await deps.jobs.change(
    row.job_id,
    { status: row.status, version: row.version },
    {
      status: ending.status,
      completed_at: time,
      updated_at: time,
      process_exit_confirmed: true,
      logs: withLogLine(row.logs, time, 'INFO', ending.message),
      ...ending.set,
    },
  );
  deps.log.info('job of the old pipeline closed', { job_id: row.job_id, outcome });
}
