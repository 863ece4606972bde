import { proveBatch } from '../../batch/prove.ts';
import { splitLines } from '../../batch/result-lines.ts';
import { MAX_TROUBLES, secondsBetween, waitAfterTrouble } from '../../batch/wait.ts';
import { sectionsOf } from '../../job/asked-sections.ts';
import { fileReused } from '../../job/file-reused.ts';
import { roundCost } from '../../job/summary.ts';
import { AnthropicUnavailable, InvalidSetting, ResultsStalled } from '../../shared/errors.ts';
import { type JobState, parseJobState } from '../../shared/hand-off.ts';
import type { BatchEntry } from '../../shared/ledger-rows.ts';
import type { CollectDeps, Round } from './round.ts';
import { settleRound } from './settle-round.ts';
import { TallyBoard } from './tally-board.ts';
import { Window } from './window.ts';

/** Rounds of asking in one execution. */
export const MAX_ROUNDS = 3;

/** With less than this left, the step hands over to a new invocation. */
const HAND_OVER_MS = 45_000;
/** A stream with fewer lines than the batch had requests was cut, or lines are missing: it is read once more to find out. */
const READINGS = 2;
/** Invocations in a row that may run out of time without a new line; lines come in any order, so some of them will. */
export const MAX_IDLE = 10;

/**
 * "Collect results": streams the results of every ended batch of the round, a line at a time, and turns each answer into a
 * stored section, a section to ask again, or a named failure. Running it again changes nothing that it wrote.
 * @returns next: 'collect' when it ran out of time, 'wait' when the API is unavailable, 'submit' when sections are left to
 * ask again, else 'complete'
 * @throws AnthropicUnavailable when the API has been unavailable for hours; ResultsStalled when invocations find nothing new;
 * AnthropicRefused, BatchNotFound
 */
export async function collect(deps: CollectDeps, input: unknown): Promise<JobState> {
  const state = parseJobState(input);
  const plan = await deps.ledger.plan(state.job_id);
  if (!plan) throw new InvalidSetting(`job ${state.job_id} has no plan in the ledger: redrive the job`);
  deps.log.ids?.({ report_id: plan.report_id });
  const sections = sectionsOf(deps.ledger, plan, state.round);
  const board = new TallyBoard(plan.sections);
  const round: Round = { plan, round: state.round, at: deps.now(), sections, board, unfiled: new Set(), found: 0 };
  for await (const ordinal of sections.asked() ?? []) round.board.asked(ordinal);
  for await (const answer of deps.ledger.answers(plan.job_id, state.round)) round.board.recall(answer);
  for await (const row of deps.ledger.unfiled(plan.job_id)) round.unfiled.add(row.entry);
  try {
    const batches = await deps.ledger.batches(plan.job_id, state.round);
    for (const batch of batches) {
      if (batch.state === 'collected') continue;
      deps.log.ids?.({ batch_id: batch.batch_id });
      if ((await proveBatch(deps, batch, (id) => sections.ordinalOf(id) !== undefined)) === 'released')
        return { ...state, wait_seconds: 0, next: 'submit' };
      if ((await readBatch(deps, round, batch)) === 'out of time') return handOver(state, round, batch);
    }
    // what follows is about all of them
    if (batches.length > 1) deps.log.ids?.({ batch_id: undefined });
  } catch (error) {
    return waitOutTrouble(deps, state, error);
  }
  await settleRound(deps, round);
  const gone = state.round === 1 ? await fileReused(deps, plan) : 0;
  // what the old pipeline sent was never counted
  if (!plan.legacy) await priceRound(deps, round);
  // only now: a crash before this point reads the batches again
  for (const batch of await deps.ledger.batches(plan.job_id, state.round)) {
    if (batch.state === 'collected') continue;
    await deps.ledger.updateBatch({ ...batch, state: 'collected' });
    // a step run again finds it collected
    if (batch.ended_at) deps.metrics.add('StoreSeconds', secondsBetween(batch.ended_at, deps.now().getTime()));
  }
  const counts = round.board.counts();
  deps.log.info('round collected', { event: 'round_collected', job_id: state.job_id, round: state.round, ...counts });
  const again = !plan.legacy && counts.askAgain + gone > 0 && state.round - state.first_round + 1 < MAX_ROUNDS;
  return { ...state, troubles: 0, idle: undefined, wait_seconds: 0, next: again ? 'submit' : 'complete' };
}

/** The round counts on its day's budget at what it did cost from now on. */
async function priceRound({ ledger, spending, now }: CollectDeps, { plan, round }: Round): Promise<void> {
  const { job_id, expires_at_epoch } = plan;
  await spending.settle({ job_id, round, now: now(), expires_at_epoch }, await roundCost(ledger, plan, round));
}

/** Lets a new invocation continue. It skips what is stored already; if that alone takes all of its time, again and again, it gives up. */
function handOver(state: JobState, { found }: Round, { batch_id }: BatchEntry): JobState {
  const idle = found > 0 ? 0 : (state.idle ?? 0) + 1;
  if (idle >= MAX_IDLE) {
    throw new ResultsStalled(
      `the results of batch ${batch_id} arrive too slowly: ${MAX_IDLE} invocations in a row found nothing new; what was read is stored, redrive the job to continue`,
    );
  }
  return { ...state, idle, wait_seconds: 0, next: 'collect' };
}

/** Waits while the API is unavailable. What was read before is kept; the rest is read after the wait. */
function waitOutTrouble(deps: CollectDeps, state: JobState, error: unknown): JobState {
  if (!(error instanceof AnthropicUnavailable) || state.troubles >= MAX_TROUBLES) throw error;
  return waitAfterTrouble(deps.log, state, error);
}

async function readBatch(deps: CollectDeps, round: Round, batch: BatchEntry): Promise<'read' | 'out of time'> {
  for (let reading = 1; reading <= READINGS; reading++) {
    const lines = await readLines(deps, round, batch);
    if (lines === 'out of time') return lines;
    deps.log.info('results read', { job_id: round.plan.job_id, batch_id: batch.batch_id, lines, reading });
    if (lines >= batch.requests) break;
  }
  return 'read';
}

async function readLines(deps: CollectDeps, round: Round, batch: BatchEntry): Promise<number | 'out of time'> {
  const window = new Window(deps, round, batch.batch_id as string);
  let lines = 0;
  try {
    for await (const line of splitLines(await deps.batches.results(batch.batch_id as string))) {
      lines += 1;
      await window.add(line);
      if (deps.remainingMs() < HAND_OVER_MS) {
        await window.finish();
        // where there was nothing to write, reading alone takes all the time: another invocation would get no further
        return window.rows === 0 && round.board.counts().unanswered === 0 ? batch.requests : 'out of time';
      }
    }
    await window.finish();
    return lines;
  } finally {
    // writes under way end before the step runs again
    await window.settled();
  }
}
