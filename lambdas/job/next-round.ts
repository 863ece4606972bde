import { type RoundTexts, splitIntoParts } from '../batch/split.ts';
import { checkReport, whyItFails } from '../report/claims/check.ts';
import { againMessages } from '../report/claims/messages.ts';
import { FIRST_MAX_TOKENS, type Message, moreTokens } from '../report/request.ts';
import type { Report } from '../report/shape.ts';
import type { BatchEntry, Plan, Prompt, Request } from '../shared/ledger-rows.ts';
import { pack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';
import { answerName, readTexts } from './answers.ts';
import { askedRow, inWords, type ToAsk } from './asked.ts';
import { type BudgetDeps, mostOf, reserveLater } from './budget.ts';
import { evidenceIn } from './evidence.ts';
import { readingsToAsk } from './read-back.ts';
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

/** Rounds of asking for sections in one execution. */
export const MAX_ROUNDS = 3;
/** With claims read back there may be one more, which only reads. */
export const mostRounds = ({ read_back }: Pick<Plan, 'read_back'>): number => (read_back ? MAX_ROUNDS + 1 : MAX_ROUNDS);

export type NextRound =
  | { kind: 'written'; requests: Request[]; texts: RoundTexts }
  | { kind: 'nothing left' }
  | { kind: 'over budget'; why: string };

/** A round to be written. */
export interface RoundToWrite {
  round: number;
  /** of the execution; later than 1 when a job was put back to PENDING */
  first_round: number;
  /** of the job row that this execution was started for */
  version: number;
}

/**
 * Writes what a round after the first asks for: the sections that are still missing, with the same prompt, and more room
 * where the answer was cut off; those with clauses that fail, as a conversation about these; and readings of claims. What another job
 * has had answered meanwhile is used. Counts the round on today's budget.
 * @returns 'over budget' when what is left does not fit the budget of the job or the day: its sections stay as they are
 */
export async function writeNextRound(deps: BudgetDeps, plan: Plan, next: RoundToWrite): Promise<NextRound> {
  const { ledger } = deps;
  const { round, version } = next;
  const states = await statesOf(ledger, plan);
  const toSend = [
    ...(await sectionsToAsk(deps, plan, states, next)),
    ...(await readingsToAsk(deps, plan, states, round)),
  ];
  const asked = toSend.map((request) => ({ ...request, words: inWords(request) }));
  if (asked.length === 0) return { kind: 'nothing left' };
  const most_micro_usd = mostOf(
    plan,
    asked.map(({ words }) => words),
    deps.now(),
  );
  const why = await reserveLater(deps, plan, { round, version, most_micro_usd });
  if (why !== undefined)
    return {
      kind: 'over budget',
      why: `round ${round} with ${asked.length} request${asked.length === 1 ? '' : 's'} is not sent: ${why}`,
    };
  const requests = splitIntoParts(
    asked.map(({ request, words }) => ({ ...request, characters: words.prompt.length })),
    plan.max_batch_size,
  );
  await ledger.putRound(
    plan,
    round,
    requests,
    asked.flatMap(({ row }) => row ?? []),
  );
  return {
    kind: 'written',
    requests,
    texts: {
      prompts: new Map(asked.flatMap(({ request, prompt }) => (prompt ? [[request.ordinal, prompt]] : []))),
      asked: new Map(asked.flatMap(({ request, row }) => (row ? [[request.ordinal, row]] : []))),
    },
  };
}

/** How every section of a job stands. */
export async function statesOf(ledger: Pick<Ledger, 'sections' | 'answers'>, plan: Plan): Promise<SectionState[]> {
  const [{ all }, answers] = await Promise.all([
    sectionsOf(ledger, plan),
    Array.fromAsync(ledger.answers(plan.job_id)),
  ]);
  return sectionStates(all, answers);
}

/** @param startedAnew a person has put the job back to PENDING: what was refused is asked for once more */
function isOpen(state: SectionState, startedAnew: boolean): boolean {
  if (state.kind === 'unproven') return state.askAgain || startedAnew;
  return (
    state.kind === 'open' ||
    state.kind === 'ask_again' ||
    (startedAnew && state.kind === 'failed' && state.reason === 'canceled')
  );
}

/** Sections that have no answer, or one with clauses that fail. */
async function sectionsToAsk(
  deps: BudgetDeps,
  plan: Plan,
  states: readonly SectionState[],
  { round, first_round }: RoundToWrite,
): Promise<ToAsk[]> {
  const { ledger } = deps;
  if (round - first_round + 1 > MAX_ROUNDS) return [];
  const open = states.filter((state) => isOpen(state, round === first_round));
  const left = await withoutAnswered(deps, plan, open);
  const asked = toAsk(left.map((state) => ({ ...state.section, state })));
  const [room, prompts, texts] = await Promise.all([
    roomSoFar(ledger, plan, round),
    ledger.prompts(
      plan.job_id,
      asked.map(({ ordinal }) => ordinal),
    ),
    readTexts(
      ledger,
      asked.flatMap(({ state }) => (state.kind === 'unproven' ? [state.answer] : [])),
    ),
  ]);
  return asked.flatMap(({ ordinal, state }): ToAsk[] => {
    const prompt = prompts.get(ordinal);
    // prompts can be erased
    if (!prompt) return [];
    const before = room.get(ordinal) ?? FIRST_MAX_TOKENS;
    const max_tokens = wasCutOff(state) ? moreTokens(before) : before;
    const messages =
      state.kind === 'unproven'
        ? conversation(plan, state, prompt, texts(state.answer, state.section)?.report)
        : undefined;
    if (!messages) return [{ request: { ordinal, max_tokens }, prompt }];
    const row = askedRow(plan, round, ordinal, { messages: pack(JSON.stringify(messages)) });
    return [{ request: { ordinal, max_tokens, asks: 'again' }, prompt, row }];
  });
}

const wasCutOff = (state: SectionState): boolean =>
  state.kind === 'unproven' ? state.cutOff : state.kind === 'ask_again' && state.reason === 'truncated';

/** What follows the prompt of a section with clauses that fail; undefined when nothing fails any more, or the answer is gone. */
function conversation(
  plan: Plan,
  { failed }: Extract<SectionState, { kind: 'unproven' }>,
  prompt: Prompt,
  report: Report | undefined,
): Message[] | undefined {
  const evidence = evidenceIn(plan, [prompt]);
  if (!report || !evidence) return undefined;
  const { clauses } = checkReport(report, evidence);
  const byVotes = clauses.flatMap((checked) => {
    const { paragraph, sentence, clause, words, failure } = checked;
    return failure ? [{ paragraph, sentence, clause, failure, words, why: whyItFails(checked) }] : [];
  });
  const all = [...byVotes, ...failed.filter(({ failure }) => failure === 'read_back')];
  return all.length > 0 ? againMessages(report, all) : undefined;
}

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
  const answerOf = (state: SectionState) => {
    const answer = answers.get(state.section.prompt_hash ?? '');
    // no better than what the section has: the very same, or one with clauses that fail
    const isSame = answer && 'answer' in state && answerName(answer) === answerName(state.answer);
    return isSame || answer?.unproven ? undefined : answer;
  };
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
