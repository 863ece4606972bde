import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GroupCount } from '../../../lambdas/report/comments.ts';
import type { MathVotes } from '../../../lambdas/report/opinion-groups.ts';
import { checkVoteSigns } from '../../../lambdas/report/vote-signs.ts';
import { VoteSignMismatch } from '../../../lambdas/shared/errors.ts';
import { errorOf } from '../../support/readers.ts';

const math: MathVotes[] = Array.from({ length: 20 }, (_, tid) => ({
  gid: tid % 2,
  tid,
  agrees: tid % 3 === 0 ? 2 : 9,
  disagrees: tid % 3 === 0 ? 8 : 3,
}));
const asCounted = ({ gid, tid, agrees, disagrees }: MathVotes): GroupCount => ({
  gid,
  tid,
  agrees,
  disagrees,
  passes: 1,
});
const swapped = (count: GroupCount): GroupCount => ({ ...count, agrees: count.disagrees, disagrees: count.agrees });

describe('votes with the signs of the math', () => {
  test('pass', () => {
    expect(() => checkVoteSigns(math.map(asCounted), math)).not.toThrow();
  });

  test('pass however many votes were added since the math was computed', () => {
    const more = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat(3), fc.nat(3));
    fc.assert(
      fc.property(fc.array(more, { minLength: 20, maxLength: 20 }), (added) => {
        const counts = math.map(asCounted).map((count, at) => {
          const [times, agrees, disagrees] = added[at] as [number, number, number];
          return { ...count, agrees: count.agrees * times + agrees, disagrees: count.disagrees * times + disagrees };
        });
        expect(() => checkVoteSigns(counts, math)).not.toThrow();
      }),
    );
  });

  test('pass when some people have changed their minds since, also on every comment', () => {
    const changed = math
      .map(asCounted)
      .map((count) => ({ ...count, agrees: count.agrees - 1, disagrees: count.disagrees + 1 }));
    expect(() => checkVoteSigns(changed, math)).not.toThrow();
  });

  test('pass when a few comments have turned round', () => {
    const counts = math.map(asCounted).map((count, at) => (at < 6 ? swapped(count) : count));
    expect(() => checkVoteSigns(counts, math)).not.toThrow();
  });

  test('cannot be compared when there are few clear counts, or none', () => {
    expect(() => checkVoteSigns(math.map(asCounted).map(swapped), math.slice(0, 4))).not.toThrow();
    expect(() => checkVoteSigns(math.map(asCounted).map(swapped), [])).not.toThrow();
    expect(() => checkVoteSigns([], math)).not.toThrow();
  });
});

describe('votes with a flipped sign', () => {
  test('are refused, with the figures and what to check', async () => {
    const error = await errorOf(() => checkVoteSigns(math.map(asCounted).map(swapped), math));
    expect(error).toBeInstanceOf(VoteSignMismatch);
    expect(error.message).toMatch(/20 of 20 clear counts .*vote_convention/);
  });

  test('are refused although the math is as old as half the votes', () => {
    const doubled = math
      .map(asCounted)
      .map((count) => swapped({ ...count, agrees: count.agrees * 2, disagrees: count.disagrees * 2 }));
    expect(() => checkVoteSigns(doubled, math)).toThrow(VoteSignMismatch);
  });

  test('are refused although the math is as old as a tenth of the votes', () => {
    const older = math
      .map(asCounted)
      .map((count) => swapped({ ...count, agrees: count.agrees * 10, disagrees: count.disagrees * 10 }));
    expect(() => checkVoteSigns(older, math)).toThrow(VoteSignMismatch);
  });

  test('are refused although a few people have voted again since', () => {
    const counts = math.map(asCounted).map((count, at) => (at < 3 ? count : swapped(count)));
    expect(() => checkVoteSigns(counts, math)).toThrow(VoteSignMismatch);
  });
});
