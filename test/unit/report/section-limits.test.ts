import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scaledLimit } from '../../../lambdas/report/sections.ts';
import { tally } from '../../../lambdas/report/votes.ts';
import { topic } from '../../support/make.ts';
import { many, plan, threeLayers } from '../../support/planning.ts';

describe('how many comments a section shows', () => {
  test('layer 0 has 100, the top layer 50, those between 75, and each global section 50', () => {
    const comments = many(200, { extremity: 2, consensus: 0.9, all: tally(4, 0, 6) });
    const counts = plan(threeLayers(comments)).map((planned) => planned.comments.length);
    expect(counts).toEqual([100, 75, 50, 50, 50, 50]);
  });

  test('a hierarchy of one layer is finest, and has 100', () => {
    const comments = many(200);
    const clusters = new Map([[0, new Map(comments.map(({ tid }) => [tid, 0]))]]);
    expect(plan({ comments, clusters, topics: [topic(0, 0)] })[0]?.comments).toHaveLength(100);
  });

  test.each([
    [2_000, [100, 75, 50]],
    [2_001, [90, 67, 45]],
    [5_000, [90, 67, 45]],
    [5_001, [75, 56, 37]],
    [10_000, [75, 56, 37]],
    [10_001, [50, 37, 25]],
  ])('in a conversation of %i comments the limits are %j', (conversationSize, limits) => {
    expect(plan({ ...threeLayers(many(200)), conversationSize }).map(({ comments }) => comments.length)).toEqual(
      limits,
    );
  });

  test('the conversation is measured by all its comments, not by those that may be shown', () => {
    expect(plan({ comments: many(60, { extremity: 2 }), conversationSize: 20_000 })[0]?.comments).toHaveLength(25);
  });

  test('a limit never falls below 10 and never grows with the conversation', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 200 }), fc.nat(30_000), fc.nat(30_000), (limit, size, more) => {
        expect(scaledLimit(limit, size)).toBeGreaterThanOrEqual(10);
        expect(scaledLimit(limit, size + more)).toBeLessThanOrEqual(scaledLimit(limit, size));
      }),
    );
    expect(scaledLimit(12, 10_001)).toBe(10);
  });
});
