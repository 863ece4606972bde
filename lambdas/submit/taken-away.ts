import type { JobState } from '../domain/job-state.ts';
import type { BatchEntry } from '../domain/ledger-entries.ts';
import { secondsToNextCheck } from '../domain/wait.ts';
import { readJob } from '../job/own.ts';
import type { JobTable } from '../ports.ts';
import { type SendDeps, settleIntent } from './send.ts';
import { settleLater } from './settle-later.ts';

/**
 * The row is not ours: nothing is sent. A job that was cancelled under this execution may all the same have paid batches
 * that nobody else knows of: they are found, watched and collected, and the job is closed with its figures.
 * @param known every batch of the job
 */
export async function watchWhatWasSent(
  deps: SendDeps & { jobs: JobTable },
  state: JobState,
  known: readonly BatchEntry[],
): Promise<JobState> {
  const row = known.length > 0 ? await readJob(deps.jobs, state.job_id) : undefined;
  if (row?.status !== 'CANCELLED' || row.worker_id !== state.execution) {
    deps.log.info('job is not ours to run: left alone', { job_id: state.job_id });
    return { ...state, next: 'leave' };
  }
  for (const intent of known) {
    if (intent.batch_id) continue;
    const answer = await settleIntent(deps, intent);
    if (answer.kind === 'settle') return settleLater(state, answer);
  }
  const open = (await deps.ledger.batches(state.job_id)).filter((batch) => batch.state !== 'collected');
  if (open.length === 0) return { ...state, next: 'complete' };
  const round = Math.max(...open.map((batch) => batch.round));
  return { ...state, round, next: 'wait', wait_seconds: secondsToNextCheck(0, state.checks) };
}
