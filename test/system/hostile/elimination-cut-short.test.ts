import { expect, test } from 'vitest';
import { isBilledApart } from '../../../lambdas/job/bill.ts';
import { collect } from '../../../lambdas/steps/collect/collect.ts';
import { report, succeeded } from '../../support/answers.ts';
import { memoryStore } from '../../support/hostile-store.ts';
import { idOf, STATE, shownTo } from './sections.ts';

/** Section 0 answers by name; the answer of section 1 says nothing of whose it is. */
const LINES = [idOf(0), null].map((custom_id, ordinal) =>
  JSON.stringify({ custom_id, result: succeeded(JSON.stringify(report(shownTo(ordinal)))) }),
);

async function* bytes() {
  yield Buffer.from(LINES.join('\n'));
}

const deps = (store: ReturnType<typeof memoryStore>) => ({ ...store.deps, batches: { results: async () => bytes() } });

test.each([0, 1, 2, 3, 4, 5])(
  'an answer filed by elimination is stored and billed once, although the step is lost at write %i',
  async (nth) => {
    const whole = memoryStore(2);
    await collect(deps(whole), STATE);
    const store = memoryStore(2);
    store.state.trouble = (write) => (write === nth ? 0 : undefined);
    await expect(collect(deps(store), STATE)).rejects.toThrow('the process was lost');
    expect(await collect(deps(store), STATE)).toMatchObject({ next: 'complete' });
    expect(store.reports().map(({ section }) => section)).toEqual(whole.reports().map(({ section }) => section));
    expect(store.unfiled().filter(isBilledApart)).toEqual([]);
    expect(store.rows()).toEqual(whole.rows());
  },
);
