import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnsweredFacts } from '../../../../lambdas/shared/ledger-rows.ts';
import { entry } from '../../../../lambdas/shared/names.ts';
import { RoundAnswers } from '../../../../lambdas/steps/collect/round.ts';
import { JOB } from '../../../support/make.ts';

const asked = (...ordinals: number[]) => new RoundAnswers(ordinals);
const answer = (ordinal: number, kind: AnsweredFacts['kind'], change: Partial<AnsweredFacts> = {}): AnsweredFacts => ({
  job_id: JOB,
  entry: entry.answered(2, ordinal),
  section: `section_${ordinal}`,
  kind,
  ...change,
});

describe('the answers of a round', () => {
  test('a section that was not asked for is in no count', () => {
    expect(asked().counts()).toEqual({ stored: 0, unproven: 0, askAgain: 0, failed: 0, unanswered: 0 });
    expect(asked().unanswered()).toEqual([]);
  });

  test('a section asked for is unanswered until its answer comes', () => {
    const made = asked(3, 0, 1);
    expect(made.unanswered()).toEqual([0, 1, 3]);
    made.take(1, 'failed', 'a');
    made.take(3, 'ask_again', 'b');
    expect(made.unanswered()).toEqual([0]);
    expect(made.counts()).toEqual({ stored: 0, unproven: 0, askAgain: 1, failed: 1, unanswered: 1 });
    expect([0, 1, 2, 3].map(made.markOf)).toEqual([undefined, 'a', undefined, 'b']);
  });

  test('a section that is stored stays stored, whatever comes after it', () => {
    const made = asked(0);
    made.take(0, 'stored', 'b');
    made.take(0, 'failed', 'a');
    made.recall(answer(0, 'ask_again', { reason: 'missing' }));
    expect(made.counts()).toEqual({ stored: 1, unproven: 0, askAgain: 0, failed: 0, unanswered: 0 });
  });

  test('a second line may still store a section that failed', () => {
    const made = asked(0);
    made.take(0, 'failed', 'a');
    made.take(0, 'stored', 'b');
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
        const [first, second] = [asked(0), asked(0)];
        expect([first.take(0, ...worse), first.take(0, ...better)]).toEqual([true, true]);
        expect([second.take(0, ...better), second.take(0, ...worse)]).toEqual([true, false]);
        for (const made of [first, second]) expect(made.markOf(0)).toBe(better[1]);
      }
    }
  });

  test('the line that a recalled answer came from is known again', () => {
    const made = asked(0, 1);
    made.recall(answer(0, 'stored', { line_mark: 'b' }));
    expect([made.markOf(0), made.markOf(1), made.holderOf('b'), made.holderOf('c')]).toEqual([
      'b',
      undefined,
      0,
      undefined,
    ]);
    expect(made.take(0, 'stored', 'b')).toBe(false);
  });

  test('what an earlier attempt wrote counts; a missing line may come now', () => {
    const made = asked(0, 1, 2);
    made.recall(answer(0, 'stored'));
    made.recall(answer(1, 'ask_again', { reason: 'missing' }));
    made.recall(answer(2, 'ask_again', { reason: 'truncated' }));
    expect(made.counts()).toEqual({ stored: 1, unproven: 0, askAgain: 1, failed: 0, unanswered: 1 });
    expect(made.unanswered()).toEqual([1]);
  });

  test('the counts always add up to the sections asked for, in whatever order things come', () => {
    const step = fc.tuple(
      fc.nat(19),
      fc.constantFrom('stored' as const, 'failed' as const, 'ask_again' as const),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const made = asked(...Array(20).keys());
        const stored = new Set<number>();
        for (const [ordinal, kind, mark] of steps) {
          made.take(ordinal, kind, mark);
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
