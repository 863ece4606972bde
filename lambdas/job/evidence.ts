import * as z from 'zod';
import type { Evidence } from '../report/claims/evidence.ts';
import { type Tally, talliesOf } from '../report/votes.ts';
import type { Plan, Prompt } from '../shared/ledger-rows.ts';
import { unpack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';

const count = z.number();
const counts = z.tuple([count, count, count, count]);
const talliesSchema = z.array(z.object({ tid: count, all: counts, groups: z.array(counts) }));

/** The votes that a prompt shows, by tid: of all participants first, then of each opinion group. */
function talliesIn({ tallies }: Pick<Prompt, 'tallies'>): Map<number, Tally[]> {
  return new Map(talliesSchema.parse(JSON.parse(unpack(tallies))).map((kept) => [kept.tid, talliesOf(kept)]));
}

/**
 * What the claims of some sections are proven from: the votes that the model was shown for any of them.
 * @returns undefined for a job whose claims are not checked
 */
export function evidenceIn({ claims, groups }: Plan, prompts: Iterable<Prompt>): Evidence | undefined {
  if (!claims || !groups) return undefined;
  return { groups, votes: new Map([...prompts].flatMap((prompt) => [...talliesIn(prompt)])) };
}

/**
 * The votes on every comment that a job showed the model, as it showed them, whoever bought the answers.
 * @returns by tid: all participants first, then each opinion group; empty when the ledger has no plan of the job
 */
export async function shownTallies(
  ledger: Pick<Ledger, 'plan' | 'prompts'>,
  jobId: string,
): Promise<Map<number, Tally[]>> {
  const plan = await ledger.plan(jobId);
  // what a batch of the old pipeline showed is not known
  const ordinals = plan && !plan.legacy ? [...Array(plan.sections).keys()] : [];
  const prompts = await ledger.prompts(jobId, ordinals);
  return new Map([...prompts.values()].flatMap((prompt) => [...talliesIn(prompt)]));
}
