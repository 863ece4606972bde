import { cancelBatch } from '../batch/cancel.ts';
import { type SendDeps, settleIntent } from '../batch/send.ts';
import { settleLater } from '../batch/settle-later.ts';
import { secondsToNextCheck } from '../batch/wait.ts';
import { AnthropicUnavailable } from '../shared/errors.ts';
import type { JobState } from '../shared/hand-off.ts';
import type { BatchEntry } from '../shared/ledger-rows.ts';
import type { JobTable } from '../stores/jobs.ts';
import { closeJob } from './close.ts';
import { isCancelledUnder, readJob } from './own.ts';

/**
 * The row is not ours: nothing is sent. A job that was cancelled under this execution may all the same have paid batches
 * that nobody else knows of: they are found, cancelled by the status check, and collected; then the job is closed with its
 * figures. One of which nothing was sent is closed at once.
 * @param known every batch of the job
 */
export async function watchWhatWasSent(
  deps: SendDeps & { jobs: JobTable },
  state: JobState,
  known: readonly BatchEntry[],
): Promise<JobState> {
  if (!isCancelledUnder(await readJob(deps.jobs, state.job_id), state.execution)) {
    deps.log.info('job is not ours to run: left alone', { job_id: state.job_id });
    return { ...state, next: 'leave' };
  }
  // a plan has figures, which "Complete job" tells
  if (known.length === 0 && !(await deps.ledger.plan(state.job_id))) {
    await closeJob(deps, state, undefined, [], {
      status: 'COMPLETED',
      message: 'cancelled before anything was planned',
    });
    return { ...state, next: 'leave' };
  }
  const unsettled = known.filter(({ batch_id }) => !batch_id);
  // no status check comes before that, and it may take minutes in which the others go on and are billed
  if (unsettled.length > 0) await cancelOthers(deps, known);
  for (const intent of unsettled) {
    const answer = await settleIntent(deps, intent);
    if (answer.kind === 'settle') return settleLater(state, answer);
  }
  const open = (await deps.ledger.batches(state.job_id)).filter((batch) => batch.state !== 'collected');
  if (open.length === 0) return { ...state, next: 'complete' };
  const round = Math.max(...open.map((batch) => batch.round));
  return { ...state, round, next: 'wait', wait_seconds: secondsToNextCheck(0, state.checks) };
}

/** Asks the API to end the batches that are surely ours. Trouble is left to the next look. */
async function cancelOthers(deps: SendDeps, known: readonly BatchEntry[]): Promise<void> {
  try {
    for (const batch of known) if (batch.state === 'submitted' && !batch.adopted) await cancelBatch(deps, batch);
  } catch (error) {
    if (!(error instanceof AnthropicUnavailable)) throw error;
    deps.log.warn('a batch of a cancelled job could not be cancelled yet', { why: error.message });
  }
}
