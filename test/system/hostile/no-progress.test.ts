import { expect, test } from 'vitest';
import { ResultsStalled } from '../../../lambdas/shared/errors.ts';
import type { JobState } from '../../../lambdas/shared/hand-off.ts';
import { collect, MOST_IDLE } from '../../../lambdas/steps/collect/collect.ts';
import { report, succeeded } from '../../support/answers.ts';
import { memoryStore } from '../../support/hostile-store.ts';
import { idOf, STATE, shownTo } from './sections.ts';

const SECTIONS = 6;
const lineOf = (ordinal: number) =>
  `${JSON.stringify({ custom_id: idOf(ordinal), result: succeeded(JSON.stringify(report(shownTo(ordinal)))) })}\n`;

/** A world in which an invocation has time to read so many lines of the results. */
function slowResults(linesInTime: (invocation: number) => number) {
  const store = memoryStore(SECTIONS);
  let invocation = 0;
  let read = 0;
  async function* results() {
    for (let ordinal = 0; ordinal < SECTIONS; ordinal++) {
      read += 1;
      yield Buffer.from(lineOf(ordinal));
    }
  }
  const deps = {
    ...store.deps,
    batches: { results: async () => results() },
    remainingMs: () => (read >= linesInTime(invocation) ? 0 : Number.POSITIVE_INFINITY),
  };
  const next = (input: unknown): Promise<JobState> => {
    invocation += 1;
    read = 0;
    return collect(deps, input);
  };
  return { store, next };
}

test('results that never come further than what is stored already end the job, and do not go round for ever', async () => {
  const { store, next } = slowResults(() => 3);
  let state: unknown = STATE;
  // the first finds three sections, and all but the last of those that find nothing hand over
  for (let invocation = 1; invocation <= MOST_IDLE; invocation++) {
    state = await next(state);
    expect(state).toMatchObject({ next: 'collect' });
  }
  await expect(next(state)).rejects.toThrow(ResultsStalled);
  // nothing is taken for missing: the batch is read on when the job is redriven
  expect(store.answered().map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored']);
  expect(store.state.batch.state).toBe('ended');
});

test('an invocation that found something new starts the count anew', async () => {
  const idle = MOST_IDLE - 1;
  const { store, next } = slowResults((invocation) =>
    invocation <= 1 + idle ? 2 : invocation <= 2 + 2 * idle ? 4 : SECTIONS + 1,
  );
  let state: unknown = STATE;
  for (let invocation = 1; invocation <= 2 + 2 * idle; invocation++) {
    state = await next(state);
    expect(state).toMatchObject({ next: 'collect' });
  }
  expect(await next(state)).toMatchObject({ next: 'complete' });
  expect(store.reports()).toHaveLength(SECTIONS);
});
