import * as z from 'zod';
import { type Tally, tally } from '../report/votes.ts';
import { unpack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';

const count = z.number();
const counts = z.tuple([count, count, count, count]);
const talliesSchema = z.array(z.object({ tid: count, all: counts, groups: z.array(counts) }));

/**
 * The votes on every comment that a job showed the model, as it showed them, whoever bought the answers.
 * @returns by tid: all participants first, then each opinion group; empty when the ledger has no plan of the job
 */
export async function shownTallies(
  ledger: Pick<Ledger, 'plan' | 'prompts'>,
  jobId: string,
): Promise<Map<number, Tally[]>> {
  const plan = await ledger.plan(jobId);
  const shown = new Map<number, Tally[]>();
  // what a batch of the old pipeline showed is not known
  const ordinals = plan && !plan.legacy ? [...Array(plan.sections).keys()] : [];
  for (const { tallies } of (await ledger.prompts(jobId, ordinals)).values()) {
    for (const { tid, all, groups } of talliesSchema.parse(JSON.parse(unpack(tallies))))
      shown.set(
        tid,
        [all, ...groups].map(([, agrees, disagrees, passes]) => tally(agrees, disagrees, passes)),
      );
  }
  return shown;
}
