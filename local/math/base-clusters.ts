import type { MathData } from '../conversation/conversation-data.ts';
import type { Point } from './projections.ts';

/** As many as the math worker makes at most. */
const MOST_BASE_CLUSTERS = 100;

/**
 * Cuts every opinion group into base clusters of participants who stand near one another on the first axis, about 100
 * in all and each within one group, and folds them into parallel lists. Their ids count up from 0 starting at the
 * last group: they are numbers of their own, and reading them as pids gives other people.
 * @param members pids of each group
 * @param points where a pid stands; a pid without votes stands at the centre
 */
export function baseClusters(
  members: Map<number, number[]>,
  points: Map<number, Point>,
): Pick<MathData, 'base-clusters' | 'group-clusters'> {
  const folded: MathData['base-clusters'] = { id: [], members: [], x: [], y: [], count: [] };
  const groups: MathData['group-clusters'] = [];
  const people = [...members.values()].reduce((sum, pids) => sum + pids.length, 0);
  for (const [gid, pids] of [...members].sort(([a], [b]) => b - a)) {
    const ids: number[] = [];
    for (const pidsOfCluster of slices(byFirstAxis(pids, points), sliceCount(pids.length, people))) {
      const id = folded.id.length;
      const [x, y] = centreOf(pidsOfCluster, points);
      folded.id.push(id);
      folded.members.push(pidsOfCluster);
      folded.x.push(x);
      folded.y.push(y);
      folded.count.push(pidsOfCluster.length);
      ids.push(id);
    }
    groups.push({ id: gid, center: centreOf(pids, points), members: ids });
  }
  return { 'base-clusters': folded, 'group-clusters': groups.sort((a, b) => a.id - b.id) };
}

function sliceCount(groupSize: number, people: number): number {
  return Math.min(groupSize, Math.max(1, Math.floor((MOST_BASE_CLUSTERS * groupSize) / people)));
}

function byFirstAxis(pids: number[], points: Map<number, Point>): number[] {
  const x = (pid: number) => points.get(pid)?.[0] ?? 0;
  return [...pids].sort((a, b) => x(a) - x(b) || a - b);
}

/** `count` runs of near equal length, none empty. */
function slices(pids: number[], count: number): number[][] {
  const start = (index: number) => Math.floor((index * pids.length) / count);
  return Array.from({ length: count }, (_, index) => pids.slice(start(index), start(index + 1)));
}

function centreOf(pids: number[], points: Map<number, Point>): Point {
  const centre: Point = [0, 0];
  for (const pid of pids) {
    const [x, y] = points.get(pid) ?? [0, 0];
    centre[0] += x / pids.length;
    centre[1] += y / pids.length;
  }
  return centre;
}
