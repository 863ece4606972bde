import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isBilledApart } from '../../../../lambdas/job/summary.ts';
import { ResultsStalled } from '../../../../lambdas/shared/errors.ts';
import type { JobState } from '../../../../lambdas/shared/hand-off.ts';
import { collect, MAX_IDLE } from '../../../../lambdas/steps/collect/collect.ts';
import { report, succeeded } from '../../../support/answers.ts';
import { idOf, memoryStore, STATE, shownTo } from './store.ts';

const SECTIONS = 400;
const SOME = 150;
const FEW = 6;
const line = (ordinal: number, change: Record<string, unknown> = {}, id: unknown = idOf(ordinal)) =>
  JSON.stringify({ custom_id: id, result: succeeded(JSON.stringify(report(shownTo(ordinal))), change) });
const cutOff = { stop_reason: 'max_tokens', id: 'msg_cut' };
const others = Array.from({ length: SECTIONS - 1 }, (_, index) => line(index + 1));

/** Runs the step over some lines. */
async function collected(lines: string[], store = memoryStore(SECTIONS)) {
  const results = async () =>
    (async function* () {
      yield Buffer.from(lines.join('\n'));
    })();
  const { next } = await collect({ ...store.deps, batches: { results } }, STATE);
  return { next, store, first: store.answered().find(({ section }) => section === 'section_0') };
}

test.each([
  ['in the next line', 0],
  ['in the next window', 150],
  ['several windows later', 399],
])(
  'a good answer holds for good, and the other billed one is kept and priced, when the second comes %s',
  async (_, apart) => {
    const left: unknown[] = [];
    for (const [one, two] of [
      [line(0), line(0, cutOff)],
      [line(0, cutOff), line(0)],
    ] as [string, string][]) {
      const { next, store, first } = await collected([one, ...others.slice(0, apart), two, ...others.slice(apart)]);
      expect(next).toBe('complete');
      expect(first).toMatchObject({ kind: 'stored', message_id: 'msg_1' });
      expect(await store.reports()).toHaveLength(SECTIONS);
      expect(store.unfiled()).toMatchObject([
        { why: 'duplicate', custom_id: idOf(0), tokens: { input: 10, output: 20 } },
      ]);
      expect(store.unfiled()[0]?.cost_micro_usd).toBe(first?.cost_micro_usd);
      left.push(store.rows());
      store.again();
      await collected([two, ...others, one], store);
      left.push(store.rows());
    }
    for (const rows of left) expect(rows).toEqual(left[0]);
  },
);

test('an answer filed by elimination gives way to a better one with a name', async () => {
  const nameless = line(0, cutOff, null);
  const { store, first } = await collected([...others, nameless]);
  expect(first).toMatchObject({ kind: 'ask_again', reason: 'truncated' });
  store.again();
  const again = await collected([...others, nameless, line(0)], store);
  expect(again).toMatchObject({ next: 'complete', first: { kind: 'stored', message_id: 'msg_1' } });
  expect(store.unfiled()).toMatchObject([{ why: 'duplicate', tokens: { output: 20 } }]);
  expect(store.unfiled()[0]?.filed_as).toBeUndefined();
});

test('a step out of time reads the rest in its next invocation', async () => {
  const store = memoryStore(SECTIONS);
  const lines = [...others, line(0, cutOff), line(0)];
  const results = async () =>
    (async function* () {
      yield Buffer.from(lines.join('\n'));
    })();
  let left = SECTIONS;
  const deps = { ...store.deps, batches: { results }, remainingMs: () => (--left > 0 ? 600_000 : 1_000) };
  expect(await collect(deps, STATE)).toMatchObject({ next: 'collect' });
  left = Number.POSITIVE_INFINITY;
  expect(await collect(deps, STATE)).toMatchObject({ next: 'complete' });
  expect(store.unfiled()).toMatchObject([{ why: 'duplicate' }]);
});

test.each([0, 1, 2])(
  'write %i, that fails while the step waits for more results, ends the step: no section is taken for missing and bought again',
  async (nth) => {
    const store = memoryStore(SOME);
    store.state.trouble = (write) => (write === nth ? 0 : undefined);
    async function* slowly() {
      for (let ordinal = 0; ordinal < SOME; ordinal++) {
        yield Buffer.from(`${line(ordinal)}\n`);
        await nextTurn();
      }
    }
    const deps = { ...store.deps, batches: { results: async () => slowly() } };
    await expect(collect(deps, STATE)).rejects.toThrow('the process was lost');
    expect(store.answered().filter(({ reason }) => reason === 'missing')).toEqual([]);
    expect(await collect(deps, STATE)).toMatchObject({ next: 'complete' });
    expect(await store.reports()).toHaveLength(SOME);
  },
);

/** Section 0 answers by name; the answer of section 1 does not say whose it is. */
const LINES = [line(0), line(1, {}, null)];

test.each([0, 1, 2, 3, 4])(
  'an answer filed by elimination is stored and billed once, although the step is lost at write %i',
  async (nth) => {
    const whole = memoryStore(2);
    await collected(LINES, whole);
    const store = memoryStore(2);
    store.state.trouble = (write) => (write === nth ? 0 : undefined);
    await expect(collected(LINES, store)).rejects.toThrow('the process was lost');
    expect(await collected(LINES, store)).toMatchObject({ next: 'complete' });
    expect((await store.reports()).map(({ section }) => section)).toEqual(
      (await whole.reports()).map(({ section }) => section),
    );
    expect(store.unfiled().filter(isBilledApart)).toEqual([]);
    expect(store.rows()).toEqual(whole.rows());
  },
);

/** A world in which an invocation has time to read so many lines of the results. */
function slowResults(linesInTime: (invocation: number) => number) {
  const store = memoryStore(FEW);
  let invocation = 0;
  let read = 0;
  async function* results() {
    for (let ordinal = 0; ordinal < FEW; ordinal++) {
      read += 1;
      yield Buffer.from(`${line(ordinal)}\n`);
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

test('results that bring nothing new end the job', async () => {
  const { store, next } = slowResults(() => 3);
  let state: unknown = STATE;
  // the first finds three sections, and all but the last of those that find nothing hand over
  for (let invocation = 1; invocation <= MAX_IDLE; invocation++) {
    state = await next(state);
    expect(state).toMatchObject({ next: 'collect' });
  }
  await expect(next(state)).rejects.toThrow(ResultsStalled);
  // nothing is taken for missing: the batch is read on when the job is redriven
  expect(store.answered().map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored']);
  expect(store.batch()?.state).toBe('ended');
});

test('an invocation that found something new resets the count', async () => {
  const idle = MAX_IDLE - 1;
  const { store, next } = slowResults((invocation) =>
    invocation <= 1 + idle ? 2 : invocation <= 2 + 2 * idle ? 4 : FEW + 1,
  );
  let state: unknown = STATE;
  for (let invocation = 1; invocation <= 2 + 2 * idle; invocation++) {
    state = await next(state);
    expect(state).toMatchObject({ next: 'collect' });
  }
  expect(await next(state)).toMatchObject({ next: 'complete' });
  expect(await store.reports()).toHaveLength(FEW);
});
