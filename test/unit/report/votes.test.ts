import { describe, expect, test } from 'vitest';
import { EXPORT_VOTE, POSTGRES_VOTE, postgresVoteFromExport, tally } from '../../../lambdas/report/votes.ts';

describe('the sign of a vote', () => {
  test('in PostgreSQL agree is -1, disagree is +1 and pass is 0', () => {
    expect(POSTGRES_VOTE).toEqual({ agree: -1, disagree: 1, pass: 0 });
  });

  test('in an export agree is +1, disagree is -1 and pass is 0', () => {
    expect(EXPORT_VOTE).toEqual({ agree: 1, disagree: -1, pass: 0 });
  });

  test('an agree of an export is stored as -1, a disagree as +1, a pass as 0', () => {
    expect([1, -1, 0].map(postgresVoteFromExport)).toEqual([-1, 1, 0]);
  });

  test.each([2, -2, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('%s is refused as a vote', (vote) => {
    expect(() => postgresVoteFromExport(vote)).toThrow(RangeError);
  });
});

test('a tally adds up agrees, disagrees and passes to votes, each under its own name', () => {
  expect(tally(5, 3, 2)).toEqual({ votes: 10, agrees: 5, disagrees: 3, passes: 2 });
});
