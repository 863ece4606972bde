import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnsweredFacts } from '../../../../lambdas/shared/ledger-rows.ts';
import { entry } from '../../../../lambdas/shared/names.ts';
import { TallyBoard } from '../../../../lambdas/steps/collect/tally-board.ts';

const board = (sections: number, ...asked: number[]) => {
  const made = new TallyBoard(sections);
  for (const ordinal of asked) made.asked(ordinal);
  return made;
};
const answer = (ordinal: number, kind: AnsweredFacts['kind'], reason?: AnsweredFacts['reason']): AnsweredFacts => ({
  entry: entry.answered(2, ordinal),
  section: `section_${ordinal}`,
  kind,
  ...(reason ? { reason } : {}),
});

describe('the tally of a round', () => {
  test('sections that were not asked for are in no count', () => {
    expect(board(5).counts()).toEqual({ stored: 0, askAgain: 0, failed: 0, unanswered: 0 });
    expect(board(5).unanswered()).toEqual([]);
  });

  test('a section asked for is unanswered until its answer comes', () => {
    const made = board(4, 3, 0, 1);
    expect(made.unanswered()).toEqual([0, 1, 3]);
    made.answered(1, 'failed');
    made.answered(3, 'ask_again');
    expect(made.unanswered()).toEqual([0]);
    expect(made.counts()).toEqual({ stored: 0, askAgain: 1, failed: 1, unanswered: 1 });
    expect([0, 1, 2, 3].map(made.hasAnswer)).toEqual([false, true, false, true]);
  });

  test('a section that is stored stays stored, whatever comes after it', () => {
    const made = board(1, 0);
    made.answered(0, 'stored');
    made.answered(0, 'failed');
    made.asked(0);
    made.recall(answer(0, 'ask_again', 'missing'));
    expect([made.isStored(0), made.counts()]).toEqual([true, { stored: 1, askAgain: 0, failed: 0, unanswered: 0 }]);
  });

  test('a second line may still store a section that failed', () => {
    const made = board(1, 0);
    made.answered(0, 'failed');
    made.answered(0, 'stored');
    expect(made.counts()).toMatchObject({ stored: 1, failed: 0 });
  });

  test('of two answers the better one is kept, in either order', () => {
    const answers: [kind: AnsweredFacts['kind'], mark: string][] = [
      ['ask_again', 'a'.repeat(24)],
      ['ask_again', '1'.repeat(24)],
      ['failed', 'f'.repeat(24)],
      ['failed', '2'.repeat(24)],
      ['stored', 'e'.repeat(24)],
      ['stored', '3'.repeat(24)],
    ];
    for (const [index, better] of answers.entries()) {
      for (const worse of answers.slice(0, index)) {
        const [first, second] = [board(1, 0), board(1, 0)];
        expect([first.answered(0, ...worse), first.answered(0, ...better)]).toEqual([true, true]);
        expect([second.answered(0, ...better), second.answered(0, ...worse)]).toEqual([true, false]);
        for (const made of [first, second])
          expect([made.holds(0, better[1]), made.holds(0, worse[1])]).toEqual([true, false]);
      }
    }
  });

  test('the line that a recalled answer came from is known again', () => {
    const made = board(2, 0, 1);
    made.recall({ ...answer(0, 'stored'), line_mark: 'b'.repeat(24) });
    expect([made.holds(0, 'b'.repeat(24)), made.holds(0, 'c'.repeat(24)), made.holds(1, 'b'.repeat(24))]).toEqual([
      true,
      false,
      false,
    ]);
    expect(made.answered(0, 'stored', 'b'.repeat(24))).toBe(false);
  });

  test('what an earlier attempt wrote counts; a missing line may come now', () => {
    const made = board(3, 0, 1, 2);
    made.recall(answer(0, 'stored'));
    made.recall(answer(1, 'ask_again', 'missing'));
    made.recall(answer(2, 'ask_again', 'truncated'));
    expect(made.counts()).toEqual({ stored: 1, askAgain: 1, failed: 0, unanswered: 1 });
    expect(made.unanswered()).toEqual([1]);
  });

  test('an ordinal that the job does not have changes nothing', () => {
    const made = board(2, 0, 1);
    made.asked(2);
    made.answered(99, 'stored');
    expect(made.counts()).toEqual({ stored: 0, askAgain: 0, failed: 0, unanswered: 2 });
    expect([made.isStored(99), made.hasAnswer(99)]).toEqual([false, false]);
  });

  test('the counts always add up to the sections asked for, in whatever order things come', () => {
    const step = fc.tuple(fc.nat(19), fc.constantFrom('stored' as const, 'failed' as const, 'ask_again' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const made = board(20, ...Array.from({ length: 20 }, (_, ordinal) => ordinal));
        const stored = new Set<number>();
        for (const [ordinal, kind] of steps) {
          made.answered(ordinal, kind);
          if (kind === 'stored') stored.add(ordinal);
        }
        const counts = made.counts();
        expect(counts.stored + counts.askAgain + counts.failed + counts.unanswered).toBe(20);
        expect(counts.stored).toBe(stored.size);
        expect(made.unanswered()).toHaveLength(counts.unanswered);
      }),
    );
  });
});
