import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { consensusThreshold } from '../../../lambdas/report/sections.ts';
import { tally } from '../../../lambdas/report/votes.ts';
import { comment, RUN, topic } from '../../support/make.ts';
import { CONSENSUS, GROUPS, many, plan, threeLayers, tidsOf, UNCERTAINTY } from '../../support/planning.ts';

describe('which comments belong to a section', () => {
  test('a topic takes the comments of its own cluster at its own layer', () => {
    const clusters = new Map([
      [
        0,
        new Map([
          [0, 0],
          [1, 1],
          [2, 0],
        ]),
      ],
      [
        1,
        new Map([
          [0, 1],
          [1, 0],
          [2, 0],
        ]),
      ],
    ]);
    const input = { comments: many(4), topics: [topic(0, 0), topic(0, 1), topic(1, 0), topic(1, 1)], clusters };
    expect(plan(input).map(({ section, comments }) => [section, comments.map(({ tid }) => tid)])).toEqual([
      [`${RUN}_0_0`, [0, 2]],
      [`${RUN}_0_1`, [1]],
      [`${RUN}_1_0`, [1, 2]],
      [`${RUN}_1_1`, [0]],
    ]);
  });

  test('groups takes comments whose extremity is above 1, and not 1 itself', () => {
    const comments = [comment(0, { extremity: 1 }), comment(1, { extremity: 1.0001 }), comment(2, { extremity: 3 })];
    expect(tidsOf({ comments }, GROUPS)).toEqual([2, 1]);
  });

  test.each([
    [2, 0.7],
    [3, 0.47],
    [4, 0.32],
    [5, 0.24],
    [6, 0.24],
  ])('with %i groups consensus is above %f', (groupCount, threshold) => {
    expect(consensusThreshold(groupCount)).toBe(threshold);
    const comments = [comment(0, { consensus: threshold }), comment(1, { consensus: threshold + 1e-6 })];
    expect(tidsOf({ comments, groupCount }, CONSENSUS)).toEqual([1]);
  });

  test('uncertainty takes comments that at least a fifth passed on', () => {
    const comments = [
      comment(0, { all: tally(4, 0, 1) }),
      comment(1, { all: tally(801, 0, 200) }),
      comment(2, { all: tally(0, 0, 3) }),
    ];
    expect(tidsOf({ comments }, UNCERTAINTY)).toEqual([2, 0]);
  });

  test('a comment that nobody voted on is not uncertain', () => {
    expect(tidsOf({ comments: [comment(0, { all: tally(0, 0, 0) })] }, UNCERTAINTY)).toBeUndefined();
  });
});

describe('which comments are kept over the limit', () => {
  test('the measure goes first, then votes, then the lower tid', () => {
    const comments = [
      comment(9, { extremity: 2, all: tally(5, 0, 0) }),
      comment(4, { extremity: 2, all: tally(9, 0, 0) }),
      comment(7, { extremity: 3, all: tally(1, 0, 0) }),
      comment(2, { extremity: 2, all: tally(5, 0, 0) }),
    ];
    expect(tidsOf({ comments }, GROUPS)).toEqual([7, 4, 2, 9]);
  });

  test('a topic counts answers that take a side before votes', () => {
    const comments = [
      comment(0, { all: tally(3, 0, 20) }),
      comment(1, { all: tally(2, 3, 0) }),
      comment(2, { all: tally(3, 2, 1) }),
    ];
    expect(tidsOf(threeLayers(comments), `${RUN}_0_3`)).toEqual([2, 1, 0]);
  });

  test('consensus and uncertainty put their own measure first', () => {
    const comments = [
      comment(0, { consensus: 0.8, all: tally(40, 0, 40) }),
      comment(1, { consensus: 0.9, all: tally(1, 0, 9) }),
    ];
    expect(tidsOf({ comments }, CONSENSUS)).toEqual([1, 0]);
    expect(tidsOf({ comments }, UNCERTAINTY)).toEqual([1, 0]);
  });

  test('the same comments are chosen in the same order, however they come in', () => {
    const comments = many(120).map((one, index) => ({
      ...one,
      extremity: 1 + (index % 3),
      all: tally(index % 5, 0, index % 2),
    }));
    const expected = plan(threeLayers(comments));
    fc.assert(
      fc.property(fc.shuffledSubarray(comments, { minLength: 120 }), (shuffled) => {
        expect(plan(threeLayers(shuffled))).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });
});

describe('which sections are asked for', () => {
  test('only the layers asked for have topics, the top layer stays what it is, and the global sections stay', () => {
    const sections = plan({ ...threeLayers(many(200, { extremity: 2 })), layers: [1, 2] });
    expect(sections.map(({ section, comments }) => [section, comments.length])).toEqual([
      [`${RUN}_1_3`, 75],
      [`${RUN}_2_3`, 50],
      [GROUPS, 50],
    ]);
  });

  test('topics come by the order given, and global sections last', () => {
    const comments = many(3, { extremity: 2, consensus: 0.9, all: tally(1, 0, 1) });
    expect(plan(threeLayers(comments)).map(({ kind }) => kind)).toEqual([
      'topic',
      'topic',
      'topic',
      'groups',
      'group_informed_consensus',
      'uncertainty',
    ]);
  });
});
