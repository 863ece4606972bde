import { type BrokenOff, type FinishDeps, failBrokenOff, failJob, figuresOf, readLedger } from '../job/finish.ts';
import {
  canRun,
  idleSeconds,
  isUnderWay,
  type JobRun,
  type LooseRow,
  looseRow,
  readLoosely,
  runOf,
  type Standing,
  secondsSince,
  standingOf,
  versionOf,
} from '../job/standing.ts';
import { nameOfBatch, tellUnwatched, unwatched } from '../job/summary.ts';
import {
  assign,
  confirmCancelled,
  confirmExit,
  finishLeftBatchRow,
  noteUnwatched,
  noteWatched,
  requeue,
  resume,
} from '../job/transitions.ts';
import { daysBefore } from '../shared/days.ts';
import { StoreUnavailable, whyOf } from '../shared/errors.ts';
import { AWAITING_BATCH, CREATE_BATCH } from '../shared/job-row.ts';
import { executionName } from '../shared/names.ts';
import { dispatch } from '../steps/dispatch.ts';
import type { ExecutionStatus, ExecutionStatuses, Executions } from '../stores/executions.ts';
import type { JobFinder } from '../stores/jobs.ts';

export type SweepDeps = FinishDeps & {
  finder: JobFinder;
  executions: Executions & ExecutionStatuses;
  /** of the deployment; absent: none */
  stage?: string;
  /** milliseconds until this invocation is ended from outside */
  remainingMs: () => number;
};

export interface SweepResult {
  /** jobs that the stream had missed */
  started: number;
  /** jobs that were requeued, resumed with their redriven execution, or assigned to a new one */
  resumed: number;
  /** rows that were brought to their end */
  closed: number;
  /** paid batches that nobody watches */
  unwatched: number;
  /** how long the oldest open job has been so; 0 when none is */
  oldest_seconds: number;
  /** ids of the jobs that were started, resumed or closed, at most 100 of each; absent when there are none */
  jobs?: Partial<Record<'started' | 'resumed' | 'closed', string[]>>;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** A row that was written less long ago is being worked on; the stream, and what Step Functions reports about new executions, may be late. */
const SETTLED_SECONDS = 5 * MINUTE;
/** A row that was stopped this long ago has no function at work any more: the longest may run for 15 minutes. */
const EXIT_SECONDS = 20 * MINUTE;
/** Times a job is requeued without a person asking. */
export const MAX_RESUMED = 5;
/** How long after its end a failed job with an unwatched batch is requeued, in seconds: the first, second and third time. */
const REQUEUE_AFTER = [HOUR, 4 * HOUR, 16 * HOUR];
/** How long after its last change a cancelled job with an unwatched batch gets a new execution, in seconds. */
const ASSIGN_AFTER = [5 * MINUTE, 5 * MINUTE, HOUR, 4 * HOUR, 16 * HOUR];
/** The API keeps results for as many days: rows that ended before are not looked at. */
export const DAYS_OF_RESULTS = 29;

type Did = 'started' | 'resumed' | 'closed' | 'left';

/** What the sweep knows of one row; what has to be looked up is looked up once, and only when a line of the table asks. */
interface Facts {
  row: LooseRow;
  standing: Standing;
  run: JobRun;
  execution: () => Promise<ExecutionStatus>;
  /** names of batches that are paid for and not collected */
  unwatched: () => Promise<string[]>;
  /** how many these are, if a line has asked for them */
  unwatchedCount: () => Promise<number>;
  /** the job whose batch an AWAITING row watches */
  job: () => Promise<LooseRow | undefined>;
}
type When = (facts: Facts, deps: SweepDeps) => boolean | Promise<boolean>;
type Act = (deps: SweepDeps, facts: Facts) => Promise<Did>;
interface Line {
  of: (facts: Facts) => boolean;
  when: readonly When[];
  act: Act;
}

// ---- the rows that the sweep looks at

const waiting = ({ standing }: Facts) => standing.kind === 'waiting';
const running = ({ standing }: Facts) => standing.kind === 'running' && standing.holder === 'ours';
const batchRow = ({ standing }: Facts) => standing.kind === 'running' && standing.holder === 'our job';
/** Ended FAILED, and marked as having an unwatched batch, or as stopped while a step may still have been sending one. */
const failed = ({ row, standing: { kind, holder } }: Facts) =>
  (kind === 'failed' || kind === 'stopped') &&
  (holder === 'ours' || isRefusedBatchRow(row, holder)) &&
  (kind === 'stopped' || (row.process_exit_confirmed === true && row.checker_schedule_failed === true));
/** Cancelled, and not closed, or closed and marked in the same way. */
const cancelled = ({ row, standing: { kind, holder } }: Facts) =>
  (kind === 'cancelling' || kind === 'withdrawn') &&
  (holder === 'ours' || isNobodysJob(row, holder)) &&
  (kind === 'cancelling' || row.checker_schedule_failed === true || row.execution_status !== undefined);

/** An AWAITING row of the old pipeline that dispatch could not understand. */
const isRefusedBatchRow = (row: LooseRow, holder: Standing['holder']): boolean =>
  row.job_type === AWAITING_BATCH && row.checker_schedule_failed === true && holder === 'nobody';
const isNobodysJob = (row: LooseRow, holder: Standing['holder']): boolean =>
  row.job_type === CREATE_BATCH && holder === 'nobody';

// ---- what else must hold

const justWritten: When = ({ row }, { now }) => idleSeconds(row, now()) < SETTLED_SECONDS;
const unreadable: When = ({ row }) => !canRun(row);
const executionIs =
  (...wanted: ExecutionStatus[]): When =>
  async ({ execution }) =>
    wanted.includes(await execution());
const executionRuns: When = async ({ execution }) => isUnderWay(await execution());
const wasStopped: When = ({ row }) => row.execution_status !== undefined;
const notStoppedByHand: When = ({ row }) => row.execution_status !== 'ABORTED';
const closed: When = ({ standing }) => standing.kind === 'withdrawn';
const open: When = ({ standing }) => standing.kind === 'cancelling';
/** No function that was at work when the execution was stopped can still be so. */
const longStopped: When = ({ row }, { now }) =>
  row.execution_status !== undefined && !row.process_exit_confirmed && idleSeconds(row, now()) >= EXIT_SECONDS;
const flagged: When = ({ row }) => row.checker_schedule_failed === true;
const notFlagged: When = ({ row }) => !row.checker_schedule_failed;
const hasUnwatched: When = async ({ unwatched }) => (await unwatched()).length > 0;
const noneUnwatched: When = async ({ unwatched }) => (await unwatched()).length === 0;
const nobodys: When = ({ standing }) => standing.holder === 'nobody';
const jobHasEnded: When = async ({ job }, { stage }) => {
  const row = await job();
  const kind = row && standingOf(row, { stage }).kind;
  return kind === 'completed' || kind === 'failed' || kind === 'stopped' || kind === 'withdrawn';
};
/** What cannot be read would only be refused again. @param after seconds to wait the first, second … time; after the last it is left */
const due =
  (after: readonly number[]): When =>
  ({ row }, { now }) =>
    canRun(row) && idleSeconds(row, now()) >= (after[row.resumed] ?? Number.POSITIVE_INFINITY);
/** The sweep was killed after it had assigned the row to an execution, and before it had started that. */
const assignedAndNotStarted: When = ({ row }, { stage }) => {
  const version = versionOf(row);
  // a row that an execution has claimed is a version ahead of its name
  return version !== undefined && row.worker_id === executionName(row.job_id, version, stage);
};
/** At most one job of a report may be under way. What an old poller holds does not count: it may have left it so for good. */
const alone: When = async ({ row }, { finder, jobs, stage }) => {
  const counts = (other: LooseRow | undefined) => {
    if (other?.job_type !== CREATE_BATCH || other.job_id === row.job_id || other.report_id !== row.report_id)
      return false;
    const { kind, holder } = standingOf(other, { stage });
    return kind === 'waiting' || (kind === 'running' && holder === 'ours');
  };
  for (const status of row.report_id ? ['PENDING', 'PROCESSING'] : []) {
    for await (const indexed of finder.withStatus(status)) {
      const other = looseRow(indexed);
      // the index is a moment late
      if (other && counts(other) && counts(await readLoosely(jobs, other.job_id))) return false;
    }
  }
  return true;
};

// ---- what is done

const leave: Act = async () => 'left';
const refuseRow: Act = async (deps, { row }) => ((await dispatch(deps, row)) === 'refused' ? 'closed' : 'left');
const failAsBrokenOff: Act = async (deps, { row, run, execution }) =>
  (await failBrokenOff(deps, row, run, { status: (await execution()) as BrokenOff })) ? 'closed' : 'left';
const resumeRow: Act = async (deps, { row }) => ((await resume(deps, row, undefined)) ? 'resumed' : 'left');
/** Starts it by the very name that the stream would use; a name that is used up is passed over by raising the version. */
const startOrRequeue: Act = async (deps, facts) =>
  (await dispatch(deps, facts.row)) === 'started' ? 'started' : requeueWaiting(deps, facts);
const requeueWaiting: Act = async (deps, facts) =>
  requeueOrGiveUp(
    deps,
    facts,
    `execution ${facts.run.execution} has ended (${await facts.execution()}) without claiming the job`,
  );
const requeueRunning: Act = async (deps, facts) =>
  requeueOrGiveUp(deps, facts, `execution ${facts.row.worker_id} is gone (${await facts.execution()})`);
const closeBatchRow: Act = async (deps, { row, job }) => {
  const ended = await job();
  return ended && (await finishLeftBatchRow(deps, row, ended)) ? 'closed' : 'left';
};
const noteNoneUnwatched: Act = async (deps, { row }) => {
  // a step that was under way then may have collected the batch, or been refused it: the figures are written again
  const end = Date.parse(row.completed_at);
  const seconds = secondsSince(row.started_at, Number.isNaN(end) ? deps.now() : new Date(end));
  await noteWatched(deps, row, figuresOf(await readLedger(deps, row.job_id), seconds));
  deps.log.info('no batch is left unwatched any more', { job_id: row.job_id });
  return 'left';
};
const noteUnwatchedFound: Act = async (deps, { row, unwatched }) => {
  const batches = await unwatched();
  await noteUnwatched(deps, row, tellUnwatched(batches));
  deps.log.error('a batch was sent by a step whose execution was stopped', { job_id: row.job_id, batches });
  return 'left';
};
const requeueUnwatched: Act = async (deps, { row, unwatched }) => {
  const why = `a paid batch is left unwatched (${(await unwatched()).join(', ')})`;
  return (await requeueRow(deps, row, why)) ? 'resumed' : 'left';
};
const startAssigned: Act = (deps, { row, run }) => start(deps, { ...run, version: versionOf(row) ?? 0 });
/** The row names the new execution first, so that one that could not be started is known by its name. */
const assignAndStart: Act = async (deps, { row, run, unwatched }) => {
  // as the table counts it: a version that is not a number starts at 1
  const version = typeof row.version === 'number' ? row.version + 1 : 1;
  const execution = executionName(row.job_id, version, deps.stage);
  const line = `the job is cancelled and ${(await unwatched()).join(', ')} unwatched: execution ${execution} finishes it`;
  if (!(await assign(deps, row, execution, line))) return 'left';
  return start(deps, { ...run, execution, version });
};
/** The next sweep does what else is to be done. */
const confirmNothingRuns: Act = async (deps, { row, unwatched }) => {
  await confirmExit(deps, row);
  await unwatched();
  return 'left';
};
const confirm: Act = async (deps, { row }) => ((await confirmCancelled(deps, row)) ? 'closed' : 'left');
const failCancelled: Act = async (deps, { run, execution }) => {
  const status = await execution();
  // one that has SUCCEEDED found the job cancelled and left it
  const gone = status === 'SUCCEEDED' ? 'its execution has left it' : `its execution is gone (${status})`;
  const why = `ExecutionLost: the job was cancelled, and ${gone}; to continue anyway, set its row to PENDING and add 1 to version`;
  return (await failJob(deps, run, { name: 'ExecutionLost', why })) ? 'closed' : 'left';
};

// ---- the table: the first line that holds is what is done about a row

const TABLE: readonly Line[] = [
  { of: waiting, when: [justWritten], act: leave },
  { of: waiting, when: [unreadable], act: refuseRow },
  { of: waiting, when: [executionRuns], act: leave },
  // stopped on purpose, before it could claim its row
  { of: waiting, when: [executionIs('ABORTED')], act: failAsBrokenOff },
  { of: waiting, when: [executionIs('unknown')], act: startOrRequeue },
  { of: waiting, when: [], act: requeueWaiting },

  { of: running, when: [justWritten], act: leave },
  { of: running, when: [executionRuns], act: leave },
  { of: running, when: [executionIs('SUCCEEDED', 'unknown')], act: requeueRunning },
  { of: running, when: [], act: failAsBrokenOff },

  { of: batchRow, when: [justWritten], act: leave },
  { of: batchRow, when: [jobHasEnded], act: closeBatchRow },
  { of: batchRow, when: [], act: leave },

  { of: cancelled, when: [open, justWritten], act: leave },
  // its execution was stopped and continues, though the event of its redrive has not come
  { of: cancelled, when: [executionRuns, wasStopped], act: resumeRow },
  { of: cancelled, when: [executionRuns], act: leave },
  { of: cancelled, when: [longStopped], act: confirmNothingRuns },
  { of: cancelled, when: [open, executionIs('unknown'), assignedAndNotStarted, hasUnwatched], act: startAssigned },
  { of: cancelled, when: [hasUnwatched, due(ASSIGN_AFTER)], act: assignAndStart },
  { of: cancelled, when: [closed, flagged, noneUnwatched], act: noteNoneUnwatched },
  { of: cancelled, when: [closed], act: leave },
  { of: cancelled, when: [nobodys, noneUnwatched], act: confirm },
  { of: cancelled, when: [executionIs('FAILED', 'TIMED_OUT', 'ABORTED')], act: failAsBrokenOff },
  { of: cancelled, when: [], act: failCancelled },

  { of: failed, when: [wasStopped, executionRuns], act: resumeRow },
  { of: failed, when: [longStopped], act: confirmNothingRuns },
  { of: failed, when: [noneUnwatched, flagged], act: noteNoneUnwatched },
  { of: failed, when: [noneUnwatched], act: leave },
  // a step that was under way when its execution was stopped may have sent a batch after the row was closed
  { of: failed, when: [notFlagged], act: noteUnwatchedFound },
  { of: failed, when: [notStoppedByHand, due(REQUEUE_AFTER), alone], act: requeueUnwatched },
  { of: failed, when: [], act: leave },
];

/** FAILED rows last: there may be many, and what was closed before is counted there. */
const STATUSES = [
  { status: 'PENDING', days: undefined },
  { status: 'PROCESSING', days: undefined },
  { status: 'CANCELLED', days: DAYS_OF_RESULTS },
  { status: 'FAILED', days: DAYS_OF_RESULTS },
] as const;
/** With less than this left no further row is begun. */
const STOP_MS = 20_000;

/**
 * Looks through the job table, by its index, for jobs and paid batches that nobody works on, and starts, resumes or
 * closes them. Every change is conditional on the row as it was read, so that sweeps may overlap each other, and anything else.
 * A row that makes trouble is logged and left to the next sweep; so is what time does not suffice for.
 * @throws StoreUnavailable when the index cannot be read
 */
export async function sweep(deps: SweepDeps): Promise<SweepResult> {
  const result: SweepResult = { started: 0, resumed: 0, closed: 0, unwatched: 0, oldest_seconds: 0 };
  const jobs: Record<'started' | 'resumed' | 'closed', string[]> = { started: [], resumed: [], closed: [] };
  const finished = await lookThrough(deps, (jobId, { did, unwatched: left, openSeconds }) => {
    if (did !== 'left') {
      result[did] += 1;
      jobs[did].push(jobId);
    }
    result.unwatched += left;
    result.oldest_seconds = Math.max(result.oldest_seconds, openSeconds);
  });
  deps.metrics.add('JobsResumed', result.started + result.resumed);
  // half a count would end an alarm that should go on
  if (finished) {
    deps.metrics.add('OldestJobSeconds', result.oldest_seconds);
    deps.metrics.add('UnwatchedBatches', result.unwatched);
  }
  const named = Object.entries(jobs).flatMap(([did, ids]) => (ids.length > 0 ? [[did, ids.slice(0, MAX_NAMED)]] : []));
  if (named.length > 0) result.jobs = Object.fromEntries(named);
  deps.log.info('swept', { ...result, finished });
  return result;
}

const MAX_NAMED = 100;

interface Seen {
  did: Did;
  /** paid batches of this row that nobody watches, and that it has not gone on with */
  unwatched: number;
  /** how long a job that is open has been so */
  openSeconds: number;
}

/** @returns false when its time ran short */
async function lookThrough(deps: SweepDeps, tell: (jobId: string, seen: Seen) => void): Promise<boolean> {
  for (const { status, days } of STATUSES) {
    const since = days ? daysBefore(deps.now(), days) : undefined;
    for await (const indexed of deps.finder.withStatus(status, since)) {
      const row = looseRow(indexed);
      // rows of other job types are not in this shape
      if (!row || !lineFor(factsOf(deps, row))) continue;
      if (deps.remainingMs() < STOP_MS) {
        deps.log.warn('out of time: the next sweep continues', { status });
        return false;
      }
      const seen = await seeOne(deps, status, row.job_id);
      if (seen) tell(row.job_id, seen);
    }
  }
  return true;
}

const lineFor = (facts: Facts): boolean => TABLE.some(({ of }) => of(facts));

/** Decides on the row as the table has it: the index is a moment late. */
async function seeOne(deps: SweepDeps, status: string, jobId: string): Promise<Seen | undefined> {
  try {
    const row = await readLoosely(deps.jobs, jobId);
    if (row?.status !== status) return undefined;
    const facts = factsOf(deps, row);
    for (const line of TABLE) {
      if (line.of(facts) && (await allHold(line.when, facts, deps)))
        return seenOf(deps, facts, await line.act(deps, facts));
    }
    return undefined;
  } catch (error) {
    const fields = { job_id: jobId, error_name: (error as Error).name, why: whyOf(error) };
    deps.log.error('a row could not be swept; the next sweep tries again', fields);
    return undefined;
  }
}

async function allHold(conditions: readonly When[], facts: Facts, deps: SweepDeps): Promise<boolean> {
  for (const holds of conditions) if (!(await holds(facts, deps))) return false;
  return true;
}

async function seenOf({ now }: SweepDeps, facts: Facts, did: Did): Promise<Seen> {
  const { row } = facts;
  const isOpenJob = (waiting(facts) || running(facts)) && did !== 'closed';
  const first = waiting(facts) ? [row.updated_at, row.created_at] : [row.started_at, row.created_at];
  const since = first.find((time) => !Number.isNaN(Date.parse(time)));
  // what was closed is FAILED now, and counted when these are looked through
  const isCounted = did === 'left';
  return {
    did,
    unwatched: isCounted ? await facts.unwatchedCount() : 0,
    openSeconds: isOpenJob ? secondsSince(since, now()) : 0,
  };
}

function factsOf(deps: SweepDeps, row: LooseRow): Facts {
  const standing = standingOf(row, { stage: deps.stage });
  let names: Promise<string[]> | undefined;
  return {
    row,
    standing,
    run: runOf(row, deps.stage),
    execution: once(async () =>
      standing.holder === 'nobody' && standing.kind !== 'waiting'
        ? 'unknown'
        : deps.executions.status(runOf(row, deps.stage).execution),
    ),
    unwatched: () => {
      names ??= unwatchedNames(deps, row);
      return names;
    },
    unwatchedCount: async () => (await names)?.length ?? 0,
    job: once(() => readLoosely(deps.jobs, row.batch_job_id)),
  };
}

/** A look-up that is made at most once. */
function once<T>(look: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= look();
    return found;
  };
}

/** Batches of a job that are paid for and not collected; where the ledger does not tell, the one that the row names. */
async function unwatchedNames({ ledger, log }: SweepDeps, row: LooseRow): Promise<string[]> {
  const named = row.batch_id === '' ? [] : [row.batch_id];
  try {
    const batches = await ledger.batches(row.job_id);
    if (batches.length > 0) return unwatched(batches).map(nameOfBatch);
    return row.checker_schedule_failed ? named : [];
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    log.error('the ledger cannot be read', { job_id: row.job_id, why: whyOf(error) });
    // what the row says stands
    if (!row.checker_schedule_failed) return [];
    return named.length > 0 ? named : ['one that the ledger cannot tell'];
  }
}

async function requeueRow(deps: SweepDeps, row: LooseRow, why: string): Promise<boolean> {
  const done = await requeue(deps, row, why, row.resumed + 1);
  deps.log.info('job requeued', { job_id: row.job_id, why, done });
  return done;
}

/** Requeues a job, as often as is sensible; then it is closed FAILED and says so. */
async function requeueOrGiveUp(deps: SweepDeps, { row, run }: Facts, why: string): Promise<Did> {
  if (row.resumed < MAX_RESUMED) return (await requeueRow(deps, row, why)) ? 'resumed' : 'left';
  const given = `ExecutionLost: ${why}, and the job was requeued ${row.resumed} times: look its executions up in the Step Functions console, fix the cause, then run \`narratives redrive ${row.job_id}\``;
  return (await failJob(deps, run, { name: 'ExecutionLost', why: given })) ? 'closed' : 'left';
}

async function start({ executions, log }: SweepDeps, { job_id, job_type, version, execution }: JobRun): Promise<Did> {
  const run = { job_id, job_type, version, execution };
  const answer = await executions.start(execution, run);
  log.info('cancelled job continues in a new execution', { ...run, answer });
  return answer === 'started' ? 'resumed' : 'left';
}
