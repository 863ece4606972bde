import { proveBatch } from '../../batch/prove.ts';
import { splitLines } from '../../batch/result-lines.ts';
import { API_AWAITED, MAX_TROUBLES, secondsBetween, waitAfterTrouble } from '../../batch/wait.ts';
import { mostRounds } from '../../job/next-round.ts';
import { sectionsOf } from '../../job/sections.ts';
import { Bill, isBilledApart } from '../../job/summary.ts';
import { noteWaiting } from '../../job/transitions.ts';
import { AnthropicUnavailable, InvalidSetting, ResultsStalled } from '../../shared/errors.ts';
import { type JobState, parseJobState } from '../../shared/hand-off.ts';
import { type BatchEntry, ledgerExpiry, type Plan } from '../../shared/ledger-rows.ts';
import { cacheUseKey, ordinalOf } from '../../shared/names.ts';
import { knownAnswer } from './answer-rows.ts';
import { Filing } from './filing.ts';
import { type CollectDeps, type Round, RoundAnswers } from './round.ts';
import { settleRound } from './settle-round.ts';

/** With less than this left, the step hands over to a new invocation. */
const HAND_OVER_MS = 45_000;
/** A stream with fewer lines than the batch had requests was cut, or lines are missing: it is read once more to find out. */
const READINGS = 2;
/** Days for which it is remembered how well the cache served a round. */
const CACHE_USE_DAYS = 30;
/** Invocations in a row that may run out of time without a new line; lines come in any order, so some of them will. */
export const MAX_IDLE = 10;

/**
 * "Collect results": streams the results of every ended batch of the round, a line at a time, and keeps each answer in the ledger:
 * a section that is stored, one to ask again, or a named failure. Running it again changes nothing that it wrote.
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
  const round = await readRound(deps, plan, state.round);
  try {
    const batches = await deps.ledger.batches(plan.job_id, state.round);
    for (const batch of batches) {
      if (batch.state === 'collected') continue;
      deps.log.ids?.({ batch_id: batch.batch_id });
      if ((await proveBatch(deps, batch, (id) => round.sections.ordinalOf(id) !== undefined)) === 'released')
        return { ...state, wait_seconds: 0, next: 'submit' };
      if ((await readBatch(deps, round, batch)) === 'out of time') return handOver(state, round, batch);
    }
    // what follows is about all of them
    if (batches.length > 1) deps.log.ids?.({ batch_id: undefined });
  } catch (error) {
    return waitOutTrouble(deps, state, error);
  }
  await settleRound(deps, round);
  // what the old pipeline sent was never counted
  if (!plan.legacy) await billRound(deps, round);
  // only now: a crash before this point reads the batches again
  for (const batch of await deps.ledger.batches(plan.job_id, state.round)) {
    if (batch.state === 'collected') continue;
    await deps.ledger.updateBatch({ ...batch, state: 'collected' });
    // a step run again finds it collected
    if (batch.ended_at) deps.metrics.add('StoreSeconds', secondsBetween(batch.ended_at, deps.now().getTime()));
  }
  const counts = round.answers.counts();
  deps.log.info('round collected', { event: 'round_collected', job_id: state.job_id, round: state.round, ...counts });
  const isLeft = counts.askAgain + counts.unproven > 0 || plan.reused_unproven !== undefined || plan.read_back === true;
  const again = !plan.legacy && isLeft && state.round - state.first_round + 1 < mostRounds(plan);
  return {
    ...state,
    troubles: 0,
    refusals: undefined,
    idle: undefined,
    wait_seconds: 0,
    next: again ? 'submit' : 'complete',
  };
}

/** What the ledger has of a round so far. */
async function readRound({ ledger, now }: CollectDeps, plan: Plan, round: number): Promise<Round> {
  const { job_id } = plan;
  const [sections, requests, answered, unfiled] = await Promise.all([
    sectionsOf(ledger, plan, round),
    ledger.round(job_id, round),
    Array.fromAsync(ledger.answers(job_id, round)),
    Array.fromAsync(ledger.unfiled(job_id)),
  ]);
  const answers = new RoundAnswers((requests ?? []).map(({ ordinal }) => ordinal));
  const reads = new Set((requests ?? []).flatMap(({ ordinal, asks }) => (asks === 'read back' ? [ordinal] : [])));
  for (const answer of answered) answers.recall(answer);
  // an attempt that was lost may have kept an answer, and not that it is known
  await ledger.putKnownAnswers(
    answered.flatMap((answer) => {
      const section = sections.all.get(ordinalOf(answer.entry));
      return (section && knownAnswer(section, { ...answer, expires_at_epoch: plan.expires_at_epoch })) ?? [];
    }),
  );
  return {
    plan,
    round,
    at: now(),
    sections,
    reads,
    answers,
    unfiled: new Set(unfiled.map(({ entry }) => entry)),
    found: 0,
  };
}

/**
 * The round counts on its day's budget at what it did cost from now on: its answers, filed and unfiled. How well the cache served the
 * filed ones is remembered.
 */
async function billRound({ ledger, spending, now }: CollectDeps, { plan, round }: Round): Promise<void> {
  const { job_id, expires_at_epoch } = plan;
  const bill = new Bill();
  for await (const answer of ledger.answers(job_id, round)) bill.add(answer);
  const { cache_read: read, cache_write: written } = bill.tokens;
  for await (const row of ledger.unfiled(job_id, round)) if (isBilledApart(row)) bill.add(row);
  await spending.settle({ job_id, round, now: now(), expires_at_epoch }, bill.cost);
  if (!plan.cached) return;
  const key = cacheUseKey(plan.model, plan.report_timestamp, job_id, round);
  // figures that are older say little about how batches are processed now
  const until = ledgerExpiry(new Date(plan.report_timestamp), CACHE_USE_DAYS);
  await ledger.putCacheUse({ ...key, read, written, expires_at_epoch: until });
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
async function waitOutTrouble(deps: CollectDeps, state: JobState, error: unknown): Promise<JobState> {
  if (!(error instanceof AnthropicUnavailable) || state.troubles >= MAX_TROUBLES) throw error;
  await noteWaiting(deps, state, API_AWAITED);
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
  const filing = new Filing(deps, round, batch.batch_id as string);
  let lines = 0;
  try {
    for await (const line of splitLines(await deps.batches.results(batch.batch_id as string))) {
      lines += 1;
      await filing.add(line);
      if (deps.remainingMs() < HAND_OVER_MS) {
        await filing.finish();
        // where there was nothing to write, reading alone takes all the time: another invocation would get no further
        return filing.rows === 0 && round.answers.counts().unanswered === 0 ? batch.requests : 'out of time';
      }
    }
    await filing.finish();
    return lines;
  } finally {
    // writes under way end before the step runs again
    await filing.settled();
  }
}
