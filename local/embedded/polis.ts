import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type pg from 'pg';
import { queryAll, writeAll } from '../../lambdas/stores/dynamodb.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { ConversationData } from '../conversation.ts';

const TABLES = [
  'conversations',
  'reports',
  'report_comment_selections',
  'comments',
  'participants',
  'votes',
  'votes_latest_unique',
  'math_main',
  'loaded_conversations',
];

/**
 * Puts one conversation into a database of Polis' shape, in place of what it held of that conversation. A database that
 * holds exactly this already is left as it is.
 */
export async function loadPostgres(pool: pg.Pool, data: ConversationData): Promise<void> {
  const { zid } = data.conversation;
  const sha256 = hash('sha256', JSON.stringify([POLIS_SCHEMA, data]));
  const client = await pool.connect();
  try {
    await client.query(POLIS_SCHEMA);
    const held = await client.query('SELECT 1 FROM loaded_conversations WHERE zid = $1 AND sha256 = $2', [zid, sha256]);
    if (held.rows.length > 0) return;
    await client.query('BEGIN');
    await insert(client, data);
    await client.query('INSERT INTO loaded_conversations VALUES ($1, $2)', [zid, sha256]);
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
  await client.query('INSERT INTO reports (rid, report_id, zid, report_name, mod_level) VALUES ($1, $2, $3, $4, $5)', [
    report.rid,
    report.report_id,
    zid,
    report.report_name,
    report.mod_level ?? ALL_COMMENTS,
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

/** The default of `reports.mod_level` in Polis. */
const ALL_COMMENTS = -2;

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

const labels = Array.from({ length: 10 }, (_, gid) => `label_group_${gid} varchar(999)`).join(', ');

/**
 * The part of Polis' PostgreSQL that this project reads, for the embedded run and for tests. Names and types are those
 * of Polis; `votes_latest_unique` is a plain table here, and the loader fills it as Polis' rule would. `loaded_conversations`
 * is the loader's own.
 */
export const POLIS_SCHEMA = `
CREATE TABLE IF NOT EXISTS conversations (zid serial PRIMARY KEY, topic varchar(1000), description varchar(50000), participant_count int);
CREATE TABLE IF NOT EXISTS reports (rid bigserial PRIMARY KEY, report_id varchar(300) UNIQUE, zid int, report_name varchar(999), mod_level smallint NOT NULL DEFAULT ${ALL_COMMENTS}, ${labels});
ALTER TABLE reports ADD COLUMN IF NOT EXISTS mod_level smallint NOT NULL DEFAULT ${ALL_COMMENTS};
CREATE TABLE IF NOT EXISTS report_comment_selections (zid int, rid bigint, tid int, selection smallint, UNIQUE (rid, tid));
CREATE TABLE IF NOT EXISTS comments (tid int, zid int, pid int, uid int, txt varchar(1000), mod int, active bool, is_meta bool, is_seed bool,
  lang varchar(10), created bigint, UNIQUE (zid, tid));
CREATE TABLE IF NOT EXISTS participants (pid int, uid int, zid int, vote_count int, mod int, created bigint, UNIQUE (zid, pid));
CREATE TABLE IF NOT EXISTS votes (zid int, pid int, tid int, vote smallint, created bigint);
CREATE TABLE IF NOT EXISTS votes_latest_unique (zid int, pid int, tid int, vote smallint, modified bigint, UNIQUE (zid, pid, tid));
CREATE TABLE IF NOT EXISTS math_main (zid int, math_env varchar(999), data jsonb, last_vote_timestamp bigint, math_tick bigint, modified bigint, UNIQUE (zid, math_env));
CREATE TABLE IF NOT EXISTS zinvites (zid int, zinvite varchar(300));
CREATE TABLE IF NOT EXISTS loaded_conversations (zid int PRIMARY KEY, sha256 text);
`;

/** Puts a conversation's topics into the three tables of the Delphi pipeline; rows that are there already are left as they are. */
export async function loadTopics(db: DynamoDBDocumentClient, data: ConversationData): Promise<void> {
  const zid = String(data.conversation.zid);
  const put = async (TableName: string, range: string, rows: readonly object[]) => {
    const stored = new Map<unknown, object>();
    const query = { KeyConditionExpression: 'conversation_id = :zid', ExpressionAttributeValues: { ':zid': zid } };
    for await (const row of queryAll(db, { TableName, ...query, ConsistentRead: true })) stored.set(row[range], row);
    const changed = rows.filter((row) => !isDeepStrictEqual(stored.get(row[range as keyof typeof row]), { ...row }));
    await writeAll(
      db,
      TableName,
      changed.map((row) => ({ PutRequest: { Item: { ...row } } })),
    );
  };
  await Promise.all([
    put(TABLE_NAMES.topicNames, 'topic_key', data.topicNames),
    put(TABLE_NAMES.clusterAssignments, 'comment_id', data.clusterAssignments),
    put(TABLE_NAMES.clusterKeywords, 'cluster_key', data.keywords),
  ]);
}

const table = (TableName: string, range: string, type: 'S' | 'N'): CreateTableCommandInput => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'conversation_id', KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'conversation_id', AttributeType: 'S' },
    { AttributeName: range, AttributeType: type },
  ],
});

/** The Delphi pipeline's own tables: in a real installation they exist already, so no stack creates them. */
export const topicTableInputs: CreateTableCommandInput[] = [
  table(TABLE_NAMES.topicNames, 'topic_key', 'S'),
  table(TABLE_NAMES.clusterAssignments, 'comment_id', 'N'),
  table(TABLE_NAMES.clusterKeywords, 'cluster_key', 'S'),
];
