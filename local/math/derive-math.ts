import { POSTGRES_VOTE } from '../../lambdas/report/votes.ts';
import type { MathData } from '../conversation.ts';
import {
  type CurrentVote,
  commentExtremities,
  type Point,
  participantPoints,
  principalAxes,
  voteMatrix,
} from './principal-axes.ts';

export interface DeriveMathInput {
  /** All comments of the conversation, each once. */
  tids: number[];
  /** The current vote of a participant on a comment, at most one each, in PostgreSQL's sign. */
  votes: CurrentVote[];
  /** Opinion group of each participant who is in one. */
  groupOfPid: Map<number, number>;
  modOut: number[];
  modIn: number[];
  metaTids: number[];
  /** ms since the epoch */
  lastVoteTimestamp: number;
}

/**
 * Makes `math_main.data` from votes and known opinion groups, in the shape the math worker writes.
 *
 * Consensus is the product over groups of (A+1)/(S+2). Comment extremity is the length of the comment's projection on
 * the first two principal components of participants x comments, a missing vote standing for its comment's mean
 * (formulas: Small et al. 2021, "Polis: Scaling Deliberation by Mapping High Dimensional Opinion Spaces", Recerca
 * 26(2); see projections.ts). Comments that are moderated out or about the voter (meta) take no part: theirs is 0.
 *
 * Scale: loadings are unit vectors, so their mean square over n comments is 1/n on each axis; the factor sqrt(n) of the
 * projection makes extremity free of the number of comments, and a comment of average loading with evenly split votes
 * lies near sqrt(2). No other scaling is applied. In three real exports (50 to 298 comments) 21 of 31, 18 of 50 and 36
 * of 161 comments not moderated out lie above 1, and the groups' agreement on those differs by 42, 34 and 22 points on
 * average, against 26, 15 and 17 points on the others: so "above 1 divides people" still holds.
 *
 * @throws RangeError when a vote is on a comment not in `tids`, or a participant has two current votes on one comment
 */
export function deriveMath(input: DeriveMathInput): MathData {
  const { tids, votes, groupOfPid } = input;
  checkVotes(tids, votes);
  const members = membersOfGroups(groupOfPid);
  const votesOfGroups = groupVotes(tids, votes, members, groupOfPid);
  const leftOut = new Set([...input.modOut, ...input.metaTids]);
  const mapped = tids.filter((tid) => !leftOut.has(tid));
  const matrix = voteMatrix(mapped, votes);
  const axes = principalAxes(matrix);
  const extremityOf = new Map(commentExtremities(matrix, axes).map((extremity, column) => [mapped[column], extremity]));
  return {
    n: new Set([...votes.map(({ pid }) => pid), ...groupOfPid.keys()]).size,
    'n-cmts': tids.length,
    tids,
    pca: { 'comment-extremity': tids.map((tid) => extremityOf.get(tid) ?? 0) },
    'group-aware-consensus': groupAwareConsensus(tids, votesOfGroups),
    'group-votes': votesOfGroups,
    ...baseClusters(members, participantPoints(matrix, axes)),
    'in-conv': [...groupOfPid.keys()].sort((a, b) => a - b),
    'mod-out': input.modOut,
    'mod-in': input.modIn,
    'meta-tids': input.metaTids,
    lastVoteTimestamp: input.lastVoteTimestamp,
  };
}

function checkVotes(tids: number[], votes: CurrentVote[]): void {
  const seenBy = new Map(tids.map((tid) => [tid, new Set<number>()]));
  for (const { pid, tid } of votes) {
    const seen = seenBy.get(tid);
    if (!seen) throw new RangeError(`participant ${pid} voted on comment ${tid}, which is not in tids`);
    if (seen.has(pid))
      throw new RangeError(`participant ${pid} has two current votes on comment ${tid}: keep the last`);
    seen.add(pid);
  }
}

type GroupVotes = MathData['group-votes'];

/** The pids of each opinion group, in ascending order. */
export function membersOfGroups(groupOfPid: Map<number, number>): Map<number, number[]> {
  const members = new Map<number, number[]>();
  const byGroupThenPid = [...groupOfPid].sort(([pidA, gidA], [pidB, gidB]) => gidA - gidB || pidA - pidB);
  for (const [pid, gid] of byGroupThenPid) {
    const pids = members.get(gid);
    if (pids) pids.push(pid);
    else members.set(gid, [pid]);
  }
  return members;
}

/**
 * Agrees (A), disagrees (D) and all votes seen (S) of each group on each comment: counts of participants, with the
 * sign already resolved. Votes of people in no group are not counted.
 */
export function groupVotes(
  tids: number[],
  votes: CurrentVote[],
  members: Map<number, number[]>,
  groupOfPid: Map<number, number>,
): GroupVotes {
  const result: GroupVotes = {};
  for (const [gid, pids] of members) {
    const empty = tids.map((tid) => [tid, { A: 0, D: 0, S: 0 }] as const);
    result[gid] = { 'n-members': pids.length, votes: Object.fromEntries(empty) };
  }
  for (const { pid, tid, vote } of votes) {
    const gid = groupOfPid.get(pid);
    const cell = gid === undefined ? undefined : result[gid]?.votes[tid];
    if (!cell) continue;
    cell.S += 1;
    if (vote === POSTGRES_VOTE.agree) cell.A += 1;
    if (vote === POSTGRES_VOTE.disagree) cell.D += 1;
  }
  return result;
}

/**
 * How likely every group is to agree: product over groups of (A+1)/(S+2), between 0 and 1 (Small et
 * al. 2021, Recerca 26(2)). Without groups there are no entries.
 */
export function groupAwareConsensus(tids: number[], votesOfGroups: GroupVotes): Record<string, number> {
  const groups = Object.values(votesOfGroups);
  if (groups.length === 0) return {};
  const consensus = (tid: number) =>
    groups.reduce((product, { votes }) => {
      const { A, S } = votes[tid] ?? { A: 0, S: 0 };
      return (product * (A + 1)) / (S + 2);
    }, 1);
  return Object.fromEntries(tids.map((tid) => [tid, consensus(tid)]));
}

/** As many as the math worker makes at most. */
const MAX_BASE_CLUSTERS = 100;

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
  return Math.min(groupSize, Math.max(1, Math.floor((MAX_BASE_CLUSTERS * groupSize) / people)));
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
