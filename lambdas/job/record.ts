import type { JobState } from '../shared/hand-off.ts';
import { AWAITING_BATCH, type JobRow, withLogLine } from '../shared/job-row.ts';
import type { BatchEntry, Plan } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import { awaitingJobId } from '../shared/names.ts';
import type { JobTable } from '../stores/jobs.ts';
import { PRICE_UNKNOWN } from './bill.ts';
import { changeOwn, isOurs, REOPENED, readJob } from './own.ts';

interface RecordDeps {
  jobs: JobTable;
  log: Log;
  now: () => Date;
}

/** Tells of a batch on the job row, and adds the AWAITING row that an operator of the old pipeline looks for. */
export async function recordOnRows(
  deps: RecordDeps,
  state: JobState,
  row: JobRow,
  plan: Plan,
  batch: BatchEntry,
): Promise<void> {
  const { batch_id } = batch;
  const time = deps.now().toISOString();
  const recorded = await changeOwn(deps, row.job_id, state.execution, (current) => {
    const earlier = batchIds(current).filter((id) => !batch.not_ours?.includes(String(id)));
    const price = plan.unpriced ? `; ${PRICE_UNKNOWN}` : '';
    const line = `round ${batch.round}: batch ${batch_id} submitted with ${batch.requests} sections${price}`;
    return {
      batch_id,
      batch_ids: [...new Set([...earlier, batch_id])],
      model: plan.model,
      updated_at: time,
      // a step run again does not tell twice
      logs: earlier.includes(batch_id) ? current.logs : withLogLine(current.logs, time, 'INFO', line),
    };
  });
  if (!recorded)
    deps.log.warn('the row was taken away; its batch is watched all the same', { job_id: row.job_id, batch_id });
  await watchedBy(deps, state, row, plan, batch);
}

/** Says on the job row, once, why a round that is due is not sent: the sections it was for stay missing. */
export async function tellNotSent(deps: RecordDeps, { job_id, execution }: JobState, why: string): Promise<void> {
  deps.log.warn('a round is not sent: its sections stay missing', { job_id, why });
  const time = deps.now().toISOString();
  await changeOwn(deps, job_id, execution, ({ logs }) =>
    logs?.includes(why) ? { updated_at: time } : { updated_at: time, logs: withLogLine(logs, time, 'INFO', why) },
  );
}

const batchIds = (row: JobRow): unknown[] => (Array.isArray(row.batch_ids) ? row.batch_ids : []);

/** The AWAITING row of a batch: new, or taken over from an execution of this job that is gone. */
async function watchedBy(deps: RecordDeps, state: JobState, row: JobRow, plan: Plan, batch: BatchEntry): Promise<void> {
  const job_id = awaitingJobId(row.job_id, plan.report_timestamp, batch.round, batch.part);
  const time = deps.now().toISOString();
  const watch = { status: 'PROCESSING', worker_id: state.execution, batch_id: batch.batch_id, updated_at: time };
  const put = await deps.jobs.putNew({
    ...watch,
    job_id,
    job_type: AWAITING_BATCH,
    version: 1,
    priority: 50,
    conversation_id: row.conversation_id,
    report_id: plan.report_id,
    batch_job_id: row.job_id,
    model: plan.model,
    created_at: time,
    started_at: time,
    completed_at: '',
    job_config: '{}',
    job_results: '{}',
    logs: JSON.stringify({ entries: [] }),
  });
  if (put === 'put') return;
  const there = await readJob(deps.jobs, job_id);
  if (!there || there.batch_job_id !== row.job_id) return;
  if (isOurs(there, state.execution) && there.batch_id === batch.batch_id) return;
  await deps.jobs.change(job_id, { status: there.status, version: there.version }, { ...REOPENED, ...watch });
}
