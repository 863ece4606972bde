import { splitIntoParts } from '../batch/split.ts';
import { moreTokens } from '../report/prompt.ts';
import type { AnsweredFacts, Asked, BatchEntry, Plan } from '../shared/ledger-rows.ts';
import { customId, entry, ordinalOf } from '../shared/names.ts';
import type { Ledger } from '../stores/ledger.ts';
import { type BudgetDeps, mostOf, reserveLater } from './budget.ts';

/**
 * The round to ask now: the one that was begun and not collected, or the one after the last.
 * @param batches every batch of the job, of all rounds
 */
export function roundToAsk(batches: readonly BatchEntry[]): number {
  const last = Math.max(0, ...batches.map(({ round }) => round));
  const begun = batches.some(({ round, state }) => round === last && state !== 'collected');
  return begun ? last : last + 1;
}

export type NextRound = { kind: 'written' } | { kind: 'nothing left' } | { kind: 'over budget'; why: string };

/**
 * Writes the asked rows of a round after the first: the sections that are still missing, with the same prompt, a new custom id, and more room where the answer was cut off.
 * Counts the round on today's budget.
 * @param version of the job row that this execution was started for
 * @param startedAnew a person has put the job back to PENDING: requests that were canceled are asked for again as well
 * @returns 'over budget' when what is left does not fit the budget of the job or the day: its sections stay missing
 */
export async function writeNextRound(
  deps: BudgetDeps,
  plan: Plan,
  { round, version, startedAnew }: { round: number; version: number; startedAnew: boolean },
): Promise<NextRound> {
  const rows = await rowsToAsk(deps.ledger, plan, round, startedAnew);
  if (rows.length === 0) return { kind: 'nothing left' };
  const most_micro_usd = mostOf(plan, rows, deps.now());
  const why = await reserveLater(deps, plan, { round, version, most_micro_usd });
  if (why !== undefined)
    return { kind: 'over budget', why: `round ${round} with ${rows.length} sections is not sent: ${why}` };
  await deps.ledger.putAsked(splitIntoParts(rows, plan.max_batch_size));
  return { kind: 'written' };
}

/** Each section by the last round that asked for it: one that was answered for good in an earlier round stays so. */
async function rowsToAsk(ledger: Ledger, plan: Plan, round: number, startedAnew: boolean): Promise<Asked[]> {
  const worthAsking = (answer: AnsweredFacts | undefined) =>
    answer === undefined || answer.kind === 'ask_again' || (startedAnew && answer.reason === 'canceled');
  const looked = new Set<number>();
  const rows: Asked[] = [];
  for (let last = round - 1; last >= (plan.reused ? 0 : 1); last--) {
    const answers = new Map<number, AnsweredFacts>();
    for await (const answer of ledger.answers(plan.job_id, last)) answers.set(ordinalOf(answer.entry), answer);
    // of the reused sections only those whose text is gone
    if (last === 0 && ![...answers.values()].some(({ kind }) => kind === 'ask_again')) continue;
    for await (const row of ledger.askedInRound(plan.job_id, last)) {
      if (looked.has(row.ordinal)) continue;
      looked.add(row.ordinal);
      const answer = answers.get(row.ordinal);
      if (worthAsking(answer)) rows.push(askedAgain(row, answer, round));
    }
  }
  return rows.sort((a, b) => a.ordinal - b.ordinal);
}

const askedAgain = ({ reuse: _, ...row }: Asked, answer: AnsweredFacts | undefined, round: number): Asked => ({
  ...row,
  entry: entry.asked(round, row.ordinal),
  round,
  custom_id: customId(row.job_id, round, row.ordinal),
  max_tokens: answer?.reason === 'truncated' ? moreTokens(row.max_tokens) : row.max_tokens,
});
