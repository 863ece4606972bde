import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { collect } from '../../../lambdas/steps/collect/collect.ts';
import { report, succeeded } from '../../support/answers.ts';
import { memoryStore } from '../../support/hostile-store.ts';
import { idOf, STATE, shownTo } from './sections.ts';

const SECTIONS = 150;

test.each([0, 1, 2])(
  'write %i, that fails while the step waits for more results, ends the step: no section is taken for missing and bought again',
  async (nth) => {
    const store = memoryStore(SECTIONS);
    store.state.trouble = (write) => (write === nth ? 0 : undefined);
    async function* slowly() {
      for (let ordinal = 0; ordinal < SECTIONS; ordinal++) {
        const result = succeeded(JSON.stringify(report(shownTo(ordinal))));
        yield Buffer.from(`${JSON.stringify({ custom_id: idOf(ordinal), result })}\n`);
        await nextTurn();
      }
    }
    const deps = { ...store.deps, batches: { results: async () => slowly() } };
    await expect(collect(deps, STATE)).rejects.toThrow('the process was lost');
    expect(store.answered().filter(({ reason }) => reason === 'missing')).toEqual([]);
    expect(await collect(deps, STATE)).toMatchObject({ next: 'complete' });
    expect(store.reports()).toHaveLength(SECTIONS);
  },
);
