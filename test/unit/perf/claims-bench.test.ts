import { beforeAll, describe, expect, it } from 'vitest';
import { sampleConversation } from '../../../local/sample.ts';
import { type Conversation, countVotes } from '../../../perf/bench/claims-conversations.ts';
import {
  differencesOf,
  type Figures,
  measureTexts,
  measureVotes,
  noFigures,
} from '../../../perf/bench/claims-measure.ts';
import { trueStatements } from '../../../perf/bench/claims-true.ts';

describe('the check of claims, on the sample', () => {
  const figures: Figures = noFigures();
  let conversation: Conversation;
  beforeAll(async () => {
    conversation = await countVotes('sample', sampleConversation(), 1);
    measureTexts(figures, conversation, measureVotes(figures, conversation));
  });

  it('refuses no claim that is true by the votes', () => {
    for (const [kind, { claims, byVotes }] of figures.truths) {
      expect(claims, kind).toBeGreaterThan(0);
      expect(byVotes, kind).toBe(0);
    }
  });

  it('catches every mutant that the votes refute', () => {
    for (const [kind, { mutants, caught }] of figures.byVotes) {
      expect(mutants, kind).toBeGreaterThan(0);
      expect(caught, kind).toBe(mutants);
    }
  });

  it('reads the words of every text', () => {
    expect(figures.unguarded).toBe(0);
  });

  it('catches at least 95% of the texts that say something else than their claim', () => {
    const all = [...figures.byText.values()];
    for (const { mutants } of all) expect(mutants).toBeGreaterThan(0);
    const sum = (of: 'mutants' | 'caught') => all.reduce((total, one) => total + one[of], 0);
    expect(sum('caught') / sum('mutants')).toBeGreaterThanOrEqual(0.95);
  });

  it('agrees with the oracle on every claim', () => {
    expect(figures.judged).toBeGreaterThan(10_000);
    expect(figures.disagreements).toBe(0);
  });

  it('finds few differences where the groups are shuffled, and fewer than 30 points alone would', () => {
    const [dealt] = conversation.shuffled;
    if (!dealt) throw new RangeError('no shuffled groups');
    const [right, noise] = [differencesOf(conversation), differencesOf(dealt)];
    expect(right.proven).toBeGreaterThan(50);
    expect(noise.proven * 10).toBeLessThan(right.proven);
    expect(noise.proven).toBeLessThan(noise.raw);
  });
});

it('every claim is stated of single comments, and of sets of two, three and four of them', () => {
  const tids = Array.from({ length: 12 }, (_, tid) => tid);
  const statements = trueStatements(
    new Map([['M+', { claim: { kind: 'majority', stance: 'agree' }, tids }]]),
    () => 0.5,
  );
  expect(statements.map(({ tids }) => tids.length)).toEqual([...tids.map(() => 1), 2, 3, 4, 2]);
});
