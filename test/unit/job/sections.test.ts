import { describe, expect, test } from 'vitest';
import { sectionStates, toAsk } from '../../../lambdas/job/sections.ts';
import type { AnsweredFacts, Section } from '../../../lambdas/shared/ledger-rows.ts';
import { entry } from '../../../lambdas/shared/names.ts';
import { JOB, section } from '../../support/make.ts';

const answer = (round: number, ordinal: number, change: Partial<AnsweredFacts> = {}): AnsweredFacts => ({
  job_id: JOB,
  entry: entry.answered(round, ordinal),
  section: `section_${ordinal}`,
  kind: 'stored',
  cost_micro_usd: 100,
  ...change,
});
const byOrdinal = (...sections: Section[]) => new Map(sections.map((section) => [section.ordinal, section]));
const states = (sections: ReadonlyMap<number, Section>, ...answers: AnsweredFacts[]) =>
  sectionStates(sections, answers).map(({ section: _, ...state }) => state);

const REUSED = { job_id: 'an earlier job', entry: entry.answered(1, 7), cost_micro_usd: 50 };
const stored = (round: number, ordinal: number) => ({
  kind: 'stored',
  reused: false,
  read: 'no',
  failed: [],
  answer: { job_id: JOB, entry: entry.answered(round, ordinal), cost_micro_usd: 100 },
});

describe('how a section stands', () => {
  const one = byOrdinal(section(0));

  test('without an answer it is open', () => {
    expect(states(one)).toEqual([{ kind: 'open' }]);
  });

  test('with a stored answer it is stored, and says where that is', () => {
    expect(states(one, answer(1, 0))).toEqual([stored(1, 0)]);
  });

  test('an answer whose price is not known has none', () => {
    const { cost_micro_usd: _, ...unpriced } = answer(1, 0);
    expect(states(one, unpriced)).toEqual([{ ...stored(1, 0), answer: { job_id: JOB, entry: entry.answered(1, 0) } }]);
  });

  test.each([
    ['stored', 'ask_again'],
    ['stored', 'failed'],
  ] as const)('a %s answer holds, though a later round %s', (first, second) => {
    const answers = [answer(1, 0, { kind: first }), answer(2, 0, { kind: second, reason: 'refusal' })];
    expect(states(one, ...answers)).toEqual([stored(1, 0)]);
    expect(states(one, ...answers.reverse())).toEqual([stored(1, 0)]);
  });

  test('of answers that cannot be used the last round holds, also after the ninth', () => {
    const answers = [
      answer(2, 0, { kind: 'failed', reason: 'refusal' }),
      answer(10, 0, { kind: 'ask_again', reason: 'truncated' }),
      answer(9, 0, { kind: 'failed', reason: 'canceled' }),
    ];
    expect(states(one, ...answers)).toEqual([{ kind: 'ask_again', reason: 'truncated' }]);
    expect(states(one, ...answers.reverse())).toEqual([{ kind: 'ask_again', reason: 'truncated' }]);
  });

  test('the answer of another job holds', () => {
    const reused = { kind: 'stored', reused: true, read: 'no', failed: [], answer: REUSED };
    expect(states(byOrdinal(section(0, { reused: REUSED })))).toEqual([reused]);
    expect(states(byOrdinal(section(0, { reused: REUSED })), answer(1, 0, { kind: 'failed' }))).toEqual([reused]);
  });

  test('sections with the very same question have one answer together', () => {
    const twins = byOrdinal(section(2, { prompt_hash: 'same' }), section(1, { prompt_hash: 'same' }), section(0));
    expect(states(twins, answer(1, 1))).toEqual([{ kind: 'open' }, stored(1, 1), stored(1, 1)]);
    expect(states(twins, answer(1, 1, { kind: 'failed', reason: 'refusal' })).slice(1)).toEqual([
      { kind: 'failed', reason: 'refusal' },
      { kind: 'failed', reason: 'refusal' },
    ]);
  });

  test('sections whose questions are not known stand alone', () => {
    const { prompt_hash: _, ...unknown } = section(0);
    expect(states(byOrdinal(unknown, { ...unknown, ordinal: 1 }), answer(1, 0))).toEqual([
      stored(1, 0),
      { kind: 'open' },
    ]);
  });
});

test('of sections with the very same question only the first is asked for', () => {
  const sections = [section(0), section(1, { prompt_hash: 'same' }), section(2, { prompt_hash: 'same' })];
  expect(toAsk(sections, () => true).map(({ ordinal }) => ordinal)).toEqual([0, 1]);
  expect(toAsk(sections, ({ ordinal }) => ordinal !== 0).map(({ ordinal }) => ordinal)).toEqual([1]);
});
