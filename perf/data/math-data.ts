import type { MathData } from '../../local/conversation.ts';
import { mixed } from './random.ts';
import type { Shape } from './shape.ts';

const BASE_CLUSTERS = 100;
const upTo = (count: number): number[] => [...Array(count).keys()];
/** A number of 15 or so digits, as the math worker writes them. */
const float = (seed: number, step: number, most: number): number => (mixed(seed, step, 2 ** 31) / 2 ** 31) * most;

/** `math_main.data` as large as Polis writes it: the keys that are read, and those that only take space. */
export function mathData({ comments, participants, votesEach, groups }: Shape): MathData & Record<string, unknown> {
  const tids = upTo(comments);
  const pids = upTo(participants);
  const baseIds = upTo(Math.min(BASE_CLUSTERS, participants));
  const members = Map.groupBy(pids, (pid) => pid % baseIds.length);
  const axis = (step: number) => tids.map((tid) => float(tid, step, 2) - 1);
  const votesOn = Math.round((participants * votesEach) / comments / groups);
  return {
    n: participants,
    'n-cmts': comments,
    tids,
    pca: {
      comps: [axis(1), axis(2)],
      center: axis(3),
      'comment-projection': [axis(4), axis(5)],
      'comment-extremity': tids.map((tid) => float(tid, 6, 1.4)),
    } as MathData['pca'],
    'group-aware-consensus': Object.fromEntries(
      tids.map((tid) => [tid, tid % 7 === 0 ? 0.5 + float(tid, 7, 0.4) : float(tid, 7, 0.2)]),
    ),
    'group-votes': Object.fromEntries(
      upTo(groups).map((gid) => [
        gid,
        {
          'n-members': Math.floor(participants / groups),
          votes: Object.fromEntries(
            tids.map((tid) => {
              const agrees = mixed(tid, gid, votesOn + 1);
              return [tid, { A: agrees, D: mixed(tid, gid + 50, votesOn - agrees + 1), S: votesOn }];
            }),
          ),
        },
      ]),
    ),
    'group-clusters': upTo(groups).map((gid) => ({
      id: gid,
      center: [float(gid, 8, 2) - 1, float(gid, 9, 2) - 1],
      members: baseIds.filter((id) => id % groups === gid),
    })),
    'base-clusters': {
      id: baseIds,
      members: baseIds.map((id) => members.get(id) ?? []),
      x: baseIds.map((id) => float(id, 10, 4) - 2),
      y: baseIds.map((id) => float(id, 11, 4) - 2),
      count: baseIds.map((id) => members.get(id)?.length ?? 0),
    },
    'user-vote-counts': Object.fromEntries(pids.map((pid) => [pid, votesEach])),
    'in-conv': pids,
    'mod-out': [],
    'mod-in': tids,
    'meta-tids': [],
    lastVoteTimestamp: 1_790_000_000_000,
  };
}
