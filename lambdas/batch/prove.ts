import type { BatchEntry } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import type { Batches } from '../stores/anthropic.ts';
import type { Ledger } from '../stores/ledger.ts';
import { releaseBatch } from './release.ts';
import { readLine, splitLines } from './result-lines.ts';

interface ProveDeps {
  ledger: Ledger;
  batches: Pick<Batches, 'results'>;
  log: Log;
}

/**
 * A batch that was only found in the API's list, after a submission without a clear answer, has to prove by its custom
 * ids that it is ours. One that is another job's is released: its mark is removed, and the submission is settled again.
 * @param isOurs whether a custom id is of this job and round
 * @returns 'released' also for one that an earlier attempt released
 */
export async function proveBatch(
  deps: ProveDeps,
  batch: BatchEntry,
  isOurs: (customId: string) => boolean,
): Promise<'ours' | 'released'> {
  if (!batch.batch_id) return 'released';
  if (!batch.adopted) return 'ours';
  const customId = await firstCustomId(deps, batch.batch_id);
  if (customId === undefined || isOurs(customId)) {
    await deps.ledger.ownBatch(batch.batch_id, batch, true);
    return 'ours';
  }
  await releaseBatch(deps, batch);
  return 'released';
}

/** The first custom id in the results; all of a batch are of one job. */
async function firstCustomId(deps: ProveDeps, batchId: string): Promise<string | undefined> {
  for await (const line of splitLines(await deps.batches.results(batchId))) {
    const { custom_id } = readLine(line);
    if (custom_id !== undefined) return custom_id;
  }
  return undefined;
}
