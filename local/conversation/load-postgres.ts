import type pg from 'pg';
import type { ConversationData } from './conversation-data.ts';
import { POLIS_SCHEMA } from './polis-schema.ts';

const TABLES = [
  'conversations',
  'reports',
  'report_comment_selections',
  'comments',
  'participants',
  'votes',
  'votes_latest_unique',
  'math_main',
];

/** Puts one conversation into a database of Polis' shape, in place of what it held of that conversation. */
export async function loadPostgres(pool: pg.Pool, data: ConversationData): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(POLIS_SCHEMA);
    await client.query('BEGIN');
    await insert(client, data);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

async function insert(client: pg.PoolClient, data: ConversationData): Promise<void> {
  const { conversation, report, math } = data;
  const { zid } = conversation;
  for (const table of TABLES) await client.query(`DELETE FROM ${table} WHERE zid = $1`, [zid]);
  await client.query('INSERT INTO conversations (zid, topic, description, participant_count) VALUES ($1, $2, $3, $4)', [
    zid,
    conversation.topic,
    conversation.description,
    conversation.participant_count,
  ]);
  await client.query('INSERT INTO reports (rid, report_id, zid, report_name) VALUES ($1, $2, $3, $4)', [
    report.rid,
    report.report_id,
    zid,
    report.report_name,
  ]);
  await insertRows(client, 'comments', zid, data.comments, {
    tid: 'int',
    pid: 'int',
    txt: 'text',
    mod: 'int',
    active: 'bool',
    is_meta: 'bool',
    is_seed: 'bool',
    created: 'bigint',
  });
  const selections = data.selections.map((row) => ({ ...row, rid: report.rid }));
  await insertRows(client, 'report_comment_selections', zid, selections, {
    rid: 'bigint',
    tid: 'int',
    selection: 'int',
  });
  await insertRows(client, 'participants', zid, data.participants, { pid: 'int', vote_count: 'int' });
  await insertRows(client, 'votes', zid, data.votes, { pid: 'int', tid: 'int', vote: 'int', created: 'bigint' });
  await client.query(
    `INSERT INTO votes_latest_unique (zid, pid, tid, vote, modified)
     SELECT DISTINCT ON (pid, tid) zid, pid, tid, vote, created FROM votes WHERE zid = $1 ORDER BY pid, tid, created DESC, ctid DESC`,
    [zid],
  );
  await client.query(
    'INSERT INTO math_main (zid, math_env, data, last_vote_timestamp, math_tick, modified) VALUES ($1, $2, $3, $4, 1, $4)',
    [zid, math.math_env, JSON.stringify(math.data), math.last_vote_timestamp],
  );
}

/** Inserts rows in one statement, a column at a time. */
async function insertRows<T extends object, C extends Partial<Record<keyof T & string, string>>>(
  client: pg.PoolClient,
  table: string,
  zid: number,
  rows: readonly T[],
  columns: C,
): Promise<void> {
  const names = Object.keys(columns) as (keyof T & string)[];
  const arrays = names.map((name, index) => `$${index + 2}::${columns[name]}[]`).join(', ');
  await client.query(`INSERT INTO ${table} (zid, ${names.join(', ')}) SELECT $1, * FROM unnest(${arrays})`, [
    zid,
    ...names.map((name) => rows.map((row) => row[name])),
  ]);
}
