import { type SendDeps, sendOnce } from '../batch/send.ts';
import { settleLater } from '../batch/settle-later.ts';
import { requestOf } from '../batch/split.ts';
import { secondsToNextCheck } from '../batch/wait.ts';
import { releaseUnsent, reserveToday } from '../job/budget.ts';
import { parseJobConfig } from '../job/config.ts';
import { fileReused } from '../job/file-reused.ts';
import { roundToAsk, writeNextRound } from '../job/next-round.ts';
import { claim, isOurs, readJob } from '../job/own.ts';
import { type PlanDeps, planJob } from '../job/plan.ts';
import { recordOnRows, tellNotSent } from '../job/record.ts';
import { watchWhatWasSent } from '../job/taken-away.ts';
import { type JobState, parseJobState } from '../shared/hand-off.ts';
import type { JobRow } from '../shared/job-row.ts';
import type { Asked, BatchEntry, Plan } from '../shared/ledger-rows.ts';
import type { JobTable } from '../stores/jobs.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { Reports } from '../stores/reports.ts';
import type { Spending } from '../stores/spending.ts';

export type SubmitDeps = PlanDeps &
  SendDeps & {
    jobs: JobTable;
    reports: Reports;
    spending: Spending;
    settings: PlanDeps['settings'] & { defaultModel: string };
  };

/**
 * "Submit batch": claims the job, plans it (or takes up the plan of an earlier attempt), and sends the batches of the
 * round that is due, each once. May run again from its start at any moment.
 * @returns next: 'wait' for the batches, 'settle' when a submission has no clear answer yet, 'complete' when nothing is
 * left to ask, 'leave' when the job is another's
 */
export async function submit(deps: SubmitDeps, input: unknown): Promise<JobState> {
  const handed = parseJobState(input);
  // trouble with that gives nothing back: a step that began before the execution was stopped may still be sending
  const row = await claim(deps, handed);
  try {
    const state = await submitDue(deps, handed, row);
    // a round that waits for the API keeps its place in the day's budget
    if (state.next === 'leave' || state.next === 'complete') await releaseUnsent(deps, handed);
    return state;
  } catch (error) {
    await releaseUnsent(deps, handed);
    throw error;
  }
}

async function submitDue(deps: SubmitDeps, handed: JobState, row: JobRow | undefined): Promise<JobState> {
  const known = await deps.ledger.batches(handed.job_id);
  if (!row) return watchWhatWasSent(deps, handed, known);
  deps.log.ids?.({ report_id: row.report_id ?? undefined });
  const plan = await takeUpPlan(deps, handed, row, known.length > 0);
  if (!plan) return watchWhatWasSent(deps, handed, await deps.ledger.batches(handed.job_id));
  const state = { ...handed, report_id: plan.report_id };
  const nothingToBuy = plan.reused === plan.sections && known.length === 0;
  if (nothingToBuy && (await fileReused(deps, plan)) === 0) return { ...state, next: 'complete' };
  const round = roundToAsk(known);
  const first_round = state.round === 0 ? round : state.first_round;
  const begun = known.filter((batch) => batch.round === round);
  const due = { round, version: handed.version };
  // what is left to send of a round that was begun is written and counted already
  if (begun.length === 0) {
    // a text to be reused that is gone has to be bought after all
    if (round > 1 || nothingToBuy) {
      const next = await writeNextRound(deps, plan, { ...due, startedAnew: round === first_round });
      if (next.kind === 'over budget') await tellNotSent(deps, state, next.why);
      if (next.kind !== 'written') return { ...state, first_round, round: round - 1, next: 'complete' };
    } else if (!(await reserveToday(deps, plan, { ...due, most_micro_usd: plan.most_micro_usd })))
      return watchWhatWasSent(deps, state, await deps.ledger.batches(state.job_id));
  }
  const sent = await sendRound(deps, state, row, plan, round, begun);
  if (sent.next === 'settle') return { ...sent, first_round };
  if (sent.next !== 'wait') return sent;
  return { ...sent, first_round, round, troubles: 0, wait_seconds: secondsToNextCheck(0, state.checks) };
}

/** Sends every part of a round that has not been sent, as long as the job is ours. */
async function sendRound(
  deps: SubmitDeps,
  state: JobState,
  row: JobRow,
  plan: Plan,
  round: number,
  begun: readonly BatchEntry[],
): Promise<JobState> {
  for await (const { part, rows } of byPart(deps.ledger.askedInRound(state.job_id, round))) {
    const known = begun.find((batch) => batch.part === part);
    // planning and earlier parts take time, in which the job may have been cancelled
    if (!known?.batch_id && !(await isStillOurs(deps, state))) {
      return watchWhatWasSent(deps, state, await deps.ledger.batches(state.job_id));
    }
    const requests = rows.map((asked) => requestOf(plan, asked));
    const answer = await sendOnce(deps, plan, { round, part, requests, known });
    if (answer.kind === 'settle') return settleLater(state, answer);
    await recordOnRows(deps, state, row, plan, answer.batch);
  }
  return { ...state, next: 'wait' };
}

async function isStillOurs({ jobs }: SubmitDeps, { job_id, execution }: JobState): Promise<boolean> {
  const row = await readJob(jobs, job_id);
  return row !== undefined && isOurs(row, execution);
}

/**
 * The plan of an earlier attempt when anything of it may have been sent or stored; otherwise a fresh one, written to the ledger.
 * @returns undefined when the job was taken away meanwhile: another execution may have sent by a plan of its own
 */
async function takeUpPlan(
  deps: SubmitDeps,
  state: JobState,
  row: JobRow,
  anythingSent: boolean,
): Promise<Plan | undefined> {
  const earlier = await deps.ledger.plan(row.job_id);
  if (earlier && (anythingSent || (await filingBegan(deps.ledger, earlier)))) return earlier;
  const config = parseJobConfig(row.job_config, deps.settings.defaultModel);
  const { plan, asked, estimate, reusedSaved } = await planJob(deps, row, config);
  if (!(await isStillOurs(deps, state))) return undefined;
  // nor must the plan be replaced by which an attempt has sent that Step Functions lost sight of
  if (!anythingSent && (await deps.ledger.batches(row.job_id)).length > 0) return deps.ledger.plan(row.job_id);
  await deps.ledger.writePlan(plan, asked);
  deps.log.info('job planned', {
    job_id: row.job_id,
    ...estimate,
    planned: plan.sections,
    reused: plan.reused,
    reused_saved_micro_usd: reusedSaved,
    left_out: plan.left_out,
  });
  return plan;
}

/** A job that sends nothing stores its sections when it is planned: they have the plan's timestamp. */
async function filingBegan(ledger: Ledger, plan: Plan): Promise<boolean> {
  if (plan.reused !== plan.sections) return false;
  for await (const _ of ledger.answers(plan.job_id, 0)) return true;
  return false;
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
