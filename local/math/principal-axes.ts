import { PCA } from 'ml-pca';
import type { VoteMatrix } from './vote-rows.ts';

/** The first two principal axes: for each column of the matrix its loading on either axis (unit vectors). */
export interface PrincipalAxes {
  first: number[];
  second: number[];
}

/** Above this many comments the full eigenvalue decomposition gets slow, and NIPALS (two axes only) takes over. */
const MOST_COLUMNS_FOR_FULL_DECOMPOSITION = 400;

export type PcaMethod = 'full' | 'NIPALS';

/**
 * Principal components of a centred vote matrix, by ml-pca. Only the comments x comments covariance is ever dense; it
 * is summed from the sparse rows, so the work grows with the votes of each participant and not with all cells.
 * NIPALS runs on that covariance too: its right singular vectors are the eigenvectors we are after.
 * Comments on which all votes are equal have loadings of 0.
 */
export function principalAxes(matrix: VoteMatrix, method?: PcaMethod): PrincipalAxes {
  const axes: PrincipalAxes = {
    first: new Array<number>(matrix.columns).fill(0),
    second: new Array<number>(matrix.columns).fill(0),
  };
  const covariance = covarianceOf(matrix);
  const varied = columnsByVariance(covariance);
  if (varied.length === 0) return axes;
  const dense = varied.map((row) => varied.map((column) => covariance[row]?.[column] ?? 0));
  const loadings = loadingsOf(dense, method ?? defaultMethod(varied.length));
  for (const [index, column] of varied.entries()) {
    axes.first[column] = loadings[index]?.[0] ?? 0;
    axes.second[column] = loadings[index]?.[1] ?? 0;
  }
  return axes;
}

function defaultMethod(columns: number): PcaMethod {
  return columns > MOST_COLUMNS_FOR_FULL_DECOMPOSITION ? 'NIPALS' : 'full';
}

function covarianceOf({ columns, rows }: VoteMatrix): Float64Array[] {
  const covariance = Array.from({ length: columns }, () => new Float64Array(columns));
  const share = 1 / Math.max(rows.size - 1, 1);
  for (const row of rows.values()) {
    for (const [cell, column] of row.columns.entries()) {
      const line = covariance[column] as Float64Array;
      const weight = (row.centred[cell] ?? 0) * share;
      for (const [other, otherColumn] of row.columns.entries()) {
        line[otherColumn] = (line[otherColumn] ?? 0) + weight * (row.centred[other] ?? 0);
      }
    }
  }
  return covariance;
}

/** Columns that vary at all, the strongest first: NIPALS starts from the first one, which must not be zero. */
function columnsByVariance(covariance: Float64Array[]): number[] {
  const variance = (column: number) => covariance[column]?.[column] ?? 0;
  return covariance
    .map((_, column) => column)
    .filter((column) => variance(column) > 1e-12)
    .sort((a, b) => variance(b) - variance(a) || a - b);
}

function loadingsOf(dense: number[][], method: PcaMethod): number[][] {
  if (method === 'NIPALS') {
    const found = new PCA(dense, { method: 'NIPALS', nCompNIPALS: 2, center: false }).getEigenvectors().to2DArray();
    if (found.every((row) => row.every(Number.isFinite))) return found;
  }
  return new PCA(dense, { isCovarianceMatrix: true }).getEigenvectors().to2DArray();
}
