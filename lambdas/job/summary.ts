import { ordinalOf } from '../domain/keys.ts';
import type { AnsweredFacts, BatchEntry, Plan } from '../domain/ledger-entries.ts';
import { REASONS, type Reason } from '../domain/outcome.ts';
import { addTokens, NO_TOKENS, type Tokens } from '../domain/usage.ts';
import type { Ledger } from '../ports.ts';

/** Sections named in `job_results` at most: a row holds 400 KB. The count is always whole. */
const MOST_NAMED = 500;

export interface FailedSection {
  ordinal: number;
  section: string;
  reason: Reason;
}

/** What became of a job, from its ledger. */
export interface JobSummary {
  planned: number;
  stored: number;
  failed: FailedSection[];
  unfiled: { why: string; custom_id?: string; filed_as?: string }[];
  rounds: number;
  tokens: Tokens;
  /** undefined when any billed answer has no known price */
  cost_usd: number | undefined;
  batches: BatchEntry[];
}

/** Adds up every round of a job. Every billed answer counts, stored or not. */
export async function summarize(ledger: Ledger, plan: Plan): Promise<JobSummary> {
  const batches = await ledger.batches(plan.job_id);
  const rounds = Math.max(0, ...batches.map(({ round }) => round));
  const bill = new Bill();
  const open = new Map<number, FailedSection>();
  let stored = 0;
  for (let round = 1; round <= rounds; round++) {
    for await (const answer of ledger.answers(plan.job_id, round)) {
      bill.add(answer);
      const ordinal = ordinalOf(answer.entry);
      if (answer.kind === 'stored') {
        stored += 1;
        open.delete(ordinal);
      } else open.set(ordinal, { ordinal, section: answer.section, reason: answer.reason ?? 'missing' });
    }
  }
  const unfiled: JobSummary['unfiled'] = [];
  for await (const row of ledger.unfiled(plan.job_id)) {
    // what was filed by elimination is billed with its section
    if (row.why !== 'no_custom_id' || (row.filed_as ?? 'topic_').startsWith('topic_')) bill.add(row);
    const { why, custom_id, filed_as } = row;
    unfiled.push({ why, ...(custom_id ? { custom_id } : {}), ...(filed_as ? { filed_as } : {}) });
  }
  const failed = [...open.values()].sort((a, b) => a.ordinal - b.ordinal);
  const planned = plan.legacy ? stored + failed.length : plan.sections;
  return { planned, stored, failed, unfiled, rounds, tokens: bill.tokens, cost_usd: bill.cost, batches };
}

class Bill {
  tokens = NO_TOKENS;
  cost: number | undefined = 0;

  add({ tokens, cost_usd }: Pick<AnsweredFacts, 'tokens' | 'cost_usd'>): void {
    if (!tokens) return;
    this.tokens = addTokens(this.tokens, tokens);
    this.cost = this.cost === undefined || cost_usd === undefined ? undefined : this.cost + cost_usd;
  }
}

/** Batches that were paid for and whose results are not stored: nobody watches them once the job has failed. */
export const unwatched = (batches: readonly BatchEntry[]): BatchEntry[] =>
  batches.filter(({ state }) => state !== 'collected');

/** `job_results` of a row: a JSON string. */
export function jobResults(plan: Plan, summary: JobSummary, seconds: number): string {
  const { planned, stored, failed, unfiled, rounds, tokens, cost_usd, batches } = summary;
  return JSON.stringify({
    planned,
    stored,
    left_out: plan.left_out ?? [],
    failed_count: failed.length,
    failed: failed.slice(0, MOST_NAMED).map(({ section, reason }) => ({ section, reason, message: REASONS[reason] })),
    unfiled_count: unfiled.length,
    unfiled: unfiled.slice(0, MOST_NAMED),
    rounds,
    tokens,
    cost_usd: cost_usd === undefined ? null : Number(cost_usd.toFixed(6)),
    expected_usd: plan.expected_usd ?? null,
    seconds,
    model: plan.model,
    prompt_version: plan.prompt_version,
    batch_ids: batches.flatMap(({ batch_id }) => batch_id ?? []),
  });
}
