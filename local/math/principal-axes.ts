import { PCA } from 'ml-pca';
import { POSTGRES_VOTE } from '../../lambdas/report/votes.ts';

/** The first two principal axes: for each column of the matrix its loading on either axis (unit vectors). */
export interface PrincipalAxes {
  first: number[];
  second: number[];
}

/** Above this many comments the full eigenvalue decomposition gets slow, and NIPALS (two axes only) takes over. */
const MAX_COLUMNS_FOR_FULL_DECOMPOSITION = 400;

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
  return columns > MAX_COLUMNS_FOR_FULL_DECOMPOSITION ? 'NIPALS' : 'full';
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

export type Point = [x: number, y: number];

/**
 * Where each participant stands on the two axes. The sum over the votes cast is stretched by sqrt(comments / votes
 * cast), so that people who voted little are not drawn to the centre (Small et al. 2021, "Polis: Scaling Deliberation
 * by Mapping High Dimensional Opinion Spaces", Recerca 26(2)).
 * @returns a point for each pid that voted
 */
export function participantPoints(matrix: VoteMatrix, axes: PrincipalAxes): Map<number, Point> {
  const points = new Map<number, Point>();
  for (const [pid, { columns, centred }] of matrix.rows) {
    const stretch = Math.sqrt(matrix.columns / columns.length);
    const along = (axis: number[]) =>
      stretch * columns.reduce((sum, column, cell) => sum + (centred[cell] ?? 0) * (axis[column] ?? 0), 0);
    points.set(pid, [along(axes.first), along(axes.second)]);
  }
  return points;
}

/**
 * How far each comment lies from the centre: 0 does not divide people, above 1 divides them. It is the length of the
 * projection of an imagined participant who agrees with this comment and voted on nothing else, by the same formula
 * as for real participants: sqrt(comments) * |agree - mean| * sqrt(first² + second²). That is the math worker's own
 * definition, and so its scale.
 * @returns a number for each column
 */
export function commentExtremities(matrix: VoteMatrix, axes: PrincipalAxes): number[] {
  const stretch = Math.sqrt(matrix.columns);
  return matrix.means.map((mean, column) => {
    const loading = Math.hypot(axes.first[column] ?? 0, axes.second[column] ?? 0);
    return stretch * Math.abs(POSTGRES_VOTE.agree - mean) * loading;
  });
}

/** A current vote in PostgreSQL's sign: agree -1, disagree +1, pass 0. */
export interface CurrentVote {
  pid: number;
  tid: number;
  vote: -1 | 0 | 1;
}

/** The participants x comments matrix, kept sparse: only votes that were cast have a cell. */
export interface VoteMatrix {
  /** Number of comments. */
  columns: number;
  /** One row a participant: the columns voted on, and each vote less the mean of its column. */
  rows: Map<number, { columns: number[]; centred: number[] }>;
  /** Mean of the votes cast, a number for each column (-1 all agree, +1 all disagree, 0 for a column nobody voted on). */
  means: number[];
}

/**
 * Builds the sparse, centred matrix over the comments in `tids`; votes on other comments are left out. A missing vote
 * counts as its comment's mean, so after centring it is 0 and needs no cell.
 */
export function voteMatrix(tids: number[], votes: CurrentVote[]): VoteMatrix {
  const columnOf = new Map(tids.map((tid, column) => [tid, column]));
  const sums = tids.map(() => 0);
  const counts = tids.map(() => 0);
  const rows: VoteMatrix['rows'] = new Map();
  for (const { pid, tid, vote } of votes) {
    const column = columnOf.get(tid);
    if (column === undefined) continue;
    sums[column] = (sums[column] ?? 0) + vote;
    counts[column] = (counts[column] ?? 0) + 1;
    const row = rows.get(pid) ?? { columns: [], centred: [] };
    row.columns.push(column);
    row.centred.push(vote);
    rows.set(pid, row);
  }
  const means = sums.map((sum, column) => sum / Math.max(counts[column] ?? 0, 1));
  for (const row of rows.values()) {
    row.centred = row.centred.map((vote, cell) => vote - (means[row.columns[cell] ?? 0] ?? 0));
  }
  return { columns: tids.length, rows, means };
}
