import { POSTGRES_VOTE } from '../../lambdas/report/votes.ts';
import type { Conversations } from '../../lambdas/stores/postgres.ts';
import type { Reports, StoredSections } from '../../lambdas/stores/reports.ts';
import type { Topics } from '../../lambdas/stores/topics.ts';
import type { ConversationData } from '../../local/conversation.ts';

/** A reports table without a row. */
export const NOTHING_STORED: { reports: Pick<Reports, 'read'>; stored: StoredSections } = {
  reports: { read: async () => [] },
  stored: { async *newest() {} },
};

/** A conversation held in memory, by the ports that planning reads. */
export function portsOf(data: ConversationData): { conversations: Conversations; topics: Topics } {
  const { conversation, report, comments, selections, math } = data;
  const selected = new Map(selections.map(({ tid, selection }) => [tid, selection]));
  const base = math.data['base-clusters'];
  return {
    conversations: {
      report: async () => ({ zid: conversation.zid, rid: report.rid, labels: [] }),
      topic: async () => conversation.topic,
      comments: async () =>
        comments.map(({ tid, txt, mod }) => ({ tid, txt, mod, selected: selected.get(tid) !== -1 })),
      mathKeys: async () => ({
        tids: math.data.tids,
        extremity: math.data.pca['comment-extremity'],
        consensus: math.data['group-aware-consensus'],
        group_clusters: math.data['group-clusters'],
        base_ids: base.id,
        base_members: base.members,
      }),
      groupCounts: async (_zid, groups) => groupCounts(data, groups),
    },
    topics: { names: async () => data.topicNames, assignments: async () => data.clusterAssignments },
  };
}

type Groups = Parameters<Conversations['groupCounts']>[1];

/** Current votes by comment and group: of several votes of one person on one comment the last holds. */
function groupCounts({ votes }: ConversationData, groups: Groups): Awaited<ReturnType<Conversations['groupCounts']>> {
  const gidOf = new Map(groups.flatMap(({ gid, pids }) => pids.map((pid) => [pid, gid] as const)));
  const current = [...new Map(votes.map((vote) => [`${vote.pid} ${vote.tid}`, vote])).values()];
  const byCell = Map.groupBy(current, ({ pid, tid }) => `${tid} ${gidOf.get(pid) ?? ''}`);
  return [...byCell.values()].map((cell) => {
    const { pid, tid } = cell[0] as (typeof cell)[number];
    const count = (answer: number) => cell.filter(({ vote }) => vote === answer).length;
    const { agree, disagree, pass } = POSTGRES_VOTE;
    return { tid, gid: gidOf.get(pid) ?? null, agrees: count(agree), disagrees: count(disagree), passes: count(pass) };
  });
}
