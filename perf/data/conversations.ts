import pg from 'pg';
import type { MathData } from '../../local/conversation.ts';
import { mixed, prose } from './random.ts';

/** The size of a generated conversation. Participants of group g are those with pid % groups = g. */
export interface Shape {
  name: string;
  zid: number;
  comments: number;
  participants: number;
  votesEach: number;
  groups: number;
  /** topics of each layer, the finest first */
  topics: number[];
}

/** 5,000 comments, 1,000,000 votes, 51 topics: with the three global ones 54 sections. */
export const BIG: Shape = {
  name: 'big',
  zid: 70_001,
  comments: 5_000,
  participants: 20_000,
  votesEach: 50,
  groups: 5,
  topics: [36, 12, 3],
};

/** About the size that today's pipeline was timed with. */
export const SMALL: Shape = {
  name: 'small',
  zid: 70_002,
  comments: 197,
  participants: 490,
  votesEach: 100,
  groups: 2,
  topics: [12, 4, 2],
};

export const reportIdOf = (shape: Shape): string => `rbench${shape.name}${shape.zid}`;
export const ridOf = (shape: Shape): number => shape.zid + 1;

/** The group's leaning on a comment, in percent of agreement; every seventh comment is liked by all groups. */
export const LEANING_SQL = 'CASE WHEN tid % 7 = 0 THEN 88 ELSE (pid % $4::int * 31 + tid * 17) % 100 END';
/** Participants in a hundred who pass; every ninth comment leaves many unsure. */
export const PASSING_SQL = 'CASE WHEN tid % 9 = 0 THEN 30 ELSE 6 END';

const RUN = '3b1f0c52-7d44-4c5e-9a0e-5b9d2f6e8a10';

/** Rows of `Delphi_CommentClustersLLMTopicNames` of one pipeline run. */
export function topicRows({ zid, topics }: Shape): object[] {
  return topics.flatMap((count, layer) =>
    Array.from({ length: count }, (_, cluster) => ({
      conversation_id: String(zid),
      topic_key: `${RUN}#${layer}#${cluster}`,
      layer_id: layer,
      cluster_id: cluster,
      topic_name: prose(layer * 1_000 + cluster, 40),
      model_name: 'claude-3-5-sonnet',
      created_at: '2026-10-01T10:00:00.000Z',
    })),
  );
}

/** Rows of `Delphi_CommentHierarchicalClusterAssignments`, with the attributes of the real table that are not read here. */
export function assignmentRows({ zid, topics, comments }: Shape): object[] {
  return Array.from({ length: comments }, (_, tid) => {
    const clusters = topics.map((count, layer) => (layer === 0 && tid % 11 === 0 ? -1 : mixed(tid, layer, count)));
    const byLayer = (most: number) =>
      Object.fromEntries(topics.map((_, layer) => [`layer${layer}`, mixed(tid, layer + 20, most) / 997]));
    return {
      conversation_id: String(zid),
      comment_id: tid,
      is_outlier: clusters[0] === -1,
      ...Object.fromEntries(clusters.map((cluster, layer) => [`layer${layer}_cluster_id`, cluster])),
      distance_to_centroid: byLayer(5_000),
      cluster_confidence: byLayer(997),
      comment_text: prose(tid, 80),
    };
  });
}

const BASE_CLUSTERS = 100;
const upTo = (count: number): number[] => [...Array(count).keys()];
/** A number of 15 or so digits, as the math worker writes them. */
const float = (seed: number, step: number, most: number): number => (mixed(seed, step, 2 ** 31) / 2 ** 31) * most;

/** `math_main.data` as large as Polis writes it: with the keys that are read, and those that only take space. */
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

const labels = Array.from({ length: 10 }, (_, gid) => `label_group_${gid} varchar(999)`).join(', ');

const SCHEMA = `
  CREATE TABLE conversations (zid serial PRIMARY KEY, topic varchar(1000), description varchar(50000), participant_count int);
  CREATE TABLE reports (rid bigserial PRIMARY KEY, report_id varchar(300) UNIQUE, zid int, report_name varchar(999), ${labels});
  CREATE TABLE report_comment_selections (zid int, rid bigint, tid int, selection smallint, UNIQUE (rid, tid));
  CREATE TABLE comments (tid int, zid int, pid int, uid int, txt varchar(1000), mod int, active bool, is_meta bool,
    is_seed bool, lang varchar(10), created bigint, UNIQUE (zid, tid));
  CREATE TABLE votes_latest_unique (zid int NOT NULL, pid int NOT NULL, tid int NOT NULL, vote smallint, modified bigint);
  CREATE TABLE math_main (zid int, math_env varchar(999), data jsonb, last_vote_timestamp bigint, math_tick bigint,
    modified bigint, UNIQUE (zid, math_env));`;

/** Votes in the order of their arrival: everybody's first, everybody's second …; agree is -1. */
const VOTES = `INSERT INTO votes_latest_unique
  SELECT $1, pid, tid,
    CASE WHEN (pid * 101 + tid * 37) % 100 < ${PASSING_SQL} THEN 0
         WHEN (pid * 53 + tid * 29) % 100 < ${LEANING_SQL} THEN -1 ELSE 1 END, 1790000000000 + step
  FROM generate_series(0, $5::int - 1) step, generate_series(0, $2::int - 1) pid,
    LATERAL (SELECT (pid * 7919 + step * 97) % $3::int AS tid) chosen`;

/** Creates Polis' tables and loads the conversations of the benchmark. */
export async function loadPolis(url: string, shapes: readonly Shape[]): Promise<void> {
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  await db.query(SCHEMA);
  for (const shape of shapes) await loadConversation(db, shape);
  await db.query('CREATE UNIQUE INDEX votes_latest_unique_index ON votes_latest_unique (zid, pid, tid)');
  await db.query('VACUUM ANALYZE');
  await db.end();
}

async function loadConversation(db: pg.Client, shape: Shape): Promise<void> {
  const { zid, comments, participants, votesEach, groups } = shape;
  await db.query('INSERT INTO conversations VALUES ($1, $2, $3, $4)', [
    zid,
    'What should the town do?',
    prose(zid, 3_000),
    participants,
  ]);
  await db.query('INSERT INTO reports (rid, report_id, zid, report_name) VALUES ($1, $2, $3, $4)', [
    ridOf(shape),
    reportIdOf(shape),
    zid,
    shape.name,
  ]);
  const texts = Array.from({ length: comments }, (_, tid) => prose(tid, 40 + ((tid * 13) % 200)));
  await db.query(
    `INSERT INTO comments SELECT ordinality - 1, $1, ordinality, ordinality, txt, 1, true, false, false, 'en', 1780000000000
     FROM unnest($2::text[]) WITH ORDINALITY AS t(txt, ordinality)`,
    [zid, texts],
  );
  await db.query(VOTES, [zid, participants, comments, groups, votesEach]);
  await db.query("INSERT INTO math_main VALUES ($1, 'prod', $2, 1790000000000, 1, 1790000000000)", [
    zid,
    JSON.stringify(mathData(shape)),
  ]);
}
