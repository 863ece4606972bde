import { POSTGRES_VOTE } from '../../lambdas/report/votes.ts';
import type { PrincipalAxes } from './principal-axes.ts';
import type { VoteMatrix } from './vote-rows.ts';

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
