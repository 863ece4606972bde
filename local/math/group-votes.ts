import { POSTGRES_VOTE } from '../../lambdas/report/votes.ts';
import type { MathData } from '../conversation/conversation-data.ts';
import type { CurrentVote } from './vote-rows.ts';

type GroupVotes = MathData['group-votes'];

/** The pids of each opinion group, groups and pids ascending. */
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
 * How sure each group is to agree, all groups together: product over groups of (A+1)/(S+2), between 0 and 1 (Small et
 * al. 2021, Recerca 26(2)). With no groups there is no consensus to speak of, and no entry.
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
