import { EXPORT_VOTE } from '../../lambdas/report/votes.ts';
import type { ExportSign, ExportVote } from './export-files.ts';

/** The vote that counts: the last one of a participant on a comment. By pid, then by tid. */
export type CurrentVotes = Map<number, Map<number, ExportSign>>;

/** @param votes in time order */
export function currentVotes(votes: ExportVote[]): CurrentVotes {
  const current: CurrentVotes = new Map();
  for (const { pid, tid, vote } of votes) {
    const ofPerson = current.get(pid) ?? new Map<number, ExportSign>();
    current.set(pid, ofPerson.set(tid, vote));
  }
  return current;
}

export function* everyVote(current: CurrentVotes): Generator<{ pid: number; tid: number; vote: ExportSign }> {
  for (const [pid, ofPerson] of current) for (const [tid, vote] of ofPerson) yield { pid, tid, vote };
}

export interface Counts {
  agrees: number;
  disagrees: number;
}

/** Agrees and disagrees of each comment, passes left out. */
export function countsOf(votes: Iterable<{ tid: number; vote: ExportSign }>): Map<number, Counts> {
  const counts = new Map<number, Counts>();
  for (const { tid, vote } of votes) {
    const ofComment = counts.get(tid) ?? { agrees: 0, disagrees: 0 };
    if (vote === EXPORT_VOTE.agree) ofComment.agrees += 1;
    if (vote === EXPORT_VOTE.disagree) ofComment.disagrees += 1;
    counts.set(tid, ofComment);
  }
  return counts;
}
