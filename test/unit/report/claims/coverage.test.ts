import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coverageOf, type GroupCoverage } from '../../../../lambdas/report/claims/coverage.ts';
import type { Evidence } from '../../../../lambdas/report/claims/evidence.ts';
import { type Tally, tally } from '../../../../lambdas/report/votes.ts';

type Counts = readonly [agrees: number, disagrees: number, passes?: number];

/** Evidence of groups A, B …: the counts of each comment by group. */
function evidenceOf(comments: Record<number, readonly Counts[]>, all: Tally = tally(0, 0, 0)): Evidence {
  const groups = Object.values(comments)[0] ?? [];
  return {
    groups: groups.map((_, at) => ({ letter: 'ABCDEF'[at] ?? '', label: `Group ${at}`, size: 50 })),
    votes: new Map(
      Object.entries(comments).map(([tid, counts]) => [
        Number(tid),
        [all, ...counts.map(([agrees, disagrees, passes = 0]) => tally(agrees, disagrees, passes))],
      ]),
    ),
  };
}

const codes = ({ representative }: GroupCoverage) =>
  representative.map(({ tid, stance }) => `${tid}${stance === 'agree' ? '+' : '-'}`);
const groupsOf = (evidence: Evidence, cited: number[] = []) => coverageOf(evidence, new Set(cited)).groups;
const codesOf = (evidence: Evidence) => groupsOf(evidence).map(codes);

/** Sets groups A and B apart, and A agrees with it more than with any other comment of these tests. */
const CLEAR: Counts[] = [
  [40, 0],
  [0, 40],
];

describe('what stands for a group', () => {
  test('is what most of it agree or disagree with, and the other groups do not', () => {
    const evidence = evidenceOf({
      0: CLEAR,
      1: [
        [5, 35],
        [35, 5],
      ],
      2: [
        [38, 2],
        [38, 2],
      ],
    });
    expect(codesOf(evidence)).toEqual([
      ['0+', '1-'],
      ['1+', '0-'],
    ]);
  });

  // the z of both tests, by statsmodels; above 1.2816 is enough
  test.each([
    // against one half 1.528, against 12 of 24 1.006
    ['differs too little from the others', 13, [12, 12], false],
    // 1.964 and 1.345
    ['differs enough', 14, [12, 12], true],
    // against one half 1.091
    ['is not most of the group', 12, [0, 24], false],
    // 1.528
    ['is most of the group', 13, [0, 24], true],
  ] as const)('%s: %i of 20', (_, agrees, other, stands) => {
    const evidence = evidenceOf({ 0: CLEAR, 1: [[agrees, 20 - agrees], other] });
    expect(codesOf(evidence)[0]).toEqual(stands ? ['0+', '1+'] : ['0+']);
  });

  test('counts passes as votes', () => {
    const evidence = evidenceOf({ 0: CLEAR, 1: [[14, 0, 14], CLEAR[1] as Counts] });
    expect(codesOf(evidence)[0]).toEqual(['0+']);
  });

  test('is five comments at most, the clearest first after the one that it agrees with most', () => {
    const comments = Object.fromEntries(
      Array.from({ length: 8 }, (_, tid): [number, Counts[]] => [
        tid,
        [
          [10, 30 + tid],
          [30, 10],
        ],
      ]),
    );
    expect(codesOf(evidenceOf({ ...comments, 9: CLEAR }))[0]).toEqual(['9+', '7-', '6-', '5-', '4-']);
  });

  test('is set against all other groups together', () => {
    const evidence = evidenceOf({
      0: [
        [40, 0],
        [0, 40],
        [0, 40],
      ],
      1: [
        [30, 10],
        [32, 8],
        [0, 300],
      ],
    });
    expect(codesOf(evidence)[0]).toEqual(['0+', '1+']);
  });

  test('is at least one comment, also where nothing sets the group apart', () => {
    const same: Counts[] = [
      [1, 9],
      [1, 9],
    ];
    const [a, b] = groupsOf(
      evidenceOf({
        0: same,
        1: [
          [2, 8],
          [1, 9],
        ],
      }),
    );
    expect([a, b].map((group) => group?.representative.length)).toEqual([1, 1]);
  });

  test('is never a comment that nobody of the group took a side on', () => {
    const evidence = evidenceOf({
      0: [
        [0, 0, 5],
        [0, 40],
      ],
    });
    expect(groupsOf(evidence)[0]).toEqual({ letter: 'A', representative: [], cited: [], share: null });
  });
});

describe('coverage', () => {
  const evidence = evidenceOf({
    3: CLEAR,
    1: [
      [5, 35],
      [35, 5],
    ],
    2: [
      [38, 2],
      [38, 2],
    ],
  });

  test('names what a report cites of it, the share, and what it does not cite', () => {
    const { groups, missing } = coverageOf(evidence, new Set([1, 2]));
    expect(groups.map(({ letter, cited, share }) => ({ letter, cited, share }))).toEqual([
      { letter: 'A', cited: [1], share: 0.5 },
      { letter: 'B', cited: [1], share: 0.5 },
    ]);
    expect(missing).toEqual([3]);
  });

  test('names a comment that two groups lack once', () => {
    expect(coverageOf(evidence, new Set()).missing).toEqual([1, 3]);
  });
});

const counts = fc
  .tuple(fc.nat(40), fc.nat(40), fc.nat(10))
  .map(([agrees, disagrees, passes]): Counts => [agrees, disagrees, passes]);
const conversation = (groups: number) => fc.array(fc.array(counts, { minLength: groups, maxLength: groups }));

test('the order of the groups does not matter', () => {
  fc.assert(
    fc.property(conversation(3), (comments) => {
      const turned = comments.map(([a, b, c]) => [c, a, b] as Counts[]);
      const [a, b, c] = codesOf(evidenceOf({ ...comments }));
      expect(codesOf(evidenceOf({ ...turned }))).toEqual([c, a, b].filter(Boolean));
    }),
  );
});

test('people in no group do not matter', () => {
  fc.assert(
    fc.property(conversation(2), fc.nat(1000), (comments, more) => {
      expect(codesOf(evidenceOf({ ...comments }, tally(more, 0, 0)))).toEqual(codesOf(evidenceOf({ ...comments })));
    }),
  );
});

test('a report that cites more never covers less, and one that cites everything covers all', () => {
  fc.assert(
    fc.property(conversation(2), fc.array(fc.nat(12)), fc.nat(12), (comments, cited, another) => {
      const evidence = evidenceOf({ ...comments });
      const before = groupsOf(evidence, cited);
      const after = groupsOf(evidence, [...cited, another]);
      for (const [at, { share }] of after.entries()) expect(share ?? 1).toBeGreaterThanOrEqual(before[at]?.share ?? 0);
      const whole = coverageOf(evidence, new Set(comments.keys()));
      expect(whole.missing).toEqual([]);
      for (const { share, representative } of whole.groups) expect(share).toBe(representative.length > 0 ? 1 : null);
    }),
  );
});
