import { terminal } from '../../job/close.ts';
import { closeEnded } from '../../job/close-ended.ts';
import { isUnderWay, isWorkedByUs, type MarkedRow, marksSchema } from '../../job/marks.ts';
import { condition } from '../../job/put-back.ts';
import { AWAITING_BATCH } from '../../shared/job-row.ts';
import { isExecutionName } from '../../shared/names.ts';
import {
  type Did,
  idleSeconds,
  type Rule,
  resumeOrGiveUp,
  runOf,
  SETTLED_SECONDS,
  type SweepDeps,
  secondsSinceFirst,
} from './rule.ts';

/** PROCESSING rows of ours whose execution is gone: closed as their execution's end would have been, or resumed. */
export const processing: Rule = {
  status: 'PROCESSING',
  concerns: (row, stage) => isWorkedByUs(row, stage) || isWatchRow(row, stage),
  async see(deps, row) {
    const { now, stage } = deps;
    const settled = idleSeconds(row, now()) >= SETTLED_SECONDS;
    if (isWatchRow(row, stage)) return { did: settled ? await closeWatchRow(deps, row) : 'left' };
    const openSeconds = secondsSinceFirst(now(), row.started_at, row.created_at);
    const did = settled ? await lookUp(deps, row) : 'left';
    return did === 'closed' ? { did } : { did, openSeconds };
  },
};

async function lookUp(deps: SweepDeps, row: MarkedRow): Promise<Did> {
  const status = await deps.executions.status(row.worker_id);
  if (isUnderWay(status)) return 'left';
  if (status === 'SUCCEEDED' || status === 'unknown') {
    return resumeOrGiveUp(deps, row, `execution ${row.worker_id} is gone (${status})`);
  }
  return (await closeEnded(deps, row, runOf(row, deps.stage), { status })) ? 'closed' : 'left';
}

/** The AWAITING row that tells of a batch of one of our jobs: it is worked by that job's execution. */
const isWatchRow = (row: MarkedRow, stage: string | undefined): boolean =>
  row.job_type === AWAITING_BATCH && row.batch_job_id !== '' && isExecutionName(row.worker_id, row.batch_job_id, stage);

/** Such a row ends with its job; one that was written or left open by a process killed half-way is closed after it. */
async function closeWatchRow(deps: SweepDeps, row: MarkedRow): Promise<Did> {
  const job = marksSchema.safeParse(await deps.jobs.get(row.batch_job_id)).data;
  // one that was set to PENDING by hand still says that it has ended
  if (!job?.process_exit_confirmed || job.status === 'PENDING') return 'left';
  const status = job.status === 'COMPLETED' || job.status === 'CANCELLED' ? job.status : 'FAILED';
  const message = `its job ${row.batch_job_id} has ended as ${job.status}: see there`;
  const { execution_status } = job;
  const ended = execution_status && job.worker_id === row.worker_id ? { ended: { status: execution_status } } : {};
  const set = terminal(deps, row, { status, message, ...ended });
  return (await deps.jobs.change(row.job_id, condition(row), set)) === 'changed' ? 'closed' : 'left';
}
