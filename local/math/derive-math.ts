import type { MathData } from '../conversation/conversation-data.ts';
import { baseClusters } from './base-clusters.ts';
import { groupAwareConsensus, groupVotes, membersOfGroups } from './group-votes.ts';
import { principalAxes } from './principal-axes.ts';
import { commentExtremities, participantPoints } from './projections.ts';
import { type CurrentVote, voteMatrix } from './vote-rows.ts';

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
 * average, against 26, 15 and 17 points on the others: so "above 1 divides people" keeps its sense.
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
