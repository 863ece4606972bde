import { splitIntoParts } from '../batch/split.ts';
import { FIRST_MAX_TOKENS, moreTokens } from '../report/prompt.ts';
import type { BatchEntry, Plan, Prompt, Request } from '../shared/ledger-rows.ts';
import { unpack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';
import { type BudgetDeps, mostOf, reserveLater } from './budget.ts';
import { type SectionState, sectionStates, sectionsOf, toAsk } from './sections.ts';

/**
 * The round to ask now: the one that was begun and not collected, or the one after the last.
 * @param batches every batch of the job, of all rounds
 */
export function roundToAsk(batches: readonly BatchEntry[]): number {
  const last = Math.max(0, ...batches.map(({ round }) => round));
  const begun = batches.some(({ round, state }) => round === last && state !== 'collected');
  return begun ? last : last + 1;
}

export type NextRound =
  | { kind: 'written'; requests: Request[]; prompts: ReadonlyMap<number, Prompt> }
  | { kind: 'nothing left' }
  | { kind: 'over budget'; why: string };

/**
 * Writes what a round after the first asks for: the sections that are still missing, with the same prompt, and more room
 * where the answer was cut off. One that another job has had answered meanwhile gets that answer. Counts the round on
 * today's budget.
 * @param version of the job row that this execution was started for
 * @param startedAnew a person has put the job back to PENDING: requests that were canceled are asked for again as well
 * @returns 'over budget' when what is left does not fit the budget of the job or the day: its sections stay missing
 */
export async function writeNextRound(
  deps: BudgetDeps,
  plan: Plan,
  { round, version, startedAnew }: { round: number; version: number; startedAnew: boolean },
): Promise<NextRound> {
  const { ledger } = deps;
  const open = (await statesOf(ledger, plan)).filter((state) => isOpen(state, startedAnew));
  const left = await withoutAnswered(deps, plan, open);
  if (left.length === 0) return { kind: 'nothing left' };
  const asked = toAsk(
    left.map((state) => ({ ...state.section, state })),
    () => true,
  );
  const room = await roomSoFar(ledger, plan, round);
  const prompts = await ledger.prompts(
    plan.job_id,
    asked.map(({ ordinal }) => ordinal),
  );
  const requests = asked.flatMap(({ ordinal, state }) => {
    const prompt = prompts.get(ordinal);
    if (!prompt) return [];
    const before = room.get(ordinal) ?? FIRST_MAX_TOKENS;
    const cutOff = state.kind !== 'open' && state.kind !== 'stored' && state.reason === 'truncated';
    return [{ ordinal, max_tokens: cutOff ? moreTokens(before) : before, prompt: unpack(prompt.prompt) }];
  });
  // prompts can be erased
  if (requests.length === 0) return { kind: 'nothing left' };
  const most_micro_usd = mostOf(plan, requests, deps.now());
  const why = await reserveLater(deps, plan, { round, version, most_micro_usd });
  if (why !== undefined)
    return { kind: 'over budget', why: `round ${round} with ${requests.length} sections is not sent: ${why}` };
  const parts = splitIntoParts(
    requests.map(({ prompt, ...request }) => ({ ...request, characters: prompt.length })),
    plan.max_batch_size,
  );
  await ledger.putRound(plan, round, parts);
  return { kind: 'written', requests: parts, prompts };
}

/** How every section of a job stands. */
export async function statesOf(ledger: Pick<Ledger, 'sections' | 'answers'>, plan: Plan): Promise<SectionState[]> {
  const [{ all }, answers] = await Promise.all([
    sectionsOf(ledger, plan),
    Array.fromAsync(ledger.answers(plan.job_id)),
  ]);
  return sectionStates(all, answers);
}

const isOpen = (state: SectionState, startedAnew: boolean): boolean =>
  state.kind === 'open' ||
  state.kind === 'ask_again' ||
  (startedAnew && state.kind === 'failed' && state.reason === 'canceled');

/** Gives sections the answers that other jobs have bought since this one was planned. @returns those without */
async function withoutAnswered(
  { ledger, now }: BudgetDeps,
  plan: Plan,
  open: readonly SectionState[],
): Promise<SectionState[]> {
  if (plan.no_cache || open.length === 0) return [...open];
  const answers = await ledger.knownAnswers(
    open.flatMap(({ section }) => section.prompt_hash ?? []),
    now(),
  );
  const answerOf = ({ section }: SectionState) => answers.get(section.prompt_hash ?? '');
  const answered = open.flatMap((state) => {
    const reused = answerOf(state);
    return reused ? [{ ...state.section, reused }] : [];
  });
  await ledger.putSections(answered);
  return open.filter((state) => !answerOf(state));
}

/** The `max_tokens` that each section was last asked with, by ordinal. */
async function roomSoFar(ledger: Pick<Ledger, 'round'>, plan: Plan, round: number): Promise<Map<number, number>> {
  const room = new Map<number, number>();
  for (let earlier = 1; earlier < round; earlier++) {
    for (const { ordinal, max_tokens } of (await ledger.round(plan.job_id, earlier)) ?? [])
      room.set(ordinal, max_tokens);
  }
  return room;
}
