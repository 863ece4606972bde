import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TalliedComment } from '../../../lambdas/report/comments.ts';
import { consensusThreshold, planSections, scaledLimit } from '../../../lambdas/report/sections.ts';
import { tally } from '../../../lambdas/report/votes.ts';
import { comment, JOB, RUN, topic } from '../../support/make.ts';

type Input = Parameters<typeof planSections>[0];

/** Plans the sections of a job, of which only what matters is named. */
const plan = (change: Partial<Input> = {}) =>
  planSections({
    jobId: JOB,
    comments: [],
    conversationSize: 100,
    groupCount: 2,
    topics: [],
    clusters: new Map(),
    ...change,
  }).sections;

const GROUPS = 'batch_re_global_groups';
const CONSENSUS = 'batch_re_global_group_informed_consensus';
const UNCERTAINTY = 'batch_re_global_uncertainty';
const many = (count: number, change: Partial<TalliedComment> = {}) =>
  Array.from({ length: count }, (_, tid) => comment(tid, change));
const tidsOf = (input: Partial<Input>, section: string) =>
  plan(input)
    .find((planned) => planned.section === section)
    ?.comments.map(({ tid }) => tid);

/** One topic on each of three layers, with every comment in each. */
const threeLayers = (comments: TalliedComment[]): Pick<Input, 'comments' | 'topics' | 'clusters'> => ({
  comments,
  topics: [topic(0, 3), topic(1, 3), topic(2, 3)],
  clusters: new Map([0, 1, 2].map((layer) => [layer, new Map(comments.map(({ tid }) => [tid, 3]))])),
});

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

describe('sections that are left out', () => {
  const leftOut = (change: Partial<Input>) =>
    new Map(
      planSections({
        jobId: JOB,
        comments: [],
        conversationSize: 100,
        groupCount: 2,
        topics: [],
        clusters: new Map(),
        ...change,
      }).leftOut.map(({ section, why }) => [section, why]),
    );

  test('say by which measure, the best value and what is needed', () => {
    const comments = [
      comment(0, { consensus: 0.696, extremity: 0.9996, all: tally(801, 0, 199) }),
      comment(1, { consensus: 0.2 }),
    ];
    expect(leftOut({ comments })).toEqual(
      new Map([
        [
          GROUPS,
          'No comment divides the participants enough: the highest measure of division is 0.999, and more than 1 is needed.',
        ],
        [CONSENSUS, 'No comment passed the measure of consensus: the best scores 0.696, and more than 0.7 is needed.'],
        [
          UNCERTAINTY,
          'No comment was passed on often enough: the highest share of passes is 19.9%, and 20% is needed.',
        ],
      ]),
    );
    expect(leftOut({ comments, groupCount: 3 }).has(CONSENSUS)).toBe(false);
    expect(leftOut({ comments: [comment(0, { consensus: 0.1 })], groupCount: 3 }).get(CONSENSUS)).toContain(
      'the best scores 0.1, and more than 0.47 is needed',
    );
  });

  test('a value at the threshold is not shown as if it had passed', () => {
    expect(leftOut({ comments: [comment(0, { consensus: 0.7 })] }).get(CONSENSUS)).toContain(
      'the best scores 0.7, and',
    );
    expect(leftOut({ comments: [comment(0, { consensus: 0.69996 })] }).get(CONSENSUS)).toContain('scores 0.699, and');
  });

  test('a topic tells whether it has no comment or all of them are left out', () => {
    const clusters = new Map([
      [
        0,
        new Map([
          [1, 1],
          [2, 2],
          [3, 2],
          [4, 3],
        ]),
      ],
    ]);
    const topics = [topic(0, 0), topic(0, 1), topic(0, 2), topic(0, 3)];
    const hidden = new Map([
      [1, 'rejected'],
      [2, 'meta'],
      [3, 'deselected'],
    ] as const);
    const reasons = leftOut({ comments: [comment(4)], topics, clusters, hidden });
    expect(reasons.get(`${RUN}_0_0`)).toBe('No comment belongs to this topic.');
    expect(reasons.get(`${RUN}_0_1`)).toBe(
      "The only comment of this topic is left out by moderation or by the report's owner.",
    );
    expect(reasons.get(`${RUN}_0_2`)).toBe(
      "All 2 comments of this topic are left out by moderation or by the report's owner.",
    );
    expect(reasons.has(`${RUN}_0_3`)).toBe(false);
  });
});

test('comments that no section shows are named, those with the most votes first', () => {
  const clusters = new Map([[0, new Map([[1, 0]])]]);
  const comments = [
    comment(1),
    comment(2, { all: tally(3, 0, 0) }),
    comment(3, { all: tally(5, 4, 0) }),
    comment(4, { extremity: 2 }),
  ];
  const { inNoSection } = planSections({
    jobId: JOB,
    comments,
    conversationSize: 100,
    groupCount: 2,
    topics: [topic(0, 0)],
    clusters,
  });
  expect(inNoSection.map(({ tid }) => tid)).toEqual([3, 2]);
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
  test('only the layers asked for have topics, and the global sections stay', () => {
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
