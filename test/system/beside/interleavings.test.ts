import { describe, expect, it } from 'vitest';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { faultsOf, ownerOf, writesOf } from './faults-of.ts';
import { play } from './scenario.ts';

/** `BESIDE_SEED=17` plays one run again. */
const replayed = process.env.BESIDE_SEED;
const SEEDS_A_TEST = 250;

/** How the runs came out, so that a scheduler which always lets one side win is seen. */
const tally = { runs: 0, ours: 0, old: 0, adopted: 0, died: 0 };

async function playAndCheck(seed: number): Promise<void> {
  const ran = await play(seed);
  const faults = faultsOf(ran);
  const shown = `seed ${seed} (BESIDE_SEED=${seed} plays it again); last turns: ${ran.trace.slice(-12).join(', ')}`;
  expect(faults, shown).toEqual([]);
  tally.runs += 1;
  tally.died += ran.died ? 1 : 0;
  for (const jobId of ran.jobs) tally[ownerOf(writesOf(ran, jobId)) === 'ours' ? 'ours' : 'old'] += 1;
  const adopted = ran.db.rows(TABLE_NAMES.ledger).filter(({ entry, job_id }) => entry === 'plan' && isCheck(job_id));
  tally.adopted += adopted.length;
}

const isCheck = (jobId: unknown): boolean => String(jobId).startsWith('batch_check_');

describe('beside an old poller, whoever claims a row first works on it and the other leaves it', () => {
  const firsts = replayed === undefined ? [1, 251, 501, 751] : [Number(replayed)];
  it.each(firsts)('in random interleavings, from seed %i on', async (first) => {
    const count = replayed === undefined ? SEEDS_A_TEST : 1;
    for (let seed = first; seed < first + count; seed++) await playAndCheck(seed);
  });

  it.skipIf(replayed !== undefined)('and each side was first often enough to show it', () => {
    expect(tally.runs).toBe(firsts.length * SEEDS_A_TEST);
    expect(tally.ours).toBeGreaterThan(tally.runs / 4);
    expect(tally.old).toBeGreaterThan(tally.runs / 4);
    expect(tally.adopted).toBeGreaterThan(tally.runs / 10);
    expect(tally.died).toBeGreaterThan(tally.runs / 20);
  });
});
