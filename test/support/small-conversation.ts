import { POSTGRES_VOTE } from '../../lambdas/report/votes.ts';
import type { PageConversations } from '../../lambdas/stores/postgres.ts';
import { TABLE_NAMES } from '../../lib/names.ts';

export const ZID = '7';
export const RUN = '0f0e0d0c-1111-4222-8333-444455556666';
const TIDS = [0, 1, 2, 3];
const topics = Array.from({ length: 2 }, (_, cluster) => ({ cluster, topic_key: `${RUN}#0#${cluster}` }));

/** Names of the sections that a report of the small conversation has. */
export const SECTIONS = topics.map(({ topic_key }) => topic_key.replaceAll('#', '_'));

/** A conversation of four comments in two topics, with two opinion groups; every report id is one of its. */
export const smallConversation: PageConversations = {
  report: async () => ({ zid: Number(ZID), rid: 1, labels: Array(10).fill(null), mod_level: -1 }),
  about: async () => ({ title: '', participants: undefined, map: undefined }),
  topic: async () => 'Trams',
  comments: async () =>
    TIDS.map((tid) => ({ tid, txt: `comment ${tid}`, mod: 1, active: true, is_meta: false, selected: true })),
  mathKeys: async () => ({
    tids: TIDS,
    extremity: TIDS.map(() => 0),
    consensus: Object.fromEntries(TIDS.map((tid) => [tid, 0])),
    group_clusters: [0, 1].map((id) => ({ id, members: [id] })),
    base_ids: [0, 1],
    base_members: [
      [0, 1],
      [2, 3],
    ],
  }),
  voteSigns: async () => POSTGRES_VOTE,
  groupCounts: async () =>
    TIDS.flatMap((tid) => [0, 1].map((gid) => ({ tid, gid, agrees: 2, disagrees: 0, passes: 0 }))),
  votersCited: async (_, tids) => ({ voters: 4, cited: TIDS.some((tid) => tids.includes(tid)) ? 4 : 0 }),
};

/** Rows of the tables of the Delphi topic pipeline, by table. */
export const topicRows: [string, Record<string, unknown>][] = [
  ...topics.map(({ cluster, topic_key }): [string, Record<string, unknown>] => [
    TABLE_NAMES.topicNames,
    {
      conversation_id: ZID,
      topic_key,
      layer_id: 0,
      cluster_id: cluster,
      topic_name: `Topic ${cluster}`,
      created_at: '2026-11-01T00:00:00',
    },
  ]),
  ...TIDS.map((comment_id): [string, Record<string, unknown>] => [
    TABLE_NAMES.clusterAssignments,
    { conversation_id: ZID, comment_id, layer0_cluster_id: comment_id % 2 },
  ]),
];
