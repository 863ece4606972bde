import type { BatchEntry } from '../shared/ledger-rows.ts';
import type { CollectDeps, Round } from '../steps/collect/round.ts';
import { releaseBatch } from './release.ts';
import { readLine, splitLines } from './result-lines.ts';

/**
 * A batch that was only found in the API's list, after a submission without a clear answer, has to prove by its custom
 * ids that it is ours. One that is another job's is released: its mark is removed, and the submission is settled again.
 * @returns 'released' also for one that an earlier attempt released
 */
export async function proveBatch(deps: CollectDeps, round: Round, batch: BatchEntry): Promise<'ours' | 'released'> {
  if (!batch.batch_id) return 'released';
  if (!batch.adopted) return 'ours';
  const customId = await firstCustomId(deps, batch.batch_id);
  if (customId === undefined || round.sections.ordinalOf(customId) !== undefined) {
    await deps.ledger.ownBatch(batch.batch_id, batch, true);
    return 'ours';
  }
  await releaseBatch(deps, batch);
  return 'released';
}

/** The first custom id in the results; all of a batch are of one job. */
async function firstCustomId(deps: CollectDeps, batchId: string): Promise<string | undefined> {
  for await (const line of splitLines(await deps.batches.results(batchId))) {
    const { custom_id } = readLine(line);
    if (custom_id !== undefined) return custom_id;
  }
  return undefined;
}
