import { customId, entry, ordinalOf } from '../domain/keys.ts';
import type { AnsweredFacts, Asked, BatchEntry, Plan } from '../domain/ledger-entries.ts';
import { moreTokens } from '../domain/prompts/request.ts';
import type { Ledger } from '../ports.ts';
import { splitIntoParts } from './split.ts';

/**
 * The round to ask now: the one that was begun and not collected, or the one after the last.
 * @param batches every batch of the job, of all rounds
 */
export function roundToAsk(batches: readonly BatchEntry[]): number {
  const last = Math.max(0, ...batches.map(({ round }) => round));
  const begun = batches.some(({ round, state }) => round === last && state !== 'collected');
  return begun ? last : last + 1;
}

/** Worth asking again: it is not stored, and another try may help. */
const worthAsking = (answer: AnsweredFacts | undefined): boolean =>
  answer === undefined || answer.kind === 'ask_again' || answer.reason === 'canceled';

/**
 * Writes the asked rows of a round after the first: the sections of the round before that are still missing, with the
 * same prompt, a new custom id, and more room where the answer was cut off.
 * @returns how many sections are asked for
 */
export async function askAgain(ledger: Ledger, plan: Plan, round: number): Promise<number> {
  const answers = new Map<number, AnsweredFacts>();
  for await (const answer of ledger.answers(plan.job_id, round - 1)) answers.set(ordinalOf(answer.entry), answer);
  const rows: Asked[] = [];
  for await (const row of ledger.askedInRound(plan.job_id, round - 1)) {
    const answer = answers.get(row.ordinal);
    if (!worthAsking(answer)) continue;
    rows.push({
      ...row,
      entry: entry.asked(round, row.ordinal),
      round,
      custom_id: customId(plan.job_id, round, row.ordinal),
      max_tokens: answer?.reason === 'truncated' ? moreTokens(row.max_tokens) : row.max_tokens,
    });
  }
  await ledger.putAsked(splitIntoParts(rows, plan.max_batch_size));
  return rows.length;
}
