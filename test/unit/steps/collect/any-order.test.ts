import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect } from '../../../../lambdas/steps/collect/collect.ts';
import { expectAllHolds } from './holds.ts';
import { hostileLine, streamOf } from './lines.ts';
import { type MemoryStore, memoryStore, SEED, STATE, type Trouble } from './store.ts';

/** More lines than two windows hold, and sections that have answers in several of them. */
const SECTIONS = 150;
const LINES = 260;

/** A generator of numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const order = [...items];
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1));
    [order[at], order[other]] = [order[other] as T, order[at] as T];
  }
  return order;
}

/** Runs the step until it comes to its end, with the lines in another order each time. */
async function collected(lines: readonly Buffer[], seed: number, trouble: Trouble): Promise<MemoryStore> {
  const next = random(seed);
  const pause = async () => {
    for (let turns = Math.floor(next() * 4); turns > 0; turns--) await nextTurn();
  };
  const store = memoryStore(SECTIONS, { pause });
  store.state.trouble = trouble;
  for (let attempt = 0; ; attempt++) {
    async function* stream() {
      for await (const chunk of streamOf(shuffled(lines, next), 1_000 + Math.floor(next() * 50_000))) {
        // the next bytes may come when a write has failed already
        await pause();
        yield chunk;
      }
    }
    const results = async () => stream();
    try {
      await collect({ ...store.deps, batches: { results } }, STATE);
      return store;
    } catch (error) {
      if (attempt > 20 || (error as Error).message !== 'the process was lost') throw error;
    }
  }
}

const never: Trouble = () => undefined;
const crashes = fc.array(fc.tuple(fc.nat(60), fc.nat(30)), { maxLength: 4 });

test('lines and writes in any order, and lost processes, leave the same rows', async () => {
  const lines = fc.array(hostileLine(SECTIONS, 200_000), { minLength: LINES, maxLength: LINES });
  await fc.assert(
    fc.asyncProperty(lines, fc.nat(), fc.nat(), crashes, async (all, one, other, lost) => {
      const calm = await collected(all, one, never);
      const trouble: Trouble = (write, rows) =>
        lost.find(([at]) => at === write)?.[1] && Math.min(lost.find(([at]) => at === write)?.[1] ?? 0, rows);
      const wild = await collected(all, other, trouble);
      const { plan } = calm;
      expectAllHolds(all, { plan, answered: calm.answered(), unfiled: calm.unfiled(), reports: await calm.reports() });
      expect(wild.rows()).toEqual(calm.rows());
      calm.again();
      await collect({ ...calm.deps, batches: { results: async () => streamOf(all) } }, STATE);
      expect(wild.rows()).toEqual(calm.rows());
    }),
    { seed: SEED, numRuns: Number(process.env.HOSTILE_RUNS ?? 8), endOnFailure: true },
  );
});
