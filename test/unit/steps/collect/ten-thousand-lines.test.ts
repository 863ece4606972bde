import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect } from '../../../../lambdas/steps/collect/collect.ts';
import { expectAllHolds } from './holds.ts';
import { hostileLine, streamOf } from './lines.ts';
import { memoryStore, replayable, SEED, STATE } from './store.ts';

const LINES = 10_000;
const SECTIONS = 3_000;

test('10,000 hostile lines lose and misfile nothing, and twice leave the same rows', async () => {
  await replayable(async () => {
    const lines = fc.sample(hostileLine(SECTIONS), { numRuns: LINES, seed: SEED });
    const store = memoryStore(SECTIONS);
    const deps = { ...store.deps, batches: { results: async () => streamOf(lines) } };
    expect(await collect(deps, STATE)).toMatchObject({ next: 'submit' });
    const written = {
      plan: store.plan,
      answered: store.answered(),
      unfiled: store.unfiled(),
      reports: await store.reports(),
    };
    expectAllHolds(lines, written);
    // the generator makes good lines as well
    expect(written.reports.filter(({ errors }) => errors === undefined).length).toBeGreaterThan(SECTIONS / 4);
    const rows = store.rows();
    store.again();
    await collect(deps, STATE);
    // telling the difference of 10,000 rows would take longer than all the rest
    expect(isDeepStrictEqual(store.rows(), rows)).toBe(true);
  });
});
