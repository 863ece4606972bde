import pg from 'pg';
import { mathData } from './math-data.ts';
import { prose } from './random.ts';
import { LEANING_SQL, PASSING_SQL, reportIdOf, ridOf, type Shape } from './shape.ts';

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

/** Votes in the order they would come in: everybody's first, everybody's second …; agree is -1. */
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
