import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claim, readClaim } from '../../../lambdas/report/claims/claim.ts';
import type { Evidence } from '../../../lambdas/report/claims/evidence.ts';
import { prove } from '../../../lambdas/report/claims/prove.ts';
import { type Tally, tally } from '../../../lambdas/report/votes.ts';
import { type Counts, type CountsByScope, differenceBound, judge } from '../../../perf/bench/claims-oracle.ts';
import { anyClaim, anyTally } from '../report/claims/any-claim.ts';
import intervals from '../report/claims/intervals.json' with { type: 'json' };

const GROUPS = ['A', 'B', 'C'];

/** The same votes for both sides: rows of all participants, then of each group. */
function bothOf(rows: readonly Tally[][]): { votes: CountsByScope; evidence: Evidence; tids: number[] } {
  const countsOf = ({ agrees, disagrees, passes }: Tally): Counts => [agrees, disagrees, passes];
  return {
    tids: rows.map((_, tid) => tid),
    votes: new Map(
      rows.map((tallies, tid) => [tid, new Map(tallies.map((one, at) => [['', ...GROUPS][at] ?? '', countsOf(one)]))]),
    ),
    evidence: {
      groups: GROUPS.map((letter) => ({ letter, label: `Group ${letter}`, size: 1 })),
      votes: new Map(rows.map((tallies, tid) => [tid, tallies])),
    },
  };
}

const judged = (code: string, counts: Counts) =>
  judge(readClaim(code) as Claim, [1], ['A', 'B'], new Map([[1, new Map([['', counts]])]]));

describe('the oracle', () => {
  it('finds a majority and a minority where SciPy’s intervals lie on one side of 50 %', () => {
    const rows = (intervals.wilson as [number, number, number, number, number][]).filter(
      ([, n, z]) => n >= 10 && z === 1.645,
    );
    expect(rows.length).toBeGreaterThan(30);
    for (const [k, n, , low, high] of rows) {
      expect(judged('M+', [k, n - k, 0]), `${k} of ${n}`).toBe(low > 0.5 ? 'proven' : 'refuted');
      expect(judged('F-', [n - k, k, 0]), `${k} of ${n}`).toBe(high < 0.5 && k > 0 ? 'proven' : 'refuted');
    }
  });

  it('finds uncertainty where SciPy’s interval lies above 15 %', () => {
    const rows = (intervals.wilson as [number, number, number, number, number][]).filter(
      ([, n, z]) => n >= 10 && z === 1.2816,
    );
    expect(rows.length).toBeGreaterThan(30);
    for (const [k, n, , low] of rows)
      expect(judged('U', [n - k, 0, k]), `${k} of ${n}`).toBe(low >= 0.15 && k / n >= 0.2 ? 'proven' : 'refuted');
  });

  it('has the differences of statsmodels', () => {
    for (const [k1, n1, k2, n2, low] of intervals.newcombe as [number, number, number, number, number][])
      expect(differenceBound([k1, n1], [k2, n2]), `${k1} of ${n1}, ${k2} of ${n2}`).toBeCloseTo(low, 10);
  });

  it('counts a bound that is exactly at its limit as not above it', () => {
    // (2 · 80,329 − 160,000)² = 1.645² · 160,000
    expect(judged('M+', [80_329, 79_671, 0])).toBe('refuted');
    expect(judged('M+', [80_330, 79_670, 0])).toBe('proven');
  });

  it('and the check give the same verdict on every claim at and around the limits', () => {
    const row = fc.array(anyTally, { minLength: GROUPS.length + 1, maxLength: GROUPS.length + 1 });
    fc.assert(
      fc.property(anyClaim(GROUPS), fc.array(row, { minLength: 1, maxLength: 3 }), (claim, rows) => {
        const { tids, votes, evidence } = bothOf(rows);
        expect(prove(claim, tids, evidence).verdict).toBe(judge(claim, tids, GROUPS, votes));
      }),
      { numRuns: 3_000 },
    );
  });

  it('and the check give the same verdict on every tally of up to 24 votes', () => {
    const codes = ['M+', 'M-', 'N+', 'F+', 'S', 'U', 't'].map((code) => readClaim(code) as Claim);
    for (let n = 0; n <= 24; n++)
      for (let agrees = 0; agrees <= n; agrees++)
        for (let disagrees = 0; disagrees <= n - agrees; disagrees++) {
          const { votes, evidence } = bothOf([Array(4).fill(tally(agrees, disagrees, n - agrees - disagrees))]);
          for (const claim of codes)
            if (prove(claim, [0], evidence).verdict !== judge(claim, [0], GROUPS, votes))
              expect.fail(`${claim.kind} of ${agrees}, ${disagrees}, ${n - agrees - disagrees}`);
        }
  });

  it('and the check give the same verdict on every share of up to 130 votes', () => {
    const codes = ['M+', 'N+', 'F+', 'E+', 'U'].map((code) => readClaim(code) as Claim);
    for (let n = 0; n <= 130; n++)
      for (let k = 0; k <= n; k++) {
        const { votes, evidence } = bothOf([Array(4).fill(tally(k, 0, n - k))]);
        for (const claim of codes)
          if (prove(claim, [0], evidence).verdict !== judge(claim, [0], GROUPS, votes))
            expect.fail(`${claim.kind} of ${k} of ${n}`);
      }
  });

  it('and the check find the same differences between groups of 9 to 18 voters', () => {
    const claim: Claim = { kind: 'difference', stance: 'agree', groups: ['A'], than: ['B'] };
    for (let n1 = 9; n1 <= 18; n1++)
      for (let n2 = 9; n2 <= 18; n2++)
        for (let k1 = 0; k1 <= n1; k1++)
          for (let k2 = 0; k2 <= n2; k2++) {
            const { votes, evidence } = bothOf([[tally(0, 0, 0), tally(k1, n1 - k1, 0), tally(k2, n2 - k2, 0)]]);
            if (prove(claim, [0], evidence).verdict !== judge(claim, [0], GROUPS, votes))
              expect.fail(`${k1} of ${n1}, ${k2} of ${n2}`);
          }
  });
});
