/** Bounds of an interval of a share, each 0 to 1. */
export interface Interval {
  low: number;
  high: number;
}

/** Standard normal quantiles: one-sided 90 % and 95 %, two-sided 95 %. */
export const Z_90 = 1.2816;
export const Z_95 = 1.645;
export const Z_95_TWO_SIDED = 1.96;

/**
 * The score interval of a share. Source: Wilson, E. B. (1927), Probable inference, the law of succession, and statistical
 * inference, Journal of the American Statistical Association 22, 209–212.
 * @param k how many of n; 0 to n
 * @param n at least 1
 * @param z quantile of the normal distribution
 */
export function wilson(k: number, n: number, z: number): Interval {
  const p = k / n;
  const square = z * z;
  const centre = (p + square / (2 * n)) / (1 + square / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + square / (4 * n * n))) / (1 + square / n);
  return { low: centre - half, high: centre + half };
}

/**
 * Lower bound of the difference of two independent shares, first minus second. Source: Newcombe, R. G. (1998), Interval
 * estimation for the difference between independent proportions, Statistics in Medicine 17, 873–890, method 10.
 * @returns -1 to 1
 */
export function newcombeLow(k1: number, n1: number, k2: number, n2: number, z: number): number {
  const [p1, p2] = [k1 / n1, k2 / n2];
  const { low } = wilson(k1, n1, z);
  const { high } = wilson(k2, n2, z);
  return p1 - p2 - Math.sqrt((p1 - low) ** 2 + (high - p2) ** 2);
}
