import { StoreUnavailable } from '../shared/errors.ts';
import { AWAITING_BATCH, CREATE_BATCH, type JobRow, withLogLine } from '../shared/job-row.ts';
import type { BatchEntry, Plan } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import { awaitingJobId } from '../shared/names.ts';
import type { JobTable } from '../stores/jobs.ts';
import type { Ledger } from '../stores/ledger.ts';
import {
  isHeldBy,
  isOpenCancelled,
  isRunBy,
  type JobRun,
  type LooseRow,
  looseRow,
  readJob,
  readLoosely,
  standingOf,
} from './standing.ts';

/**
 * Every change of a job row, and nothing else changes one: claim, refuse, note, record a batch, finish, cancel, requeue,
 * resume, assign. Each is conditional on the status and version of the row as it was read.
 */
export interface RowDeps {
  jobs: JobTable;
  log: Log;
  now: () => Date;
}
type Attributes = Record<string, unknown>;

/** How often a row that others change at the same moment is read again. */
const TRIES = 5;

/** How long the state machine may run (76 hours), and an hour more. */
const LOCK_MS = 77 * 3_600_000;
/**
 * A PROCESSING row is locked for longer than its execution can run: an old poller takes one whose lock has run out for one of
 * its own that is stuck, and Polis' observer takes one without a lock for broken.
 */
const lockedFrom = (now: Date) => ({ lock_expires_at: new Date(now.getTime() + LOCK_MS).toISOString() });

/** What is removed from a row that had ended and continues. */
const REOPENED = {
  completed_at: '',
  error_message: undefined,
  failed_because: undefined,
  process_exit_confirmed: undefined,
  checker_schedule_failed: undefined,
  execution_status: undefined,
  withdrawn_reason: undefined,
  lock_expires_at: undefined,
} as const;

/** @returns false when somebody has changed the row since it was read */
async function change({ jobs }: Pick<RowDeps, 'jobs'>, row: LooseRow, set: Attributes): Promise<boolean> {
  const { job_id, status, version, worker_id } = row;
  const asRead = { status, version, ...(worker_id ? { worker_id } : {}) };
  return (await jobs.change(job_id, asRead, set)) === 'changed';
}

/**
 * Changes a row as long as `may` says so; when somebody changes it at the same moment it is read again and the change made on top.
 * @returns the row as it stood before; undefined when it was left alone
 * @throws StoreUnavailable
 */
async function changeWhile(
  deps: Pick<RowDeps, 'jobs' | 'log'>,
  jobId: string,
  may: (row: LooseRow) => boolean,
  set: (row: LooseRow) => Attributes,
): Promise<LooseRow | undefined> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const row = await readLoosely(deps.jobs, jobId);
    if (!row || !may(row)) {
      deps.log.warn('job row is not ours: left alone', { job_id: jobId, status: row?.status });
      return undefined;
    }
    if (await change(deps, row, set(row))) return row;
  }
  throw new StoreUnavailable(`job row ${jobId} kept changing under ${TRIES} attempts to write it`);
}

// ---- claim and refuse

type Claimed = Pick<JobRun, 'job_id' | 'version' | 'execution'>;

/**
 * Claims a PENDING row of the given version, or finds that this execution has claimed it already (a step run again).
 *
 * A row that was marked FAILED when this execution was stopped is not claimed. A step may have been under way at that
 * moment: claiming the row again would leave it PROCESSING with nobody at work, and spend money after the stop. In a
 * redriven execution the event of the redrive resumes the row within seconds, and the step, tried again, finds it its own.
 * @returns undefined when the row is another's, gone, or has moved on
 * @throws StoreUnavailable when this execution was stopped, and no redrive is known of yet; InvalidJobRow
 */
export async function claim({ jobs, now }: Pick<RowDeps, 'jobs' | 'now'>, run: Claimed): Promise<JobRow | undefined> {
  const row = await readJob(jobs, run.job_id);
  const loose = looseRow(row);
  if (!row || !loose) return undefined;
  if (isRunBy(loose, run.execution)) return row;
  if (isHeldBy(loose, run.execution)) {
    throw new StoreUnavailable(
      `job row ${run.job_id} says that this execution was stopped (${loose.execution_status}) and not that it was redriven: redrive the job if this lasts`,
    );
  }
  if (!waitsFor(loose, run.version)) return undefined;
  const set = { ...REOPENED, ...claimedBy(run.execution, now()), status: 'PROCESSING', execution_redrives: undefined };
  if (await change({ jobs }, loose, set)) return { ...row, ...set, version: row.version + 1 } as JobRow;
  const after = await readJob(jobs, run.job_id);
  return isRunBy(looseRow(after), run.execution) ? after : undefined;
}

const waitsFor = ({ status, version }: LooseRow, wanted: number): boolean => status === 'PENDING' && version === wanted;

const claimedBy = (execution: string, now: Date) => ({
  ...lockedFrom(now),
  worker_id: execution,
  started_at: now.toISOString(),
  updated_at: now.toISOString(),
});

/**
 * Fails a PENDING row that cannot be understood, so that it never blocks the stream.
 * @param row what of it can be read
 * @returns false when it has changed since
 */
export async function refuse(
  { jobs, now }: { jobs: Pick<JobTable, 'change'>; now: () => Date },
  row: { job_id: string; version?: unknown; logs?: string | undefined; batch_id?: string | undefined },
  message: string,
): Promise<boolean> {
  const time = now().toISOString();
  const set = {
    status: 'FAILED',
    error_message: message,
    completed_at: time,
    updated_at: time,
    process_exit_confirmed: true,
    // an AWAITING row stands for a batch that somebody has paid for
    ...(row.batch_id ? { checker_schedule_failed: true } : {}),
    logs: withLogLine(row.logs, time, 'ERROR', message),
  };
  return (await jobs.change(row.job_id, { status: 'PENDING', version: row.version }, set)) === 'changed';
}

// ---- note

type Held = Pick<JobRun, 'job_id' | 'execution'>;

/** Says on the row how far its batches are; also on one that is cancelled and not closed yet. */
export async function noteProgress(deps: RowDeps, { job_id, execution }: Held, progress: string): Promise<void> {
  const time = deps.now().toISOString();
  const may = (row: LooseRow) => isRunBy(row, execution) || isOpenCancelled(row, execution);
  await changeWhile(deps, job_id, may, ({ logs }) => ({
    batch_progress: progress,
    updated_at: time,
    logs: withLogLine(logs, time, 'INFO', progress),
  }));
}

/** Says on the row what the job is waiting for, unless it says so already. */
export async function noteWaiting(deps: RowDeps, run: Held, awaited: string): Promise<void> {
  const row = await readLoosely(deps.jobs, run.job_id);
  if (row && row.batch_progress !== awaited) await noteProgress(deps, run, awaited);
}

/** Adds a line to the log of a row, once. */
export async function noteOnce(deps: RowDeps, { job_id, execution }: Held, line: string): Promise<void> {
  const time = deps.now().toISOString();
  await changeWhile(
    deps,
    job_id,
    (row) => isRunBy(row, execution),
    ({ logs }) => ({
      updated_at: time,
      ...(logs.includes(JSON.stringify(line)) ? {} : { logs: withLogLine(logs, time, 'INFO', line) }),
    }),
  );
}

/** Says on a row that has ended that a person has published what it has. @param told for its log */
export async function notePublished(deps: Pick<RowDeps, 'jobs' | 'now'>, row: LooseRow, told: string): Promise<void> {
  const time = deps.now().toISOString();
  await change(deps, row, { updated_at: time, logs: withLogLine(row.logs, time, 'INFO', told) });
}

/** Says how often the execution of a row has been redriven. @returns false when the row has changed since */
export const noteRedrives = (deps: Pick<RowDeps, 'jobs'>, row: LooseRow, redrives: number): Promise<boolean> =>
  change(deps, row, { execution_redrives: redrives });

/** Says on a row that has ended which of its batches nobody watches. @param text for `error_message` */
export async function noteUnwatched(deps: RowDeps, row: LooseRow, text: string): Promise<void> {
  const time = deps.now().toISOString();
  await change(deps, row, {
    checker_schedule_failed: true,
    failed_because: row.error_message,
    error_message: `${row.error_message}${text}`,
    updated_at: time,
    logs: withLogLine(row.logs, time, 'ERROR', `found after the end:${text}`),
  });
}

/** Says on a row that has ended that no batch is left unwatched. @param figures what else is known by now */
export async function noteWatched(deps: RowDeps, row: LooseRow, figures: Attributes): Promise<void> {
  const time = deps.now().toISOString();
  await change(deps, row, {
    ...figures,
    checker_schedule_failed: undefined,
    ...(typeof row.failed_because === 'string' ? { error_message: row.failed_because, failed_because: undefined } : {}),
    updated_at: time,
    logs: withLogLine(row.logs, time, 'INFO', 'none of its batches is left unwatched any more'),
  });
}

// ---- batches

/** Records a batch on the job row, and adds the AWAITING row that an operator of the old pipeline looks for. @param remark for the row's log */
export async function recordBatch(
  deps: RowDeps,
  { execution }: Pick<JobRun, 'execution'>,
  row: JobRow,
  plan: Pick<Plan, 'model' | 'report_id' | 'report_timestamp'>,
  batch: BatchEntry,
  remark = '',
): Promise<void> {
  const { batch_id } = batch;
  const time = deps.now().toISOString();
  const line = `round ${batch.round}: batch ${batch_id} submitted with ${batch.requests} sections${remark}`;
  const recording = changeWhile(
    deps,
    row.job_id,
    (current) => isRunBy(current, execution),
    (current) => {
      const known: unknown[] = Array.isArray(current.batch_ids) ? current.batch_ids : [];
      const earlier = known.filter((id) => !batch.not_ours?.includes(String(id)));
      return {
        batch_id,
        batch_ids: [...new Set([...earlier, batch_id])],
        model: plan.model,
        batch_progress: line,
        updated_at: time,
        // a step run again does not tell twice
        logs: earlier.includes(batch_id) ? current.logs : withLogLine(current.logs, time, 'INFO', line),
      };
    },
  );
  const [recorded] = await Promise.all([recording, putBatchRow(deps, execution, row, plan, batch)]);
  if (!recorded)
    deps.log.warn('the row is no longer ours; its batch is watched all the same', { job_id: row.job_id, batch_id });
}

/** The AWAITING row of a batch: new, or claimed from an execution of this job that is gone. */
async function putBatchRow(
  deps: RowDeps,
  execution: string,
  row: JobRow,
  plan: Pick<Plan, 'model' | 'report_id' | 'report_timestamp'>,
  batch: BatchEntry,
): Promise<void> {
  const job_id = awaitingJobId(row.job_id, plan.report_timestamp, batch.round, batch.part);
  const time = deps.now().toISOString();
  const lock = lockedFrom(deps.now());
  const watch = { ...lock, status: 'PROCESSING', worker_id: execution, batch_id: batch.batch_id, updated_at: time };
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
  const there = await readLoosely(deps.jobs, job_id);
  if (!there || there.batch_job_id !== row.job_id) return;
  if (isRunBy(there, execution) && there.batch_id === batch.batch_id) return;
  await change(deps, there, { ...REOPENED, ...watch });
}

// ---- finish

/** An execution that did not come to its own end. */
export interface EndedExecution {
  /** for `execution_status` of the row: Step Functions' word for it */
  status: string;
  /** how often it had been redriven; absent: not known */
  redrives?: number;
}

/** How a job ends. */
export interface Ending {
  status: 'COMPLETED' | 'FAILED';
  ended?: EndedExecution;
  /** for the row's log, and its error_message when it failed */
  message: string;
  /** the message without what may cease to be true: batches that nobody watches */
  because?: string;
  /** more attributes of the job row */
  set?: Attributes;
}

/**
 * Writes its end on the row of a job that this execution runs, was stopped at, or was started for and never claimed. A job that
 * was cancelled under it ends FAILED as withdrawn. A row that is another's, or has been closed, is left alone.
 * @returns the row as it stood before; undefined when it was left alone
 */
export function finish(deps: RowDeps, run: Claimed, ending: Ending): Promise<LooseRow | undefined> {
  const may = (row: LooseRow) =>
    isHeldBy(row, run.execution) || waitsFor(row, run.version) || isOpenCancelled(row, run.execution);
  return changeWhile(deps, run.job_id, may, (row) => {
    const set = { ...ended(deps.now(), row, withdrawing(row, ending)), ...ending.set };
    // an execution that ended before it could claim its row (a missing secret, say) must not leave it PENDING forever
    if (row.status === 'PENDING')
      return { ...REOPENED, execution_redrives: undefined, ...claimedBy(run.execution, deps.now()), ...set };
    // a step that closes a row of a stopped execution is of a redrive whose event has yet to come: it is to be known as old then
    return row.status === 'FAILED' ? { ...set, execution_redrives: row.execution_redrives + 1 } : set;
  });
}

/** How a job ends that was cancelled: FAILED, and why it was withdrawn; any other ends as it does. */
function withdrawing(job: LooseRow | undefined, ending: Ending): EndingOfRow {
  if (!job || !isWithdrawn(job)) return ending;
  const withdrawn = job.withdrawn_reason ?? 'cancelled';
  const because = ending.because && `the job was ${withdrawn}: ${ending.because}`;
  return {
    ...ending,
    status: 'FAILED',
    withdrawn,
    message: `the job was ${withdrawn}: ${ending.message}`,
    ...(because ? { because } : {}),
  };
}

type EndingOfRow = Omit<Ending, 'set'> & { withdrawn?: string };

/**
 * The attributes of a row that has ended. When its execution was stopped, a function of it may still be at work for some minutes:
 * the sweep confirms later that none is.
 */
function ended(now: Date, row: LooseRow, { status, message, because, withdrawn, ended: how }: EndingOfRow): Attributes {
  const time = now.toISOString();
  return {
    status,
    completed_at: time,
    updated_at: time,
    process_exit_confirmed: how === undefined ? true : undefined,
    lock_expires_at: undefined,
    // what an earlier end said of it; it is set again here
    checker_schedule_failed: undefined,
    error_message: status === 'FAILED' ? message : undefined,
    failed_because: status === 'FAILED' ? because : undefined,
    execution_status: how?.status,
    withdrawn_reason: withdrawn,
    ...(how?.redrives === undefined ? {} : { execution_redrives: how.redrives }),
    logs: withLogLine(row.logs, time, status === 'FAILED' ? 'ERROR' : 'INFO', message),
  };
}

/** The attributes of an AWAITING row that ends with its job; nothing ever runs for such a row. */
const endedBatchRow = (now: Date, row: LooseRow, job: LooseRow | undefined, ending: Ending): Attributes => ({
  ...ended(now, row, withdrawing(job, ending)),
  process_exit_confirmed: true,
});

/** Ends the AWAITING rows of a job's batches: this execution's own, and those of one that was stopped before this one went on. */
export async function finishBatchRows(
  deps: RowDeps,
  { job_id, execution }: Held,
  plan: Pick<Plan, 'report_timestamp'>,
  batches: readonly BatchEntry[],
  ending: Ending,
): Promise<void> {
  const job = await readLoosely(deps.jobs, job_id);
  const endedHere = job?.worker_id === execution && (job.status === 'COMPLETED' || job.status === 'FAILED');
  for (const { round, part } of batches) {
    const id = awaitingJobId(job_id, plan.report_timestamp, round, part);
    const there = await readLoosely(deps.jobs, id);
    if (!there) continue;
    const left = endedHere && there.batch_job_id === job_id && there.execution_status !== undefined;
    const worker = left ? there.worker_id : execution;
    const set = (row: LooseRow) => endedBatchRow(deps.now(), row, job, ending);
    await changeWhile(deps, id, (row) => isHeldBy(row, worker) || isOpenCancelled(row, worker), set);
  }
}

/** Ends an AWAITING row whose job has ended: one that was written, or left open, by a process killed part-way. */
export async function finishLeftBatchRow(deps: RowDeps, row: LooseRow, job: LooseRow): Promise<boolean> {
  const status = job.status === 'COMPLETED' ? 'COMPLETED' : 'FAILED';
  const message = `its job ${row.batch_job_id} has ended as ${job.status}: see there`;
  const { execution_status } = job;
  const how = execution_status && job.worker_id === row.worker_id ? { ended: { status: execution_status } } : {};
  return change(deps, row, endedBatchRow(deps.now(), row, job, { status, message, ...how }));
}

/**
 * Ends the old pipeline's own row of a batch that was adopted: the poller leaves it PROCESSING for whoever collects the
 * batch. A row with another batch, or one that has moved on, is left alone.
 */
export async function finishAdoptedJob(
  deps: RowDeps,
  plan: Plan,
  batches: readonly BatchEntry[],
  ending: Ending,
): Promise<void> {
  if (plan.report_job_id === plan.job_id) return;
  const row = await readLoosely(deps.jobs, plan.report_job_id);
  const batch = batches.find(({ batch_id }) => batch_id !== undefined && batch_id === row?.batch_id);
  if (!row || !batch) return;
  // one that was marked when the watching execution was stopped gets its true end when the batch is collected after all
  const { kind } = standingOf(row, { execution: '' });
  if (kind !== 'running' && kind !== 'stopped') return;
  // a poller has claimed the row again since the batch was sent: it is at work on another one
  if (batch.created_at && Date.parse(row.started_at) > Date.parse(batch.created_at)) return;
  const end = withdrawing(await readLoosely(deps.jobs, plan.job_id), ending);
  const done = await change(deps, row, { ...ended(deps.now(), row, end), ...ending.set });
  deps.log.info('job of the old pipeline closed', { job_id: row.job_id, done });
}

/** Closes a cancelled row of which nothing was ever sent: no step can claim a row that is not PENDING any more. */
export const confirmCancelled = (deps: Pick<RowDeps, 'jobs' | 'now'>, row: LooseRow): Promise<boolean> =>
  change(deps, row, ended(deps.now(), row, withdrawing(row, { status: 'FAILED', message: 'nothing of it was sent' })));

/** Says of a row whose execution was stopped that no function of it can still be at work. */
export const confirmExit = (deps: RowDeps, row: LooseRow): Promise<boolean> =>
  change(deps, row, { process_exit_confirmed: true });

// ---- cancel, requeue, resume, assign

/**
 * Sets a row CANCELLED: how a person asks for it. One that nobody ever claimed ends at once.
 * @param by for the row: who asked
 * @returns false when it has changed since
 */
export function cancel(deps: Pick<RowDeps, 'jobs' | 'now'>, row: LooseRow, by: string): Promise<boolean> {
  const reason = `cancelled ${by}`;
  if (isUnclaimed(row)) return confirmCancelled(deps, { ...row, withdrawn_reason: reason });
  const time = deps.now().toISOString();
  return change(deps, row, {
    status: 'CANCELLED',
    withdrawn_reason: reason,
    process_exit_confirmed: undefined,
    updated_at: time,
    logs: withLogLine(row.logs, time, 'INFO', reason),
  });
}

/** Whether a row waits to be claimed for the first time; one that was requeued may have paid batches. */
export const isUnclaimed = (row: LooseRow): boolean =>
  row.status === 'PENDING' &&
  row.job_type === CREATE_BATCH &&
  standingOf(row, { execution: '' }).holder === 'nobody' &&
  row.started_at === '';

/**
 * Requeues a row: it is PENDING again and its version grows, so that the stream starts an execution of a new name, which
 * goes on with the ledger. What says that nobody watches a paid batch stays until an execution has claimed the row.
 * @param resumed how often the job has now been requeued without a person asking; undefined when a person asks
 * @returns false when the row has changed since
 */
export function requeue(
  deps: Pick<RowDeps, 'jobs' | 'now'>,
  row: LooseRow,
  why: string,
  resumed: number | undefined,
): Promise<boolean> {
  const { checker_schedule_failed: _, ...reopened } = REOPENED;
  const time = deps.now().toISOString();
  return change(deps, row, {
    ...reopened,
    status: 'PENDING',
    worker_id: 'none',
    updated_at: time,
    execution_redrives: undefined,
    resumed,
    logs: withLogLine(row.logs, time, 'INFO', `requeued: ${why}`),
  });
}

/**
 * Resumes the row of an execution that was stopped and has been redriven, with the AWAITING rows of its batches. A cancelled
 * job stays so, and waits for its figures again.
 * @param redrives how often the execution has now been redriven; undefined: not known
 * @returns false when the row has changed since
 */
export async function resume(
  deps: RowDeps & { ledger: Pick<Ledger, 'plan' | 'batches'> },
  row: LooseRow,
  redrives: number | undefined,
): Promise<boolean> {
  const { job_id, worker_id } = row;
  const time = deps.now().toISOString();
  const resumed = await change(deps, row, {
    ...REOPENED,
    ...lockedFrom(deps.now()),
    ...(isWithdrawn(row) ? { status: 'CANCELLED', withdrawn_reason: row.withdrawn_reason } : { status: 'PROCESSING' }),
    updated_at: time,
    logs: withLogLine(row.logs, time, 'INFO', 'the execution was redriven'),
    ...(redrives === undefined ? {} : { execution_redrives: redrives }),
  });
  if (!resumed) return false;
  deps.log.info('job resumed: its execution was redriven', { job_id, execution: worker_id, redrives });
  const plan = await deps.ledger.plan(job_id);
  for (const { round, part } of plan ? await deps.ledger.batches(job_id) : []) {
    const id = awaitingJobId(job_id, plan?.report_timestamp ?? '', round, part);
    if (!(await deps.jobs.get(id))) continue;
    const stopped = (batchRow: LooseRow) => batchRow.worker_id === worker_id && batchRow.execution_status !== undefined;
    const again = { ...REOPENED, ...lockedFrom(deps.now()), status: 'PROCESSING', updated_at: time };
    await changeWhile(deps, id, stopped, () => again);
  }
  return true;
}

/**
 * Assigns a cancelled job to an execution that is yet to be started, which cancels its open batches, collects what is finished
 * and closes the row. The row is CANCELLED until then.
 * @returns false when the row has changed since
 */
export function assign(deps: RowDeps, row: LooseRow, execution: string, line: string): Promise<boolean> {
  const time = deps.now().toISOString();
  return change(deps, row, {
    ...REOPENED,
    status: 'CANCELLED',
    withdrawn_reason: row.withdrawn_reason,
    worker_id: execution,
    updated_at: time,
    execution_redrives: undefined,
    resumed: row.resumed + 1,
    logs: withLogLine(row.logs, time, 'INFO', line),
  });
}

const isWithdrawn = (row: LooseRow): boolean => row.status === 'CANCELLED' || row.withdrawn_reason !== undefined;
