import { expect, test } from 'vitest';
import { collect } from '../../../lambdas/steps/collect/collect.ts';
import { report, succeeded } from '../../support/answers.ts';
import { memoryStore } from '../../support/hostile-store.ts';
import { idOf, STATE, shownTo } from './sections.ts';

const SECTIONS = 400;
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
      expect(store.reports()).toHaveLength(SECTIONS);
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

test('an answer that was filed by elimination gives way to a better one that names its section, and both stay billed', async () => {
  const nameless = line(0, cutOff, null);
  const { store, first } = await collected([...others, nameless]);
  expect(first).toMatchObject({ kind: 'ask_again', reason: 'truncated' });
  store.again();
  const again = await collected([...others, nameless, line(0)], store);
  expect(again).toMatchObject({ next: 'complete', first: { kind: 'stored', message_id: 'msg_1' } });
  expect(store.unfiled()).toMatchObject([{ why: 'duplicate', tokens: { output: 20 } }]);
  expect(store.unfiled()[0]?.filed_as).toBeUndefined();
});

test('a step that runs out of time when every section has an answer reads the rest of the lines in its next invocation', async () => {
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
