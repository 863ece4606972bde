import { customId, entry, ordinalOf } from '../domain/keys.ts';
import type { AnsweredFacts, Asked, BatchEntry, Plan } from '../domain/ledger-entries.ts';
import { moreTokens } from '../domain/prompts/request.ts';
import type { Ledger, Log } from '../ports.ts';
import { type BudgetSettings, fitsJobBudget } from './budget.ts';
import { splitIntoParts } from './split.ts';

interface NextRoundDeps {
  ledger: Ledger;
  log: Log;
  settings: BudgetSettings;
}

/**
 * The round to ask now: the one that was begun and not collected, or the one after the last.
 * @param batches every batch of the job, of all rounds
 */
export function roundToAsk(batches: readonly BatchEntry[]): number {
  const last = Math.max(0, ...batches.map(({ round }) => round));
  const begun = batches.some(({ round, state }) => round === last && state !== 'collected');
  return begun ? last : last + 1;
}

/**
 * Writes the asked rows of a round after the first: the sections that are still missing, with the same prompt, a new custom id, and more room where the answer was cut off.
 * @param startedAnew a person has put the job back to PENDING: requests that were canceled are asked for again as well
 * @returns false when nothing is left to ask, or what is left does not fit the job's budget
 */
export async function writeNextRound(
  deps: NextRoundDeps,
  plan: Plan,
  round: number,
  startedAnew: boolean,
): Promise<boolean> {
  const rows = await rowsToAsk(deps.ledger, plan, round, startedAnew);
  if (rows.length === 0 || !(await fitsJobBudget(deps, plan, rows))) return false;
  await deps.ledger.putAsked(splitIntoParts(rows, plan.max_batch_size));
  return true;
}

/** Each section by the last round that asked for it: one that was answered for good in an earlier round stays so. */
async function rowsToAsk(ledger: Ledger, plan: Plan, round: number, startedAnew: boolean): Promise<Asked[]> {
  const worthAsking = (answer: AnsweredFacts | undefined) =>
    answer === undefined || answer.kind === 'ask_again' || (startedAnew && answer.reason === 'canceled');
  const looked = new Set<number>();
  const rows: Asked[] = [];
  for (let last = round - 1; last >= 1; last--) {
    const answers = new Map<number, AnsweredFacts>();
    for await (const answer of ledger.answers(plan.job_id, last)) answers.set(ordinalOf(answer.entry), answer);
    for await (const row of ledger.askedInRound(plan.job_id, last)) {
      if (looked.has(row.ordinal)) continue;
      looked.add(row.ordinal);
      const answer = answers.get(row.ordinal);
      if (worthAsking(answer)) rows.push(askedAgain(row, answer, round));
    }
  }
  return rows.sort((a, b) => a.ordinal - b.ordinal);
}

const askedAgain = (row: Asked, answer: AnsweredFacts | undefined, round: number): Asked => ({
  ...row,
  entry: entry.asked(round, row.ordinal),
  round,
  custom_id: customId(row.job_id, round, row.ordinal),
  max_tokens: answer?.reason === 'truncated' ? moreTokens(row.max_tokens) : row.max_tokens,
});
