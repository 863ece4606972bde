import type { BatchEntry } from '../shared/ledger-rows.ts';
import type { CollectDeps, Round } from '../steps/collect/round.ts';
import { giveBack } from './release.ts';
import { readLine, splitLines } from './result-lines.ts';

/**
 * A batch that was only found in the API's list, after a submission without a clear answer, has to prove by its custom
 * ids that it is ours. One that proves foreign is given back: its mark is taken off, and the submission is settled anew.
 * @returns 'given back' also for one that an earlier attempt gave back
 */
export async function proveBatch(deps: CollectDeps, round: Round, batch: BatchEntry): Promise<'ours' | 'given back'> {
  if (!batch.batch_id) return 'given back';
  if (!batch.adopted) return 'ours';
  const customId = await firstCustomId(deps, batch.batch_id);
  if (customId === undefined || round.sections.ordinalOf(customId) !== undefined) {
    await deps.ledger.ownBatch(batch.batch_id, batch, true);
    return 'ours';
  }
  await giveBack(deps, batch);
  return 'given back';
}

/** The first custom id in the results; all of a batch are of one job. */
async function firstCustomId(deps: CollectDeps, batchId: string): Promise<string | undefined> {
  for await (const line of splitLines(await deps.batches.results(batchId))) {
    const { custom_id } = readLine(line);
    if (custom_id !== undefined) return custom_id;
  }
  return undefined;
}
