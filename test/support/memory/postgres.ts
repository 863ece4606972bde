import type pg from 'pg';
import { SQL } from '../../../lambdas/stores/postgres.ts';
import type { ConversationData } from '../../../local/conversation.ts';

/** What is read through; a pool of a real PostgreSQL is one. */
export type Pool = Pick<pg.Pool, 'query'>;

type Row = Record<string, unknown>;

/**
 * Polis' PostgreSQL in memory: answers the statements of `lambdas/stores/postgres.ts` about one conversation that never
 * changes. `memory-postgres.test.ts` holds it against a real PostgreSQL.
 */
export function memoryPool(data: ConversationData, reports: readonly ConversationData['report'][]): Pool {
  const { conversation, comments, selections, math, votes } = data;
  const latest = new Map(
    [...votes].sort((a, b) => a.created - b.created).map((vote) => [`${vote.pid} ${vote.tid}`, vote]),
  );
  const ifKnown = (zid: unknown, rows: () => Row[]): Row[] => (zid === conversation.zid ? rows() : []);
  const answers: Record<string, (values: unknown[]) => Row[]> = {
    [SQL.report]: ([id]) =>
      reports
        .filter(({ report_id }) => report_id === id)
        .map(({ rid, mod_level = -2 }) => ({
          rid,
          zid: conversation.zid,
          mod_level,
          ...Object.fromEntries(NO_LABELS),
        })),
    [SQL.topic]: ([zid]) => ifKnown(zid, () => [{ topic: conversation.topic }]),
    [SQL.about]: ([zid, id]) =>
      ifKnown(zid, () => [
        {
          topic: conversation.topic,
          participant_count: conversation.participant_count,
          report_name: reports.find(({ report_id }) => report_id === id)?.report_name ?? null,
        },
      ]),
    [SQL.map]: ([zid, env]) => ifKnown(zid, () => (env === math.math_env ? [mapRow(data)] : [])),
    [SQL.comments]: ([zid, rid]) =>
      ifKnown(zid, () =>
        [...comments]
          .sort((a, b) => a.tid - b.tid)
          .map(({ tid, txt, mod, active, is_meta }) => {
            const chosen = rid === data.report.rid ? selections.find((row) => row.tid === tid) : undefined;
            return { tid, txt, mod, active, is_meta, selection: chosen?.selection ?? 0 };
          }),
      ),
    [SQL.math]: ([zid, env]) => ifKnown(zid, () => (env === math.math_env ? [mathRow(data)] : [])),
    [SQL.declaresSign]: () => [{ declares: false }],
    [SQL.counts]: ([zid, gids, agree, disagree, pass]) => {
      const groupOf = new Map((gids as number[]).map((gid, pid) => [pid, gid]));
      return ifKnown(zid, () => countRows([...latest.values()], groupOf, [agree, disagree, pass] as number[]));
    },
    [SQL.voters]: ([zid, tids, pass]) => {
      const known = zid === conversation.zid ? [...latest.values()] : [];
      const on = known.filter(({ tid, vote }) => vote !== pass && (tids as number[]).includes(tid));
      const people = (of: typeof known) => new Set(of.map(({ pid }) => pid)).size;
      return [{ voters: people(known), cited: people(on) }];
    },
  };
  const known = new Map<string, Row[]>();
  const query = async (sql: string, values: unknown[]) => {
    const answer = answers[sql];
    if (!answer) throw new Error(`this statement is not known to the PostgreSQL in memory: ${sql}`);
    const key = JSON.stringify([sql, values]);
    const rows = known.get(key) ?? answer(values);
    known.set(key, rows);
    return { rows: structuredClone(rows) };
  };
  return { query } as unknown as Pool;
}

const NO_LABELS = Array.from({ length: 10 }, (_, gid) => [`label_group_${gid}`, null]);

function mathRow({ math: { data } }: ConversationData): Row {
  return {
    tids: data.tids,
    extremity: data.pca['comment-extremity'],
    consensus: data['group-aware-consensus'],
    group_clusters: data['group-clusters'],
    base_ids: data['base-clusters'].id,
    base_members: data['base-clusters'].members,
    group_votes: groupVotes(data),
  };
}

const mapRow = ({ math: { data } }: ConversationData): Row => ({
  group_clusters: data['group-clusters'],
  base_ids: data['base-clusters'].id,
  base_x: data['base-clusters'].x,
  base_y: data['base-clusters'].y,
  base_counts: data['base-clusters'].count,
});

/** In the order of PostgreSQL's keys: shorter ones first. */
const inKeyOrder = <T>(record: Record<string, T>): [string, T][] =>
  Object.entries(record).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));

const groupVotes = (data: ConversationData['math']['data']) =>
  inKeyOrder(data['group-votes']).flatMap(([gid, { votes }]) =>
    inKeyOrder(votes).flatMap(([tid, { A, D }]) => (A === D ? [] : [[gid, tid, A, D]])),
  );

/** A row for each group with lists of its comments and their counts; people beyond the list are the group null. */
function countRows(
  votes: ConversationData['votes'],
  groupOf: ReadonlyMap<number, number | undefined>,
  signs: readonly number[],
): Row[] {
  const groups = new Map<number | null, Map<number, number[]>>();
  for (const { pid, tid, vote } of votes) {
    const gid = groupOf.get(pid) ?? null;
    const group = groups.get(gid) ?? new Map<number, number[]>();
    const counts = group.get(tid) ?? [0, 0, 0];
    const at = signs.indexOf(vote);
    counts[at] = (counts[at] ?? 0) + 1;
    groups.set(gid, group.set(tid, counts));
  }
  return [...groups].map(([gid, group]) => {
    const column = (at: number) => [...group.values()].map((counts) => counts[at]);
    return { gid, tids: [...group.keys()], agrees: column(0), disagrees: column(1), passes: column(2) };
  });
}
