import { hitRate } from '../money/cache.ts';
import { addKnown, type MicroUsd, usdOrNull, usdText } from '../money/money.ts';
import { addTokens, NO_TOKENS, type Tokens } from '../money/prices.ts';
import type { Coverage } from '../report/claims/coverage.ts';
import type { AnsweredFacts, BatchEntry, Plan, Unfiled } from '../shared/ledger-rows.ts';
import { type Reason, reasonText } from '../shared/outcome.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { VotersCited } from '../stores/postgres.ts';
import type { PublishedClaims } from './publish.ts';
import { type SectionState, sectionStates, sectionsOf, writtenOf } from './sections.ts';

/** Sections named in `job_results` at most: a row holds 400 KB. The count is always whole. */
const MAX_NAMED = 500;

/** How much of what people said and voted on a report cites. */
export interface ReportCoverage extends Coverage {
  /** people who voted, and those of whom a vote that takes a side stands on a cited comment; absent when they could not be counted */
  voters?: VotersCited;
}

export interface FailedSection {
  section: string;
  title: string;
  reason: Reason;
  /** what the API said of a request that it refused */
  said?: string;
}

/** What became of a job, from its ledger. */
export interface JobSummary {
  /** how every section stands, in order of ordinal */
  states: SectionState[];
  planned: number;
  /** the reused ones included */
  stored: number;
  /** sections whose answer an earlier job bought */
  reused: number;
  /** what the reused answers cost then; undefined when that is not known of all */
  reused_saved_micro_usd: MicroUsd | undefined;
  failed: FailedSection[];
  unfiled: { why: string; custom_id?: string; filed_as?: string }[];
  rounds: number;
  tokens: Tokens;
  /** undefined when any billed answer has no known price */
  cost_micro_usd: MicroUsd | undefined;
  batches: BatchEntry[];
  /** of a report that was published and whose claims are checked */
  claims?: PublishedClaims | undefined;
  coverage?: ReportCoverage | undefined;
}

/** Adds up every round of a job. Every billed answer counts, stored or not. */
export async function summarize(ledger: Ledger, plan: Plan): Promise<JobSummary> {
  const [{ all }, batches, answers, lines] = await Promise.all([
    sectionsOf(ledger, plan),
    ledger.batches(plan.job_id),
    Array.fromAsync(ledger.answers(plan.job_id)),
    Array.fromAsync(ledger.unfiled(plan.job_id)),
  ]);
  const states = sectionStates(all, answers);
  const bill = new Bill();
  for (const answer of answers) bill.add(answer);
  for (const line of lines) if (isBilledApart(line)) bill.add(line);
  return {
    states,
    ...countStates(states, plan),
    unfiled: lines.map(({ why, custom_id, filed_as }) => ({
      why,
      ...(custom_id ? { custom_id } : {}),
      ...(filed_as ? { filed_as } : {}),
    })),
    rounds: Math.max(0, ...batches.map(({ round }) => round)),
    tokens: bill.tokens,
    cost_micro_usd: bill.cost,
    batches,
  };
}

function countStates(states: readonly SectionState[], plan: Plan) {
  const stored = states.flatMap((state) => writtenOf(state) ?? []);
  const reused = stored.filter((state) => state.reused);
  const failed = states.flatMap((state): FailedSection[] => {
    const { section, title } = state.section;
    if (state.kind === 'unproven' && !writtenOf(state)) return [{ section, title, reason: 'unproven' }];
    if (state.kind !== 'failed' && state.kind !== 'ask_again') return [];
    return [{ section, title, reason: state.reason, ...(state.said ? { said: state.said } : {}) }];
  });
  return {
    // what the old pipeline asked for is only known from the answers
    planned: plan.legacy ? stored.length + failed.length : plan.sections,
    stored: stored.length,
    reused: reused.length,
    reused_saved_micro_usd: reused
      .map(({ answer }) => answer.cost_micro_usd)
      .reduce((sum: MicroUsd | undefined, cost) => addKnown(sum, cost), 0),
    failed,
  };
}

/** How many sections were reused and what that saved, for a line of a log; empty when none was. */
export function tellReused({
  reused,
  reused_saved_micro_usd: saved,
}: Pick<JobSummary, 'reused' | 'reused_saved_micro_usd'>): string {
  if (reused === 0) return '';
  return ` (${reused} reused, which ${saved === undefined ? 'saved an unknown sum' : `saved ${usdText(saved, 4)}`})`;
}

/** Batches that were paid for and whose results are not stored: nobody watches them once the job has failed. */
export const unwatched = (batches: readonly BatchEntry[]): BatchEntry[] =>
  batches.filter(({ state }) => state !== 'collected');

/** What a job row says of how it ended, as JSON text. @param seconds the job took */
export const resultsOfJob = (plan: Plan, summary: JobSummary, seconds: number) => ({
  job_results: JSON.stringify(publicResults(plan, summary, seconds)),
  job_details: JSON.stringify(details(plan, summary)),
});

/** `job_results`: what anybody may know, as the Polis server gives it to everybody. */
function publicResults(plan: Plan, summary: JobSummary, seconds: number) {
  const { planned, stored, reused, failed, unfiled, rounds, claims, coverage } = summary;
  return {
    planned,
    stored,
    reused,
    left_out: (plan.left_out ?? []).map(({ title, why }) => ({ title, why })),
    ...(plan.comments_left_out ? { comments_left_out: plan.comments_left_out } : {}),
    failed_count: failed.length,
    failed: failed
      .slice(0, MAX_NAMED)
      .map(({ section, reason, said }) => ({ section, reason, message: reasonText(reason, said) })),
    unfiled_count: unfiled.length,
    ...(claims
      ? claimResults(claims)
      : { claims: plan.legacy ? 'not checked' : plan.claims ? 'nothing published' : 'off' }),
    ...(coverage ? { coverage } : {}),
    rounds,
    seconds,
    model: plan.model,
  };
}

/** What is said of the claims of a report, and of the sentences that were taken out. */
const claimResults = ({ figures, takenOut }: PublishedClaims) => ({
  claims: figures,
  taken_out_count: takenOut.length,
  taken_out: takenOut.slice(0, MAX_NAMED),
});

/** `job_details`: what the operator wants to know beside it. */
const details = (plan: Plan, summary: JobSummary) => ({
  cost_usd: usdOrNull(summary.cost_micro_usd),
  ...(summary.cost_micro_usd === undefined ? { cost_note: PRICE_UNKNOWN } : {}),
  expected_usd: usdOrNull(plan.expected_micro_usd),
  reused_saved_usd: usdOrNull(summary.reused_saved_micro_usd),
  tokens: summary.tokens,
  cache_hit_rate: hitRate([{ read: summary.tokens.cache_read, written: summary.tokens.cache_write }]) ?? null,
  unfiled: summary.unfiled.slice(0, MAX_NAMED),
  prompt_version: plan.prompt_version,
  batch_ids: summary.batches.flatMap(({ batch_id }) => batch_id ?? []),
});

/** How many sections failed, by reason. */
export function byReason({ failed }: Pick<JobSummary, 'failed'>): Map<string, number> {
  const reasons = new Map<string, number>();
  for (const { reason } of failed) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return reasons;
}

/** How a batch is named for an operator. */
export const nameOfBatch = ({ batch_id, round, part }: BatchEntry): string =>
  batch_id ?? `round ${round} part ${part}, never confirmed`;

/** The text for an operator about batches that nobody watches; empty when there are none. */
export const tellUnwatched = (names: readonly string[]): string =>
  names.length > 0
    ? ` [${names.length} batch(es) left unwatched: ${names.join(', ')}; they are watched again when the job continues]`
    : '';

/** What is said of a job whose model is used though the price list does not know it. */
export const PRICE_UNKNOWN = 'its price is not known, and no budget counts it';

/** Adds up billed answers. */
export class Bill {
  tokens: Tokens = NO_TOKENS;
  /** undefined when any billed answer has no known price */
  cost: MicroUsd | undefined = 0;

  add({ tokens, cost_micro_usd }: Pick<AnsweredFacts, 'tokens' | 'cost_micro_usd'>): void {
    if (!tokens) return;
    this.tokens = addTokens(this.tokens, tokens);
    this.cost = addKnown(this.cost, cost_micro_usd);
  }
}

/** Whether a line that could not be filed is on no other bill: what was filed by elimination is billed with its section. */
export const isBilledApart = ({ why, filed_as }: Pick<Unfiled, 'why' | 'filed_as'>): boolean =>
  why !== 'no_custom_id' || (filed_as ?? 'topic_').startsWith('topic_');
