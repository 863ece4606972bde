import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MathData } from '../../../local/conversation.ts';
import { type DeriveMathInput, deriveMath } from '../../../local/math/derive-math.ts';
import { principalAxes, voteMatrix } from '../../../local/math/principal-axes.ts';

const AGREE = -1;
const DISAGREE = 1;
const PASS = 0;

function input(given: Partial<DeriveMathInput>): DeriveMathInput {
  const none = { modOut: [], modIn: [], metaTids: [], lastVoteTimestamp: 0 };
  return { tids: [], votes: [], groupOfPid: new Map(), ...none, ...given };
}

/** Two camps of ten: comment 0 and 1 divide them both ways, all agree on 2, half of each camp agrees on 3. */
function twoCamps(): DeriveMathInput {
  const people = Array.from({ length: 20 }, (_, index) => ({
    pid: 100 + 3 * index,
    gid: index % 2,
    half: index % 4 < 2,
  }));
  const votes = people.flatMap(({ pid, gid, half }) => [
    { pid, tid: 0, vote: gid === 0 ? AGREE : DISAGREE } as const,
    { pid, tid: 1, vote: gid === 0 ? DISAGREE : AGREE } as const,
    { pid, tid: 2, vote: AGREE } as const,
    { pid, tid: 3, vote: half ? AGREE : PASS } as const,
  ]);
  return input({ tids: [0, 1, 2, 3], votes, groupOfPid: new Map(people.map(({ pid, gid }) => [pid, gid])) });
}

const randomInput: fc.Arbitrary<DeriveMathInput> = fc
  .record({
    tids: fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 8 }),
    people: fc.uniqueArray(fc.record({ pid: fc.nat(500), gid: fc.option(fc.nat(3)) }), { selector: ({ pid }) => pid }),
    cells: fc.array(fc.constantFrom(AGREE, DISAGREE, PASS, undefined), { minLength: 1, maxLength: 40 }),
  })
  .map(({ tids, people, cells }) => {
    const votes = people.flatMap(({ pid }, p) =>
      tids.flatMap((tid, t) => {
        const vote = cells[(p * tids.length + t) % cells.length];
        return vote === undefined ? [] : [{ pid, tid, vote } as const];
      }),
    );
    const grouped = people.flatMap(({ pid, gid }) => (gid === null ? [] : [[pid, gid] as const]));
    return input({ tids, votes, groupOfPid: new Map(grouped) });
  });

function pidsOfGroup(math: MathData, gid: number): number[] {
  const clusters = math['base-clusters'];
  const ids = math['group-clusters'].find(({ id }) => id === gid)?.members ?? [];
  return ids.flatMap((id) => clusters.members[clusters.id.indexOf(id)] ?? []).sort((a, b) => a - b);
}

function extremity(math: MathData, tid: number): number {
  return math.pca['comment-extremity'][math.tids.indexOf(tid)] ?? Number.NaN;
}

describe('tallies of opinion groups', () => {
  it('count PostgreSQL -1 as an agree, +1 as a disagree and 0 only as seen', () => {
    const votes = [
      { pid: 7, tid: 3, vote: -1 },
      { pid: 8, tid: 3, vote: -1 },
      { pid: 9, tid: 3, vote: 1 },
      { pid: 10, tid: 3, vote: 0 },
    ] as const;
    const math = deriveMath(
      input({ tids: [3], votes: [...votes], groupOfPid: new Map(votes.map(({ pid }) => [pid, 0])) }),
    );
    expect(math['group-votes']).toEqual({ 0: { 'n-members': 4, votes: { 3: { A: 2, D: 1, S: 4 } } } });
  });

  it('leave out people who are in no group, who still count as participants', () => {
    const votes = [{ pid: 1, tid: 0, vote: AGREE } as const, { pid: 2, tid: 0, vote: AGREE } as const];
    const math = deriveMath(input({ tids: [0], votes, groupOfPid: new Map([[2, 0]]) }));
    expect(math['group-votes'][0]?.votes[0]).toEqual({ A: 1, D: 0, S: 1 });
    expect([math.n, math['in-conv']]).toEqual([2, [2]]);
  });

  it('sum to the votes of the grouped people, with passes never negative', () => {
    fc.assert(
      fc.property(randomInput, (given) => {
        const cells = Object.values(deriveMath(given)['group-votes']).flatMap(({ votes }) => Object.values(votes));
        const grouped = given.votes.filter(({ pid }) => given.groupOfPid.has(pid));
        expect(cells.reduce((sum, { S }) => sum + S, 0)).toBe(grouped.length);
        expect(cells.reduce((sum, { A }) => sum + A, 0)).toBe(grouped.filter(({ vote }) => vote === AGREE).length);
        for (const { A, D, S } of cells) expect(A + D).toBeLessThanOrEqual(S);
      }),
    );
  });
});

describe('group-aware consensus', () => {
  it('is the product over groups of (agrees + 1) / (seen + 2)', () => {
    const math = deriveMath(twoCamps());
    expect(math['group-aware-consensus'][0]).toBeCloseTo((11 / 12) * (1 / 12), 12);
    expect(math['group-aware-consensus'][2]).toBeCloseTo((11 / 12) ** 2, 12);
  });

  it('lies between 0 and 1 for whatever votes', () => {
    fc.assert(
      fc.property(randomInput, (given) => {
        for (const value of Object.values(deriveMath(given)['group-aware-consensus'])) {
          expect(value).toBeGreaterThan(0);
          expect(value).toBeLessThan(1);
        }
      }),
    );
  });
});

describe('comment extremity', () => {
  it('is above 1 for comments that divide the groups and near 0 for those that all agree on', () => {
    const math = deriveMath(twoCamps());
    expect(extremity(math, 0)).toBeGreaterThan(1);
    expect(extremity(math, 1)).toBeGreaterThan(1);
    expect(extremity(math, 2)).toBeCloseTo(0, 9);
  });

  it('equals sqrt(comments) * |agree - mean| * loading, worked out by hand for two opposed comments', () => {
    const given = twoCamps();
    const math = deriveMath({ ...given, tids: [0, 1], votes: given.votes.filter(({ tid }) => tid < 2) });
    // Only one axis has variance: (1, -1)/sqrt(2). The other axis is (1, 1)/sqrt(2), so the loading's length is 1.
    expect(extremity(math, 0)).toBeCloseTo(Math.SQRT2, 9);
  });

  it('measures from the side of agreeing: of two opposed comments the one that most agree on lies nearer', () => {
    const votes = Array.from({ length: 20 }, (_, pid) => [
      { pid, tid: 0, vote: pid < 15 ? AGREE : DISAGREE } as const,
      { pid, tid: 1, vote: pid < 15 ? DISAGREE : AGREE } as const,
    ]).flat();
    const math = deriveMath(input({ tids: [0, 1], votes }));
    // Means are -0.5 and +0.5, so |agree - mean| is 0.5 and 1.5; the loading's length is 1 as above.
    expect(extremity(math, 0)).toBeCloseTo(0.5 * Math.SQRT2, 9);
    expect(extremity(math, 1)).toBeCloseTo(1.5 * Math.SQRT2, 9);
  });

  it('is 0 for comments that are moderated out or about the voter, which also leave the others as if they were not there', () => {
    const given = twoCamps();
    const without = deriveMath({ ...given, tids: [0, 2, 3], votes: given.votes.filter(({ tid }) => tid !== 1) });
    for (const left of [{ modOut: [1] }, { metaTids: [1] }]) {
      const math = deriveMath({ ...given, ...left });
      expect(extremity(math, 1)).toBe(0);
      expect(extremity(math, 0)).toBeCloseTo(extremity(without, 0), 12);
    }
  });

  it('is a finite number, parallel to tids, for whatever votes', () => {
    fc.assert(
      fc.property(randomInput, (given) => {
        const math = deriveMath(given);
        expect(math.pca['comment-extremity']).toHaveLength(math.tids.length);
        for (const value of math.pca['comment-extremity']) expect(value).toSatisfy(Number.isFinite);
      }),
    );
  });

  it('finds the same axes by NIPALS, used for many comments, as by full decomposition', () => {
    const votes = Array.from({ length: 60 }, (_, pid) =>
      Array.from({ length: 12 }, (_, tid) => {
        const lean = (pid % 3) - 1;
        const step = (pid * 7 + tid * 5) % 11 < 3 ? 0 : lean * (tid % 2 === 0 ? 1 : -1) + (tid % 5 === pid % 5 ? 1 : 0);
        return { pid, tid, vote: Math.max(-1, Math.min(1, step)) as -1 | 0 | 1 };
      }),
    ).flat();
    const matrix = voteMatrix([...Array(12).keys()], votes);
    const [full, fast] = [principalAxes(matrix, 'full'), principalAxes(matrix, 'NIPALS')];
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
    expect(Math.abs(dot(full.first, fast.first))).toBeCloseTo(1, 5);
    expect(Math.abs(dot(full.second, fast.second))).toBeCloseTo(1, 4);
  });
});

describe('base clusters', () => {
  it('hold every grouped person once, reached from the group by base-cluster id', () => {
    fc.assert(
      fc.property(randomInput, (given) => {
        const math = deriveMath(given);
        for (const gid of new Set(given.groupOfPid.values())) {
          const expected = [...given.groupOfPid].filter(([, own]) => own === gid).map(([pid]) => pid);
          expect(pidsOfGroup(math, gid)).toEqual(expected.sort((a, b) => a - b));
        }
        expect(math['base-clusters'].members.flat()).toHaveLength(given.groupOfPid.size);
      }),
    );
  });

  it('are at most about a hundred, in parallel lists, however many people there are', () => {
    const groupOfPid = new Map(Array.from({ length: 3000 }, (_, pid) => [pid, pid % 7 === 0 ? 1 : 0]));
    const clusters = deriveMath(input({ tids: [0], groupOfPid }))['base-clusters'];
    expect(clusters.id.length).toBeGreaterThan(90);
    expect(clusters.id.length).toBeLessThanOrEqual(102);
    expect(new Set(clusters.id).size).toBe(clusters.id.length);
    for (const list of [clusters.members, clusters.x, clusters.y, clusters.count]) {
      expect(list).toHaveLength(clusters.id.length);
    }
    expect(clusters.count).toEqual(clusters.members.map((members) => members.length));
  });

  it('have ids that lead to other people when they are taken for pids', () => {
    const groupOfPid = new Map(Array.from({ length: 20 }, (_, pid) => [pid, pid < 10 ? 0 : 1]));
    const math = deriveMath(input({ tids: [0], groupOfPid }));
    for (const { id, members } of math['group-clusters']) {
      expect(members.filter((member) => groupOfPid.get(member) === id)).toEqual([]);
    }
  });
});

describe('votes that cannot be current votes', () => {
  it('are refused when a person voted twice on a comment or on a comment that is not there', () => {
    const vote = { pid: 4, tid: 0, vote: AGREE } as const;
    expect(() => deriveMath(input({ tids: [0], votes: [vote, vote] }))).toThrow(/participant 4 has two current votes/);
    expect(() => deriveMath(input({ tids: [1], votes: [vote] }))).toThrow(/comment 0, which is not in tids/);
  });
});
