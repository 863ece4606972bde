import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newcombeLow, wilson, Z_95, Z_95_TWO_SIDED } from '../../../../lambdas/report/claims/statistics.ts';
import intervals from './intervals.json' with { type: 'json' };

/** The table's numbers have 12 decimal places. */
const PLACES = 10;

const kOfN = fc.integer({ min: 1, max: 5_000 }).chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));

describe('the score interval of a share', () => {
  it('is that of SciPy', () => {
    for (const [k, n, z, low, high] of intervals.wilson as [number, number, number, number, number][]) {
      const interval = wilson(k, n, z);
      expect(interval.low, `${k} of ${n}`).toBeCloseTo(low, PLACES);
      expect(interval.high, `${k} of ${n}`).toBeCloseTo(high, PLACES);
    }
  });

  it('holds the share and stays between 0 and 1', () => {
    fc.assert(
      fc.property(kOfN, ([k, n]) => {
        const { low, high } = wilson(k, n, Z_95);
        const nearly = 1e-12;
        expect(low).toBeGreaterThanOrEqual(-nearly);
        expect(low).toBeLessThanOrEqual(k / n + nearly);
        expect(high).toBeGreaterThanOrEqual(k / n - nearly);
        expect(high).toBeLessThanOrEqual(1 + nearly);
      }),
    );
  });

  it('is mirrored when those on the other side are counted', () => {
    fc.assert(
      fc.property(kOfN, ([k, n]) => {
        expect(wilson(k, n, Z_95).low).toBeCloseTo(1 - wilson(n - k, n, Z_95).high, PLACES);
      }),
    );
  });

  it('is narrower with more votes and the same share', () => {
    fc.assert(
      fc.property(kOfN, ([k, n]) => {
        const width = (times: number) => {
          const { low, high } = wilson(k * times, n * times, Z_95);
          return high - low;
        };
        expect(width(2)).toBeLessThan(width(1));
      }),
    );
  });
});

describe('the lower bound of the difference of two shares', () => {
  it('is that of statsmodels', () => {
    for (const [k1, n1, k2, n2, low] of intervals.newcombe as [number, number, number, number, number][])
      expect(newcombeLow(k1, n1, k2, n2, Z_95_TWO_SIDED), `${k1} of ${n1}, ${k2} of ${n2}`).toBeCloseTo(low, PLACES);
  });

  it('is that of Newcombe’s own example: 56 of 70 and 48 of 80', () => {
    expect(newcombeLow(56, 70, 48, 80, Z_95_TWO_SIDED).toFixed(4)).toBe('0.0524');
  });

  it('is never above the difference', () => {
    fc.assert(
      fc.property(kOfN, kOfN, ([k1, n1], [k2, n2]) => {
        expect(newcombeLow(k1, n1, k2, n2, Z_95_TWO_SIDED)).toBeLessThanOrEqual(k1 / n1 - k2 / n2 + 1e-12);
      }),
    );
  });
});
