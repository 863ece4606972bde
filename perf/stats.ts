import type { Line } from './print.ts';

/** The middle of some figures; of an even number, the mean of the two in the middle. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The lowest and highest, beside a median: how far runs lie apart. */
export const spread = (figures: readonly number[], digits = 0): string =>
  `${Math.min(...figures).toFixed(digits)}–${Math.max(...figures).toFixed(digits)}`;

/** A line with the median of some runs and their spread. */
export const medianLine = (what: string, figures: readonly number[], unit: string, digits = 0): Line => ({
  what,
  figure: `${median(figures).toFixed(digits)} ${unit}`,
  note: spread(figures, digits),
});
