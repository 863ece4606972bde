import type { JobState } from '../shared/hand-off.ts';
import { withLogLine } from '../shared/job-row.ts';
import type { BatchEntry } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import type { BatchStatus } from '../stores/anthropic.ts';
import type { JobTable } from '../stores/jobs.ts';
import { changeOwn, isCancelledUnder, isOurs } from './own.ts';

interface ProgressDeps {
  jobs: JobTable;
  log: Log;
  now: () => Date;
}

/**
 * Says on the job row how far its batches are, when that has changed. A row that is cancelled is written as long as it
 * names this execution and has not been closed.
 * @param row as it was read before the API was asked
 * @param open the batches that were asked about, and of each the answer; none for one that is not ours after all
 */
export async function tellProgress(
  deps: ProgressDeps,
  state: JobState,
  row: Readonly<Record<string, unknown>> | undefined,
  open: readonly BatchEntry[],
  answers: readonly (BatchStatus | undefined)[],
): Promise<void> {
  const { job_id, execution, round } = state;
  const statuses = answers.filter((status) => status !== undefined);
  const asOfNow = progressOf(round, statuses);
  const progress = isCancelledUnder(row, execution) ? `${asOfNow}; ${cancelOf(open, answers)}` : asOfNow;
  deps.log.info('batch status', { job_id, round, batch_ids: statuses.map(({ id }) => id), progress });
  if (row?.batch_progress === progress || row?.worker_id !== execution) return;
  const time = deps.now().toISOString();
  await changeOwn(
    deps,
    job_id,
    execution,
    (current) => ({
      batch_progress: progress,
      updated_at: time,
      logs: withLogLine(current.logs, time, 'INFO', progress),
    }),
    (current) =>
      isOurs(current, execution) || (isCancelledUnder(current, execution) && current.process_exit_confirmed !== true),
  );
}

function progressOf(round: number, statuses: readonly BatchStatus[]): string {
  const sum = (key: keyof BatchStatus['counts']) => statuses.reduce((total, { counts }) => total + counts[key], 0);
  const ended = statuses.filter(({ processing_status }) => processing_status === 'ended').length;
  return `round ${round}: ${ended} of ${statuses.length} open batches ended; ${sum('processing')} processing, ${sum('succeeded')} succeeded, ${sum('errored')} errored, ${sum('canceled')} canceled, ${sum('expired')} expired`;
}

/** What a cancelled job's open batches come to: those that may be another's are not cancelled. */
function cancelOf(open: readonly BatchEntry[], answers: readonly (BatchStatus | undefined)[]): string {
  const running = open.filter((_, at) => answers[at] && answers[at].processing_status !== 'ended');
  if (running.length === 0) return 'the job is cancelled: what is finished is stored';
  const unproven = running.filter(({ adopted }) => adopted).length;
  const left = unproven > 0 ? `; ${unproven} not yet proven ours are watched to their end` : '';
  return `the job is cancelled: the API is asked to cancel ${running.length - unproven} of them${left}`;
}
