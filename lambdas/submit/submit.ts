import { SubmissionUnsettled } from '../domain/errors.ts';
import { parseJobConfig } from '../domain/job-config.ts';
import type { JobRow } from '../domain/job-row.ts';
import { AWAITING_BATCH, withLogLine } from '../domain/job-row.ts';
import { type JobState, parseJobState } from '../domain/job-state.ts';
import { awaitingJobId } from '../domain/keys.ts';
import type { Asked, BatchEntry, Plan } from '../domain/ledger-entries.ts';
import { MOST_TROUBLES, secondsToNextCheck } from '../domain/wait.ts';
import { changeOwn, claim, readJob } from '../job/own.ts';
import type { JobTable } from '../ports.ts';
import { askAgain, roundToAsk } from './next-round.ts';
import { type PlanDeps, planJob } from './plan-job.ts';
import { type SendDeps, sendOnce, settleIntent } from './send.ts';
import { requestOf } from './split.ts';

export type SubmitDeps = PlanDeps &
  SendDeps & { jobs: JobTable; settings: PlanDeps['settings'] & { defaultModel: string } };

/**
 * "Submit batch": claims the job, plans it (or takes up the plan of an earlier attempt), and sends the batches of the
 * round that is due, each once. May run again from its start at any moment.
 * @returns next: 'wait' for the batches, 'settle' when a submission has no clear answer yet, 'complete' when nothing is
 * left to ask, 'leave' when the job is another's
 */
export async function submit(deps: SubmitDeps, input: unknown): Promise<JobState> {
  const state = parseJobState(input);
  const row = await claim(deps, state);
  const known = await deps.ledger.batches(state.job_id);
  if (!row) return watchWhatWasSent(deps, state, known);
  const plan = await takeUpPlan(deps, row, known.length > 0);
  const round = roundToAsk(known);
  const first_round = state.round === 0 ? round : state.first_round;
  const begun = known.filter((batch) => batch.round === round);
  if (round > 1 && begun.length === 0 && (await askAgain(deps.ledger, plan, round)) === 0) {
    return { ...state, first_round, round: round - 1, next: 'complete' };
  }
  for await (const { part, rows } of byPart(deps.ledger.askedInRound(state.job_id, round))) {
    const requests = rows.map((asked) => requestOf(plan, asked));
    const answer = await sendOnce(deps, plan, {
      round,
      part,
      requests,
      known: begun.find((batch) => batch.part === part),
    });
    if (answer.kind === 'settle') return { ...settleLater(state, answer), first_round };
    await recordOnRows(deps, state, row, plan, answer.batch);
  }
  return {
    ...state,
    first_round,
    round,
    troubles: 0,
    next: 'wait',
    wait_seconds: secondsToNextCheck(0, state.checks),
  };
}

/**
 * The row is not ours: nothing is sent. A job that was cancelled while its submission was being settled may all the same
 * have a paid batch that only this execution knows of: it is found and watched.
 */
async function watchWhatWasSent(deps: SubmitDeps, state: JobState, known: readonly BatchEntry[]): Promise<JobState> {
  const open = known.filter((batch) => batch.state !== 'collected');
  const row = open.length > 0 ? await readJob(deps.jobs, state.job_id) : undefined;
  if (row?.status !== 'CANCELLED') {
    deps.log.info('job is not ours to run: left alone', { job_id: state.job_id });
    return { ...state, next: 'leave' };
  }
  for (const intent of open) {
    if (intent.batch_id) continue;
    const answer = await settleIntent(deps, intent);
    if (answer.kind === 'settle') return settleLater(state, answer);
  }
  const sent = (await deps.ledger.batches(state.job_id)).filter((batch) => batch.state !== 'collected');
  const round = Math.max(0, ...sent.map((batch) => batch.round));
  return {
    ...state,
    round,
    next: sent.length > 0 ? 'wait' : 'leave',
    wait_seconds: secondsToNextCheck(0, state.checks),
  };
}

/** Waits before the submission is looked at again; not for ever. */
function settleLater(state: JobState, { waitSeconds, why }: { waitSeconds: number; why: string }): JobState {
  if (state.troubles >= MOST_TROUBLES) {
    throw new SubmissionUnsettled(
      `the Anthropic API gave no clear answer to a submission ${MOST_TROUBLES} times (${why}): see its status page, then set the job to PENDING`,
    );
  }
  return { ...state, troubles: state.troubles + 1, next: 'settle', wait_seconds: waitSeconds };
}

/** The plan of an earlier attempt when anything of it may have been sent; otherwise a fresh one, written to the ledger. */
async function takeUpPlan(deps: SubmitDeps, row: JobRow, anythingSent: boolean): Promise<Plan> {
  const earlier = anythingSent ? await deps.ledger.plan(row.job_id) : undefined;
  if (earlier) return earlier;
  const { plan, asked, estimate } = await planJob(
    deps,
    row,
    parseJobConfig(row.job_config, deps.settings.defaultModel),
  );
  await deps.ledger.writePlan(plan, asked);
  deps.log.info('job planned', { job_id: row.job_id, ...estimate });
  return plan;
}

/** Asked rows in groups of one part; rows come in order of ordinal, and so of part. */
async function* byPart(rows: AsyncIterable<Asked>): AsyncGenerator<{ part: number; rows: Asked[] }> {
  let group: { part: number; rows: Asked[] } | undefined;
  for await (const row of rows) {
    if (group && group.part !== row.part) yield group;
    if (group?.part !== row.part) group = { part: row.part, rows: [] };
    group.rows.push(row);
  }
  if (group) yield group;
}

/** Tells of the batch on the job row, and adds the AWAITING row that an operator of the old pipeline looks for. */
async function recordOnRows(
  deps: SubmitDeps,
  state: JobState,
  row: JobRow,
  plan: Plan,
  batch: BatchEntry,
): Promise<void> {
  const time = deps.now().toISOString();
  const recorded = await changeOwn(deps, row.job_id, state.execution, (current) => {
    const earlier = batchIds(current).filter((id) => !batch.not_ours?.includes(String(id)));
    const line = `round ${batch.round}: batch ${batch.batch_id} submitted with ${batch.requests} sections`;
    return {
      batch_id: batch.batch_id,
      batch_ids: [...new Set([...earlier, batch.batch_id])],
      model: plan.model,
      updated_at: time,
      // a step run again does not tell twice
      logs: earlier.includes(batch.batch_id) ? current.logs : withLogLine(current.logs, time, 'INFO', line),
    };
  });
  if (!recorded)
    deps.log.warn('the job row was taken away; its batch is watched all the same', {
      job_id: row.job_id,
      batch_id: batch.batch_id,
    });
  const awaitingId = awaitingJobId(row.job_id, batch.intent_at, batch.round, batch.part);
  await deps.jobs.putNew({
    job_id: awaitingId,
    job_type: AWAITING_BATCH,
    status: 'PROCESSING',
    worker_id: state.execution,
    version: 1,
    priority: 50,
    conversation_id: row.conversation_id,
    report_id: plan.report_id,
    batch_job_id: row.job_id,
    batch_id: batch.batch_id,
    model: plan.model,
    created_at: time,
    updated_at: time,
    started_at: time,
    completed_at: '',
    job_config: '{}',
    job_results: '{}',
    logs: JSON.stringify({ entries: [] }),
  });
  await correctAwaiting(deps, state, awaitingId, batch);
}

/** An AWAITING row that names a batch which proved to be another job's is put right. */
async function correctAwaiting(deps: SubmitDeps, state: JobState, id: string, batch: BatchEntry): Promise<void> {
  if (!batch.not_ours) return;
  const updated_at = deps.now().toISOString();
  await changeOwn(deps, id, state.execution, () => ({ batch_id: batch.batch_id, updated_at }));
}

const batchIds = (row: JobRow): unknown[] => (Array.isArray(row.batch_ids) ? row.batch_ids : []);
