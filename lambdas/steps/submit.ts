import { cancelBatch } from '../batch/cancel.ts';
import { type SendDeps, sendOnce, settleIntent, settleLater } from '../batch/send.ts';
import { batchRequestOf, type RoundTexts } from '../batch/split.ts';
import { secondsToNextCheck } from '../batch/wait.ts';
import { releaseUnsent, reserveToday } from '../job/budget.ts';
import { ignoredNote, parseJobConfig } from '../job/config.ts';
import { roundToAsk, writeNextRound } from '../job/next-round.ts';
import { type PlanDeps, planJob } from '../job/plan.ts';
import { isCancelledUnder, isRunBy, readLoosely } from '../job/standing.ts';
import { PRICE_UNKNOWN } from '../job/summary.ts';
import { claim, finish, noteOnce, noteWaiting, recordBatch } from '../job/transitions.ts';
import { secondsToNextTurn, waitsForJob } from '../job/turn.ts';
import { AnthropicUnavailable } from '../shared/errors.ts';
import { type JobState, parseJobState } from '../shared/hand-off.ts';
import type { JobRow } from '../shared/job-row.ts';
import type { BatchEntry, Plan, Request } from '../shared/ledger-rows.ts';
import { ordinalOf } from '../shared/names.ts';
import type { JobTable } from '../stores/jobs.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { Spending } from '../stores/spending.ts';

export type SubmitDeps = PlanDeps &
  SendDeps & {
    jobs: JobTable;
    ledger: Ledger;
    spending: Spending;
  };

/** A round whose requests are written and whose price is reserved; an earlier attempt may have sent parts of it. */
interface BegunRound {
  round: number;
  requests: readonly Request[];
  texts: RoundTexts;
}

/** All that decides what "Submit batch" does next. */
export interface Facts {
  /** the job row as this execution may use it; 'cancelled': while this execution ran it, which now closes what was sent */
  row: JobRow | 'cancelled' | 'not ours';
  plan: Plan | undefined;
  /** something may have been sent or published by this plan: it is not made again */
  planHolds: boolean;
  /** every batch of the job, of all rounds */
  batches: readonly BatchEntry[];
  /** whether it is this job's turn to ask for sections of its report */
  turn: 'ours' | { waitsFor: string };
  /** what the first round of a plan that was just made asks for */
  planned: Omit<BegunRound, 'round'> | undefined;
  begun: BegunRound | undefined;
}

export type Due =
  /** the row belongs to another execution: nothing is sent */
  | { kind: 'leave' }
  /** cancelled before anything was planned */
  | { kind: 'close' }
  /** cancelled: submissions without a clear answer have to be found */
  | { kind: 'settle'; intents: readonly BatchEntry[] }
  /** cancelled: open batches are watched to their end */
  | { kind: 'watch'; round: number }
  /** an earlier job of the same report is under way */
  | { kind: 'wait for turn'; waitsFor: string }
  | { kind: 'plan' }
  | { kind: 'begin round'; round: number }
  | { kind: 'send round'; round: number }
  /** nothing is left to ask */
  | { kind: 'complete' };

/** Decides what is due. It never sends before the row, the turn, the plan and the round's reservation are there. */
export function whatIsDue({ row, plan, planHolds, batches, turn, begun }: Facts): Due {
  if (row === 'not ours') return { kind: 'leave' };
  if (row === 'cancelled') return whatIsLeft(plan, batches);
  const round = roundToAsk(batches);
  const isBegun = begun?.round === round || batches.some((batch) => batch.round === round);
  if (plan && planHolds && isBegun) return { kind: 'send round', round };
  if (turn !== 'ours') return { kind: 'wait for turn', ...turn };
  if (!plan || !planHolds) return { kind: 'plan' };
  if (plan.reused === plan.sections && batches.length === 0 && !plan.read_back) return { kind: 'complete' };
  return { kind: 'begin round', round };
}

/** What is left to do about a job that was cancelled. */
function whatIsLeft(plan: Plan | undefined, batches: readonly BatchEntry[]): Due {
  // a plan has figures, which "Complete job" writes onto the row
  if (batches.length === 0) return plan ? { kind: 'complete' } : { kind: 'close' };
  const intents = batches.filter(({ batch_id }) => !batch_id);
  if (intents.length > 0) return { kind: 'settle', intents };
  const open = batches.filter(({ state }) => state !== 'collected');
  if (open.length === 0) return { kind: 'complete' };
  return { kind: 'watch', round: Math.max(...open.map(({ round }) => round)) };
}

/**
 * "Submit batch": claims the job, plans it (or continues the plan of an earlier attempt), and sends the batches of the
 * round that is due, each once. May run again from its start at any moment.
 * @returns next: 'wait' for the batches, 'settle' when a submission has no clear answer yet, 'turn' when an earlier job of the report
 * is under way, 'complete' when nothing is left to ask, 'leave' when the job belongs to another execution
 */
export async function submit(deps: SubmitDeps, input: unknown): Promise<JobState> {
  const state = parseJobState(input);
  // when the claim fails, nothing is released: a step that began before the execution was stopped may still be sending
  const row = await claim(deps, state);
  try {
    const done = await doWhatIsDue(deps, state, await readFacts(deps, state, row));
    // a round that waits for the API keeps its place in the day's budget
    if (done.next === 'leave' || done.next === 'complete') await releaseUnsent(deps, state);
    return done;
  } catch (error) {
    await releaseUnsent(deps, state);
    throw error;
  }
}

async function doWhatIsDue(deps: SubmitDeps, handed: JobState, first: Facts): Promise<JobState> {
  let facts = first;
  let state = handed;
  for (;;) {
    const due = whatIsDue(facts);
    const answer = await act(deps, state, facts, due);
    if ('next' in answer) return answer;
    facts = answer;
    if (facts.plan) state = { ...handed, report_id: facts.plan.report_id };
  }
}

/** Does one thing. @returns the facts after it, or the hand-off when this step has nothing more to do */
async function act(deps: SubmitDeps, state: JobState, facts: Facts, due: Due): Promise<Facts | JobState> {
  const { plan, row } = facts;
  switch (due.kind) {
    case 'leave':
      deps.log.info('job is not ours to run: left alone', { job_id: state.job_id });
      return { ...state, next: 'leave' };
    case 'close':
      await finish(deps, state, { status: 'FAILED', message: 'cancelled before anything was planned' });
      return { ...state, next: 'leave' };
    case 'settle':
      return settleCancelled(deps, state, facts, due.intents);
    case 'watch':
      return { ...state, round: due.round, next: 'wait', wait_seconds: secondsToNextCheck(0, state.checks) };
    case 'complete':
      return { ...state, next: 'complete' };
    case 'plan':
      return makePlan(deps, state, facts);
    case 'wait for turn':
      return waitForTurn(deps, state, due.waitsFor);
    case 'begin round':
      return beginRound(deps, state, facts, due.round);
    case 'send round':
      return sendRound(deps, state, facts, row as JobRow, plan as Plan, due.round);
  }
}

async function readFacts(deps: SubmitDeps, state: JobState, row: JobRow | undefined): Promise<Facts> {
  const [batches, plan, turn] = await Promise.all([
    deps.ledger.batches(state.job_id),
    deps.ledger.plan(state.job_id),
    row ? takeTurn(deps, row) : OURS,
  ]);
  if (row) deps.log.ids?.({ report_id: row.report_id ?? undefined });
  // one that sends nothing may be published already
  const planHolds = plan !== undefined && (batches.length > 0 || plan.reused === plan.sections);
  const standing = row ?? (await standingWithout(deps, state));
  return { row: standing, plan, planHolds, batches, turn, planned: undefined, begun: undefined };
}

const OURS = 'ours' as const;

async function takeTurn(deps: SubmitDeps, row: JobRow): Promise<Facts['turn']> {
  const reportId = row.report_id ?? parseJobConfig(row.job_config, deps.settings.defaultModel).report_id;
  // a job that names no report is refused when it is planned
  const waitsFor = reportId && (await waitsForJob(deps, reportId, row.job_id));
  return waitsFor ? { waitsFor } : OURS;
}

async function waitForTurn(deps: SubmitDeps, state: JobState, waitsFor: string): Promise<JobState> {
  const turns = state.turns ?? 0;
  await noteWaiting(
    deps,
    state,
    `waits for job ${waitsFor} of the same report to end, and then uses what that has bought`,
  );
  deps.log.info('an earlier job of the report is under way', { job_id: state.job_id, waits_for: waitsFor });
  return { ...state, turns: turns + 1, next: 'turn', wait_seconds: secondsToNextTurn(turns) };
}

/** How the row stands when it is not, or no longer, this execution's; one that was deleted counts as cancelled. */
async function standingWithout({ jobs }: SubmitDeps, state: JobState): Promise<'cancelled' | 'not ours'> {
  const row = await readLoosely(jobs, state.job_id);
  // of a row that was deleted, perhaps with its table, what is paid for is collected all the same
  return !row || isCancelledUnder(row, state.execution) ? 'cancelled' : 'not ours';
}

/** The facts of a job that is no longer ours: another execution may have sent by a plan of its own. */
async function noLongerOurs(deps: SubmitDeps, state: JobState, facts: Facts): Promise<Facts> {
  const { ledger } = deps;
  const [row, batches, plan] = await Promise.all([
    standingWithout(deps, state),
    ledger.batches(state.job_id),
    ledger.plan(state.job_id),
  ]);
  return { ...facts, row, batches, plan };
}

const isStillOurs = async ({ jobs }: SubmitDeps, { job_id, execution }: JobState): Promise<boolean> =>
  isRunBy(await readLoosely(jobs, job_id), execution);

/** Makes the plan and writes it to the ledger. */
async function makePlan(deps: SubmitDeps, state: JobState, facts: Facts): Promise<Facts> {
  const row = facts.row as JobRow;
  const config = parseJobConfig(row.job_config, deps.settings.defaultModel);
  const ignored = ignoredNote(config);
  if (ignored) await noteOnce(deps, state, ignored);
  const { plan, sections, prompts, requests, estimate, reusedSaved, notes } = await planJob(deps, row, config);
  // an attempt that Step Functions has given up may have sent by another plan meanwhile: that plan is kept
  const [ours, batches] = await Promise.all([isStillOurs(deps, state), deps.ledger.batches(row.job_id)]);
  if (!ours) return noLongerOurs(deps, state, facts);
  if (batches.length > 0) return { ...facts, batches, plan: await deps.ledger.plan(row.job_id), planHolds: true };
  await deps.ledger.writePlan(plan, sections, prompts, requests);
  for (const note of notes) await noteOnce(deps, state, note);
  deps.log.info('job planned', {
    event: 'job_planned',
    job_id: row.job_id,
    ...estimate,
    planned: plan.sections,
    reused: plan.reused,
    reused_saved_micro_usd: reusedSaved,
    left_out: plan.left_out?.map(({ title }) => title),
  });
  const shown = new Map(prompts.map((prompt) => [ordinalOf(prompt.entry), prompt]));
  // of a report whose answers are all known, or have clauses that fail, nothing is asked as it was planned
  const planned = requests.length > 0 ? { requests, texts: { prompts: shown, asked: new Map() } } : undefined;
  return { ...facts, plan, planHolds: true, planned };
}

/** Writes what a round asks for and reserves what it may cost, before anything of it is sent. */
async function beginRound(deps: SubmitDeps, state: JobState, facts: Facts, round: number): Promise<Facts | JobState> {
  const plan = facts.plan as Plan;
  const { version } = state;
  if (facts.planned) {
    const reserved = await reserveToday(deps, plan, { round, version, most_micro_usd: plan.most_micro_usd });
    return reserved ? { ...facts, begun: { round, ...facts.planned } } : noLongerOurs(deps, state, facts);
  }
  const first_round = firstRound(state, round);
  const next = await writeNextRound(deps, plan, { round, version, first_round });
  if (next.kind === 'over budget') {
    deps.log.warn('a round is not sent: its sections stay missing', { job_id: state.job_id, why: next.why });
    await noteOnce(deps, state, next.why);
  }
  if (next.kind !== 'written') return { ...state, first_round, round: round - 1, next: 'complete' };
  return { ...facts, begun: { round, requests: next.requests, texts: next.texts } };
}

const firstRound = (state: JobState, round: number): number => (state.round === 0 ? round : state.first_round);

/** Sends every part of a round that has not been sent, as long as the job is ours. */
async function sendRound(
  deps: SubmitDeps,
  state: JobState,
  facts: Facts,
  row: JobRow,
  plan: Plan,
  round: number,
): Promise<Facts | JobState> {
  const first_round = firstRound(state, round);
  const { requests, texts } = facts.begun ?? (await begunRound(deps.ledger, plan, round));
  for (const [part, ofPart] of Map.groupBy(requests, (request) => request.part)) {
    const known = facts.batches.find((batch) => batch.round === round && batch.part === part);
    // planning and earlier parts take time, in which the job may have been cancelled
    if (!known?.batch_id && !(await isStillOurs(deps, state))) return noLongerOurs(deps, state, facts);
    const batch = ofPart.map((request) => batchRequestOf(plan, round, request, texts));
    const answer = await sendOnce(deps, plan, { round, part, requests: batch, known });
    if (answer.kind === 'settle') return { ...(await waitToSettle(deps, state, answer)), first_round };
    await recordBatch(deps, state, row, plan, answer.batch, plan.unpriced ? `; ${PRICE_UNKNOWN}` : '');
  }
  const wait_seconds = secondsToNextCheck(0, state.checks);
  return { ...state, first_round, round, troubles: 0, turns: undefined, next: 'wait', wait_seconds };
}

/** A round that an earlier attempt began. */
async function begunRound(ledger: Ledger, plan: Plan, round: number): Promise<Omit<BegunRound, 'round'>> {
  const requests = (await ledger.round(plan.job_id, round)) ?? [];
  const ordinals = (wanted: (asks: Request['asks']) => boolean) =>
    requests.flatMap(({ ordinal, asks }) => (wanted(asks) ? [ordinal] : []));
  const [prompts, asked] = await Promise.all([
    ledger.prompts(
      plan.job_id,
      ordinals((asks) => asks !== 'read back'),
    ),
    ledger.asked(
      plan.job_id,
      round,
      ordinals((asks) => asks !== undefined),
    ),
  ]);
  return { requests, texts: { prompts, asked } };
}

async function waitToSettle(
  deps: SubmitDeps,
  state: JobState,
  answer: { waitSeconds: number; why: string },
): Promise<JobState> {
  await noteWaiting(deps, state, `waits to find out what became of a submission: ${answer.why}`);
  return settleLater(state, answer);
}

/** Finds the batches of a cancelled job that were sent without a clear answer, and has the others cancelled meanwhile. */
async function settleCancelled(
  deps: SubmitDeps,
  state: JobState,
  facts: Facts,
  intents: readonly BatchEntry[],
): Promise<Facts | JobState> {
  // the search may take minutes without a status check, in which the other batches would continue and be billed
  await cancelOthers(deps, facts.batches);
  for (const intent of intents) {
    const answer = await settleIntent(deps, intent);
    if (answer.kind === 'settle') return waitToSettle(deps, state, answer);
  }
  const batches = await deps.ledger.batches(state.job_id);
  // submissions that created no batch leave no row, but the plan has figures to write
  return batches.length > 0 ? { ...facts, batches } : { ...state, next: 'complete' };
}

/** Asks the API to cancel the batches that are certainly ours. If the API is unavailable, the next attempt tries again. */
async function cancelOthers(deps: SubmitDeps, known: readonly BatchEntry[]): Promise<void> {
  try {
    for (const batch of known) if (batch.state === 'submitted' && !batch.adopted) await cancelBatch(deps, batch);
  } catch (error) {
    if (!(error instanceof AnthropicUnavailable)) throw error;
    deps.log.warn('a batch of a cancelled job could not be cancelled yet', { why: error.message });
  }
}
