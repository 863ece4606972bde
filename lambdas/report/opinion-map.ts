import * as z from 'zod';
import { wholeCount } from '../shared/parse.ts';
import { letterOf } from './claims/kinds.ts';

/** Where people stand on the map of opinions, in the math's own units. */
export interface OpinionMap {
  /** a few people who vote alike each */
  points: { letter: string; x: number; y: number; count: number }[];
  /** the middle of each group */
  centers: { letter: string; x: number; y: number }[];
}

const mapSchema = z.object({
  base_ids: z.array(wholeCount),
  base_x: z.array(z.number()),
  base_y: z.array(z.number()),
  base_counts: z.array(wholeCount),
  group_clusters: z.array(z.object({ id: wholeCount, members: z.array(wholeCount) })),
});

/**
 * Reads where base clusters and groups stand, from the keys of `math_main.data`.
 * @returns undefined when they are not there or damaged: a report can be read without its map
 */
export function readOpinionMap(keys: unknown): OpinionMap | undefined {
  const math = mapSchema.safeParse(keys).data;
  if (!math) return undefined;
  const placeOf = new Map(math.base_ids.map((id, at) => [id, at]));
  const byGroup = math.group_clusters.map(({ id, members }) => ({
    letter: letterOf(id),
    points: members.flatMap((base) => {
      const at = placeOf.get(base) ?? -1;
      const [x, y, count] = [math.base_x[at], math.base_y[at], math.base_counts[at]];
      return x === undefined || y === undefined || !count ? [] : [{ letter: letterOf(id), x, y, count }];
    }),
  }));
  const standing = byGroup.filter(({ points }) => points.length > 0);
  if (standing.length === 0) return undefined;
  return {
    points: standing.flatMap(({ points }) => points),
    centers: standing.map(({ letter, points }) => ({ letter, ...middleOf(points) })),
  };
}

/** Where the people of a group stand on average. */
function middleOf(points: OpinionMap['points']): { x: number; y: number } {
  const people = points.reduce((sum, { count }) => sum + count, 0);
  const mean = (axis: 'x' | 'y') => points.reduce((sum, point) => sum + point[axis] * point.count, 0) / people;
  return { x: mean('x'), y: mean('y') };
}
