import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claim, readClaim, type Stance } from '../../../../lambdas/report/claims/claim.ts';
import type { Evidence } from '../../../../lambdas/report/claims/evidence.ts';
import { phraseOf } from '../../../../lambdas/report/claims/phrases.ts';
import { prove, strongestClaims } from '../../../../lambdas/report/claims/prove.ts';
import { type Tally, tally } from '../../../../lambdas/report/votes.ts';
import { anyClaim, anyTally } from './any-claim.ts';

type Counts = [agrees: number, disagrees: number, passes: number];
const NOBODY: Counts = [0, 0, 0];

/** One comment, number 1, with votes of all participants and of groups A, B … */
const evidenceOf = (all: Counts, ...groups: Counts[]): Evidence => ({
  groups: groups.map((counts, at) => {
    const letter = String.fromCharCode(65 + at);
    return { letter, label: `Group ${letter}`, size: counts[0] + counts[1] + counts[2] };
  }),
  votes: new Map([[1, [all, ...groups].map((counts) => tally(...counts))]]),
});

const claimOf = (code: string): Claim => {
  const claim = readClaim(code);
  if (!claim) throw new RangeError(`${code} is no claim`);
  return claim;
};

/** What the votes of all participants say of a claim. */
const ofAll = (code: string, all: Counts) => prove(claimOf(code), [1], evidenceOf(all, NOBODY, NOBODY)).verdict;
/** `8:2:0`: agrees, disagrees, passes. */
const countsOf = (counts: string): Counts => counts.split(':').map(Number) as Counts;
/** What the votes of the groups say of a claim. */
const ofGroups = (code: string, ...groups: Counts[]) =>
  prove(claimOf(code), [1], evidenceOf(NOBODY, ...groups)).verdict;

describe('at the limits of its definition', () => {
  it.each<[code: string, votes: Counts, verdict: string, why: string]>([
    // majority: n ≥ 10 and the lower bound at 1.645 above 50 %
    ['M+', [9, 0, 0], 'untestable', '9 votes'],
    ['M+', [10, 0, 0], 'proven', '10 votes'],
    ['M+', [7, 3, 0], 'refuted', 'lower bound 44.2 %'],
    ['M+', [8, 2, 0], 'proven', 'lower bound 54.1 %'],
    ['M+', [8, 0, 2], 'proven', 'passes count as votes'],
    ['M+', [57, 43, 0], 'refuted', 'lower bound 48.8 %'],
    ['M+', [58, 42, 0], 'refuted', 'lower bound 49.8 %'],
    ['M+', [59, 41, 0], 'proven', 'lower bound 50.8 %'],
    ['M-', [59, 41, 0], 'refuted', 'it is the other side'],
    ['M-', [41, 59, 0], 'proven', 'lower bound 50.8 %'],
    // near unanimity: 85 %, and the lower bound at 1.2816 above 75 %
    ['N+', [9, 0, 0], 'untestable', '9 votes'],
    ['N+', [10, 0, 0], 'proven', 'lower bound 85.9 %'],
    ['N+', [9, 1, 0], 'refuted', 'lower bound 71.7 %'],
    ['N+', [84, 16, 0], 'refuted', '84 %'],
    ['N+', [85, 15, 0], 'proven', '85 %'],
    ['N+', [17, 3, 0], 'refuted', '85 %, lower bound 72.1 %'],
    ['N+', [15, 2, 0], 'refuted', 'lower bound 74.7 %'],
    ['N+', [20, 3, 0], 'proven', 'lower bound 75.5 %'],
    ['N-', [3, 37, 0], 'proven', '92.5 %'],
    // minority: somebody, and the upper bound at 1.645 below 50 %
    ['F+', [0, 10, 0], 'refuted', 'nobody'],
    ['F+', [1, 9, 0], 'proven', 'upper bound 34.8 %'],
    ['F+', [1, 8, 0], 'untestable', '9 votes'],
    ['F+', [2, 8, 0], 'proven', 'upper bound 45.9 %'],
    ['F+', [3, 7, 0], 'refuted', 'upper bound 55.8 %'],
    ['F+', [41, 59, 0], 'proven', 'upper bound 49.2 %'],
    ['F+', [42, 58, 0], 'refuted', 'upper bound 50.2 %'],
    ['F-', [0, 2, 8], 'proven', 'passes count as votes'],
    // divided: 20 votes, 25 % on each side, no majority
    ['S', [5, 4, 0], 'untestable', '9 votes'],
    ['S', [5, 5, 0], 'refuted', '10 votes'],
    ['S', [9, 10, 0], 'refuted', '19 votes'],
    ['S', [10, 10, 0], 'proven', '20 votes'],
    ['S', [5, 10, 5], 'proven', '25 %'],
    ['S', [4, 10, 6], 'refuted', '20 %'],
    ['S', [13, 7, 0], 'proven', 'no majority: lower bound 46.7 %'],
    ['S', [14, 6, 0], 'refuted', 'a majority: lower bound 51.6 %'],
    ['S', [6, 14, 0], 'refuted', 'a majority that disagrees'],
    // uncertain: 20 % pass, and the lower bound at 1.2816 at least 15 %
    ['U', [0, 0, 9], 'untestable', '9 votes'],
    ['U', [7, 0, 3], 'proven', '30 %, lower bound 15.4 %'],
    ['U', [8, 0, 2], 'refuted', 'lower bound 8.6 %'],
    ['U', [80, 0, 20], 'proven', '20 %, lower bound 15.4 %'],
    ['U', [81, 0, 19], 'refuted', '19 %'],
    ['U', [72, 0, 18], 'proven', '20 %, lower bound 15.2 %'],
    ['U', [64, 0, 16], 'refuted', '20 %, lower bound 14.9 %'],
    // thin: fewer than 10 votes
    ['t', [0, 0, 0], 'thin', 'no votes'],
    ['t', [5, 2, 2], 'thin', '9 votes'],
    ['t', [5, 3, 2], 'refuted', '10 votes'],
  ])('%s of %j is %s: %s', (code, votes, verdict) => {
    expect(ofAll(code, votes)).toBe(verdict);
  });

  it.each<[code: string, groups: string, verdict: string, why: string]>([
    // consensus: in every group 10 votes, 60 %, and the lower bound at 1.2816 above 50 %
    ['E+', '8:2:0 8:2:0', 'proven', 'lower bound 60.2 %'],
    ['E+', '9:0:0 9:0:0', 'untestable', '9 votes'],
    ['E+', '8:2:0 9:0:0', 'untestable', '9 votes of one group'],
    ['E+', '8:2:0 6:4:0', 'refuted', '60 %, lower bound 40.1 %'],
    ['E+', '8:2:0 60:40:0', 'proven', '60 %, lower bound 53.6 %'],
    ['E+', '8:2:0 59:41:0', 'refuted', '59 %'],
    ['E+', '8:2:0 8:2:0 4:6:0', 'refuted', 'a third group'],
    ['E-', '0:8:2 1:9:0', 'proven', 'a shared rejection'],
    ['E+', '80:20:0', 'refuted', 'one group only'],
    // difference: 10 votes each, 30 points, and the interval above 0
    ['D+ A>B', '10:0:0 0:9:0', 'untestable', '9 votes'],
    ['D+ A>B', '10:0:0 0:10:0', 'proven', '100 points'],
    ['D+ A>B', '7:3:0 4:6:0', 'refuted', '30 points, interval from -12'],
    ['D+ A>B', '70:30:0 40:60:0', 'proven', '30 points'],
    ['D+ A>B', '69:31:0 40:60:0', 'refuted', '29 points'],
    ['D+ A>B', '20:0:80 50:50:0', 'refuted', 'the other way round'],
    ['D- A>B', '20:0:80 20:50:0', 'refuted', 'the other way round'],
    ['D- B>A', '20:0:80 20:50:0', 'proven', 'disagreement'],
    ['D+ A>A', '70:30:0 40:60:0', 'refuted', 'a group with itself'],
    ['D+ A>B,C', '70:30:0 40:60:0 10:90:0', 'proven', 'than both'],
    ['D+ A>B,C', '70:30:0 40:60:0 60:40:0', 'refuted', 'than one of them'],
    ['D+ A,B>C', '70:30:0 40:60:0 10:90:0', 'proven', 'both'],
    ['D+ A,B>C', '70:30:0 20:80:0 10:90:0', 'refuted', 'one of them'],
    ['E+', '8:2:0 14:8:0', 'refuted', 'lower bound 49.97 %'],
    ['E+', '8:2:0 10:5:0', 'proven', 'lower bound 50.1 %'],
    ['D+ A>B', '9:1:0 5:5:0', 'refuted', '40 points, interval from -0.2'],
    ['D+ A>B', '6:6:0 2:12:0', 'proven', '35.7 points, interval from 0.2'],
    // groups of their own
    ['M+ A', '8:2:0 0:10:0', 'proven', 'the group named'],
    ['M+ B', '8:2:0 0:10:0', 'refuted', 'the group named'],
    ['M+ A,B', '8:2:0 9:1:0', 'proven', 'both'],
    ['M+ A,B', '8:2:0 5:5:0', 'refuted', 'one of them'],
    ['M+ A,B', '8:2:0 9:0:0', 'untestable', 'a thin group'],
    ['M+ A,B', '5:5:0 9:0:0', 'refuted', 'one refuted, one thin'],
    ['t A', '9:0:0 9:1:0', 'thin', 'the group named'],
    ['t A,B', '9:0:0 9:1:0', 'refuted', 'one of them'],
  ])('%s of %s is %s: %s', (code, groups, verdict) => {
    expect(ofGroups(code, ...groups.split(' ').map(countsOf))).toBe(verdict);
  });

  it('a gap of exactly 30 points counts, however it is rounded', () => {
    expect(ofGroups('D+ A>B', [700, 300, 0], [400, 600, 0])).toBe('proven');
    expect(ofGroups('D+ A>B', [999, 1, 0], [699, 301, 0])).toBe('proven');
    expect(ofGroups('D+ A>B', [998, 2, 0], [699, 301, 0])).toBe('refuted');
  });
});

describe('a verdict', () => {
  const evidence: Evidence = {
    groups: [
      { letter: 'A', label: 'Group A', size: 12 },
      { letter: 'B', label: 'Group B', size: 9 },
    ],
    votes: new Map([
      [1, [tally(15, 3, 3), tally(11, 1, 0), tally(4, 2, 3)]],
      [2, [tally(3, 15, 0), tally(1, 11, 0), tally(2, 4, 0)]],
      [3, [tally(12, 0, 0), tally(12, 0, 0), tally(0, 0, 0)]],
    ]),
  };
  const of = (code: string, ...tids: number[]) => prove(claimOf(code), tids, evidence);

  it('holds for every comment cited, or not at all', () => {
    expect(of('M+', 1, 3).verdict).toBe('proven');
    expect(of('M+', 1, 2).verdict).toBe('refuted');
  });

  it('is untestable only when nothing but the number of votes is missing', () => {
    expect(of('M+ B', 1).verdict).toBe('untestable');
    expect(of('M+ A,B', 1).verdict).toBe('untestable');
    expect(of('M+ A,B', 2).verdict).toBe('refuted');
  });

  it('has a figure with its numbers for each comment and group', () => {
    expect(of('M+ A', 1, 2).figures).toMatchObject([
      {
        tid: 1,
        group: 'A',
        holds: true,
        counted: { is: 'share', does: 'agree', k: 11, n: 12, bound: { how: 'above', limit: 0.5, holds: true } },
      },
      { tid: 2, group: 'A', holds: false, counted: { k: 1, n: 12, bound: { holds: false } } },
    ]);
    expect(of('M+ B', 1).figures).toMatchObject([{ tooFew: true, counted: { is: 'few', n: 9, least: 10 } }]);
    expect(of('D+ A>B', 1).figures).toMatchObject([
      { group: 'A', than: 'B', counted: { is: 'few', n: 9, least: 10, group: 'B' } },
    ]);
  });

  it('says where everybody is on one side', () => {
    expect(of('N+ A', 3).figures).toMatchObject([{ all: true }]);
    expect(of('N- A', 2).figures).toMatchObject([{ all: false }]);
  });

  it('is a refusal with a reason when there is nothing to prove it from', () => {
    expect(prove(undefined, [1], evidence)).toEqual({ verdict: 'refuted', reason: 'no_claim', figures: [] });
    expect(of('M+ C', 1)).toEqual({ verdict: 'refuted', reason: 'unknown_group', figures: [] });
    expect(of('D+ A>C', 1)).toEqual({ verdict: 'refuted', reason: 'unknown_group', figures: [] });
    expect(of('M+')).toEqual({ verdict: 'refuted', reason: 'no_votes', figures: [] });
    expect(of('M+', 1, 9)).toEqual({ verdict: 'refuted', reason: 'no_votes', figures: [] });
    expect(of('M-', 1)).toMatchObject({ verdict: 'refuted', reason: 'votes' });
  });

  it('of content needs no votes', () => {
    expect(of('c', 1)).toEqual({ verdict: 'content', figures: [] });
  });
});

const GROUPS = ['A', 'B', 'C'];
const anyEvidence = fc
  .array(fc.array(anyTally, { minLength: GROUPS.length + 1, maxLength: GROUPS.length + 1 }), {
    minLength: 1,
    maxLength: 3,
  })
  .map(
    (rows): Evidence => ({
      groups: GROUPS.map((letter) => ({ letter, label: `Group ${letter}`, size: 10 })),
      votes: new Map(rows.map((tallies, tid) => [tid, tallies])),
    }),
  );
const changed = (evidence: Evidence, change: (tally: Tally, column: number) => Tally): Evidence => ({
  ...evidence,
  votes: new Map([...evidence.votes].map(([tid, tallies]) => [tid, tallies.map(change)])),
});
const verdictOf = (claim: Claim, evidence: Evidence) => prove(claim, [...evidence.votes.keys()], evidence).verdict;
const otherStance = (claim: Claim): Claim =>
  'stance' in claim ? { ...claim, stance: claim.stance === 'agree' ? 'disagree' : 'agree' } : claim;

describe('whatever the votes', () => {
  it('turning all of them turns every stance', () => {
    fc.assert(
      fc.property(anyClaim(GROUPS), anyEvidence, (claim, evidence) => {
        const turned = changed(evidence, (t) => tally(t.disagrees, t.agrees, t.passes));
        expect(verdictOf(otherStance(claim), turned)).toBe(verdictOf(claim, evidence));
      }),
      { numRuns: 500 },
    );
  });

  it('swapping two groups swaps them in every claim', () => {
    const swap = (letters: string[]) => letters.map((letter) => ({ A: 'B', B: 'A' })[letter] ?? letter);
    fc.assert(
      fc.property(anyClaim(GROUPS), anyEvidence, (claim, evidence) => {
        const votes = new Map(
          [...evidence.votes].map(([tid, [all, a, b, ...rest]]) => [tid, [all, b, a, ...rest] as Tally[]]),
        );
        const swapped = {
          ...claim,
          ...('groups' in claim && claim.groups ? { groups: swap(claim.groups) } : {}),
          ...('than' in claim ? { than: swap(claim.than) } : {}),
        } as Claim;
        expect(verdictOf(swapped, { ...evidence, votes })).toBe(verdictOf(claim, evidence));
      }),
      { numRuns: 500 },
    );
  });

  it('a difference never holds both ways, nor does a majority on both sides', () => {
    fc.assert(
      fc.property(anyEvidence, fc.constantFrom<Stance>('agree', 'disagree'), (evidence, stance) => {
        const more = verdictOf({ kind: 'difference', stance, groups: ['A'], than: ['B'] }, evidence);
        const less = verdictOf({ kind: 'difference', stance, groups: ['B'], than: ['A'] }, evidence);
        expect([more, less]).not.toEqual(['proven', 'proven']);
        const sides = (['majority', 'minority'] as const).map((kind) => verdictOf({ kind, stance }, evidence));
        expect(sides).not.toEqual(['proven', 'proven']);
        const majorities = (['agree', 'disagree'] as const).map((side) =>
          verdictOf({ kind: 'majority', stance: side }, evidence),
        );
        expect(majorities).not.toEqual(['proven', 'proven']);
      }),
      { numRuns: 500 },
    );
  });

  const agreeing = fc.constantFrom<Claim['kind']>('majority', 'near_unanimous', 'consensus');
  it.each([
    ['an agreeing vote added', (t: Tally) => tally(t.agrees + 1, t.disagrees, t.passes)],
    [
      'a vote that turns from disagree to agree',
      (t: Tally) => tally(t.agrees + Math.min(1, t.disagrees), Math.max(0, t.disagrees - 1), t.passes),
    ],
    [
      'a vote that turns from pass to agree',
      (t: Tally) => tally(t.agrees + Math.min(1, t.passes), t.disagrees, Math.max(0, t.passes - 1)),
    ],
  ])('%s never refutes agreement that was proven', (_, change) => {
    fc.assert(
      fc.property(agreeing, anyEvidence, (kind, evidence) => {
        const claim = { kind, stance: 'agree' } as Claim;
        fc.pre(verdictOf(claim, evidence) === 'proven');
        expect(verdictOf(claim, changed(evidence, change))).toBe('proven');
      }),
      { numRuns: 300 },
    );
  });

  it('a disagreeing vote added never refutes a minority that agrees', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const claim: Claim = { kind: 'minority', stance: 'agree' };
        fc.pre(verdictOf(claim, evidence) === 'proven');
        const more = changed(evidence, (t) => tally(t.agrees, t.disagrees + 1, t.passes));
        expect(verdictOf(claim, more)).toBe('proven');
      }),
      { numRuns: 300 },
    );
  });

  it('near unanimity implies a majority, and no division', () => {
    fc.assert(
      fc.property(anyTally, (all) => {
        const evidence = evidenceOf([all.agrees, all.disagrees, all.passes], NOBODY, NOBODY);
        const holds = (claim: Claim) => prove(claim, [1], evidence).verdict === 'proven';
        if (holds({ kind: 'near_unanimous', stance: 'agree' }))
          expect(holds({ kind: 'majority', stance: 'agree' })).toBe(true);
        if (holds({ kind: 'majority', stance: 'agree' })) expect(holds({ kind: 'divided' })).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('one comment more in the citations never proves what was not', () => {
    fc.assert(
      fc.property(anyClaim(GROUPS), anyEvidence, (claim, evidence) => {
        fc.pre(claim.kind !== 'content');
        const tids = [...evidence.votes.keys()];
        if (['proven', 'thin'].includes(prove(claim, tids, evidence).verdict))
          for (const tid of tids) expect(['proven', 'thin']).toContain(prove(claim, [tid], evidence).verdict);
      }),
      { numRuns: 500 },
    );
  });

  it('each figure of a claim that fails says why, and a proven one has none that fails', () => {
    fc.assert(
      fc.property(anyClaim(GROUPS), anyEvidence, (claim, evidence) => {
        const { verdict, figures } = prove(claim, [...evidence.votes.keys()], evidence);
        if (verdict === 'proven' || verdict === 'thin') expect(figures.every(({ holds }) => holds)).toBe(true);
        else if (verdict !== 'content') expect(figures.some(({ holds }) => !holds)).toBe(true);
        for (const { counted } of figures) expect(phraseOf(counted)).not.toMatch(/NaN|undefined|Infinity|[{}]/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the strongest claims of a comment', () => {
  const strongest = (...counts: Counts[]) =>
    strongestClaims(
      counts.map((one) => tally(...one)),
      GROUPS,
    );

  it.each<[Counts, string]>([
    [[10, 0, 0], 'N+'],
    [[0, 40, 0], 'N-'],
    [[70, 30, 0], 'M+'],
    [[30, 70, 0], 'M-'],
    [[50, 50, 0], 'S'],
    [[45, 30, 25], 'SU'],
    [[10, 50, 40], 'F+U'],
    [[2, 3, 15], 'F+F-U'],
    [[5, 4, 0], 't'],
    [[0, 0, 0], 't'],
    [[6, 4, 0], ''],
  ])('%j: %s', (all, code) => {
    expect(strongest(all)).toEqual([code]);
  });

  it('say of all participants what compares the groups', () => {
    expect(strongest([80, 20, 0], [40, 10, 0], [40, 10, 0])).toEqual(['M+E+', 'M+', 'M+']);
    expect(strongest([50, 50, 0], [40, 10, 0], [10, 40, 0])).toEqual(['S D+A>B', 'M+', 'M-']);
    expect(strongest([60, 90, 0], [40, 10, 0], [10, 40, 0], [10, 40, 0])[0]).toBe('M- D+A>B,C');
  });

  it('name a difference in disagreement only where agreement does not show it', () => {
    expect(strongest([20, 45, 35], [10, 40, 0], [10, 5, 35])[0]).toContain('D-A>B');
    expect(strongest([50, 50, 0], [40, 10, 0], [10, 40, 0])[0]).not.toContain('D-');
  });

  it('each hold when they are claimed', () => {
    fc.assert(
      fc.property(fc.array(anyTally, { minLength: 4, maxLength: 4 }), (tallies) => {
        const evidence: Evidence = {
          groups: GROUPS.map((letter) => ({ letter, label: letter, size: 1 })),
          votes: new Map([[1, tallies]]),
        };
        for (const [column, cell] of strongestClaims(tallies, GROUPS).entries())
          for (const code of cell.match(/D[+-][A-C]>[A-C,]+|[MNFE][+-]|[SUt]/g) ?? []) {
            const claim = claimOf(column > 0 ? `${code} ${GROUPS[column - 1]}` : code);
            expect(['proven', 'thin'], `${code} of ${column}`).toContain(prove(claim, [1], evidence).verdict);
          }
      }),
      { numRuns: 500 },
    );
  });

  it('are all there is: what holds of a comment is named or weaker than what is', () => {
    fc.assert(
      fc.property(anyTally, (all) => {
        const evidence = evidenceOf([all.agrees, all.disagrees, all.passes], NOBODY, NOBODY);
        const [cell = ''] = strongestClaims([all], []);
        const holds = (code: string) => ['proven', 'thin'].includes(prove(claimOf(code), [1], evidence).verdict);
        for (const code of ['N+', 'N-', 'U', 't', 'S']) expect(cell.includes(code), code).toBe(holds(code));
        for (const sign of ['+', '-']) {
          const strongerThere = cell.includes(`N${sign}`);
          expect(cell.includes(`M${sign}`), `M${sign}`).toBe(holds(`M${sign}`) && !strongerThere);
        }
      }),
      { numRuns: 500 },
    );
  });
});
