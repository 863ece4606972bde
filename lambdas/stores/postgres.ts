import pg from 'pg';
import * as z from 'zod';
import type { Comment, GroupCount } from '../report/comments.ts';
import { POSTGRES_VOTE, signsDeclared, type VoteSigns } from '../report/votes.ts';
import {
  InvalidRow,
  InvalidSetting,
  isFault,
  NarrativesError,
  PasswordRefused,
  StoreUnavailable,
  VoteSignMismatch,
} from '../shared/errors.ts';
import { parseOr, wholeNumber } from '../shared/parse.ts';
import { type DatabaseTls, hostOf, tlsFor, tlsTrouble } from './database-tls.ts';

export interface ReportRecord {
  zid: number;
  rid: number;
  /** the report's own names of groups, by gid */
  labels: (string | null)[];
  /** the report shows comments whose `mod` is greater: -2 all, -1 those not rejected, 0 accepted ones only */
  mod_level: number;
}

/** What a report leaves out in a Polis that has no `mod_level` yet. */
const WITHOUT_REJECTED = -1;

/** A conversation as the page of a report names it. */
export interface AboutConversation {
  /** the report's own name, else the conversation's topic */
  title: string;
  participants: number | undefined;
  /** keys of `math_main.data` that say where people stand, not yet parsed; undefined when there is no row */
  map: unknown;
}

/** Polis' PostgreSQL, read only. */
export interface Conversations {
  report(reportId: string): Promise<ReportRecord | undefined>;
  topic(zid: number): Promise<string>;
  comments(zid: number, rid: number): Promise<Comment[]>;
  /** The needed keys of `math_main.data`, not yet parsed; undefined when there is no row. */
  mathKeys(zid: number): Promise<unknown>;
  /** What the database stores for each answer: as it declares, else Polis' usual sign. @throws VoteSignMismatch */
  voteSigns(): Promise<VoteSigns>;
  /** Current votes by comment and group. */
  groupCounts(
    zid: number,
    groups: readonly { gid: number; pids: readonly number[] }[],
    signs: VoteSigns,
  ): Promise<GroupCount[]>;
  /** How many people voted, and how many of them agree or disagree, by their current vote, with one of the comments or more. */
  votersCited(zid: number, tids: readonly number[]): Promise<VotersCited>;
}

/** Counts of people. */
export interface VotersCited {
  voters: number;
  cited: number;
}

/** The same, with what only the page of a report needs. */
export interface PageConversations extends Conversations {
  about(zid: number, reportId: string): Promise<AboutConversation>;
}

const CONNECTIONS = 2;
const CONNECT_MS = 10_000;
const STATEMENT_MS = 120_000;
/** Longer than PostgreSQL's own limit: it ends a query whose connection is dead. */
const QUERY_MS = STATEMENT_MS + 10_000;

/**
 * Connects to Polis' PostgreSQL, read only.
 * @param databaseUrl `postgres://user:password@host:5432/database`, without parameters about TLS
 * @param tls off when left out: that is for databases of tests and of the local run, on this machine
 * @throws InvalidSetting when the URL is invalid or sets TLS options (its text is not repeated)
 */
export function postgresPool(databaseUrl: string, tls: DatabaseTls = { tls: 'off' }): pg.Pool {
  const ssl = tlsFor(hostOf(databaseUrl), tls);
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    ssl,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 10_000,
    // no time limit of the server's among the start-up parameters: PgBouncer refuses those that it does not know
    query_timeout: QUERY_MS,
    application_name: 'delphi-narratives',
    allowExitOnIdle: true,
  });
  // an idle connection that breaks is replaced at the next query
  pool.on('error', () => undefined);
  return pool;
}

const labelColumns = Array.from({ length: 10 }, (_, gid) => `label_group_${gid}`);

/** Comments of each group whose votes are compared with the math: enough to see a sign, and quick to read. */
const VOTES_COMPARED = 1_000;

/**
 * The SQL, in one place; the benchmark's bare reads run the very same statements. Columns that older versions of Polis lack are named
 * without a table inside LATERAL: where the table has no such column, PostgreSQL takes the one of `absent`, which is null.
 */
export const SQL = {
  report: `SELECT report.* FROM (SELECT NULL::int AS mod_level) AS absent CROSS JOIN LATERAL (
      SELECT rid::int AS rid, zid, mod_level, ${labelColumns.join(', ')} FROM reports WHERE report_id = $1) AS report`,
  topic: `SELECT topic FROM conversations WHERE zid = $1`,
  about: `SELECT c.topic, c.participant_count,
      (SELECT r.report_name FROM reports r WHERE r.zid = c.zid AND r.report_id = $2) AS report_name
    FROM conversations c WHERE c.zid = $1`,
  map: `SELECT data->'group-clusters' AS group_clusters, data->'base-clusters'->'id' AS base_ids,
      data->'base-clusters'->'x' AS base_x, data->'base-clusters'->'y' AS base_y, data->'base-clusters'->'count' AS base_counts
    FROM math_main WHERE zid = $1 AND math_env = $2`,
  comments: `SELECT comment.* FROM (SELECT NULL::bool AS active, NULL::bool AS is_meta) AS absent CROSS JOIN LATERAL (
      SELECT c.tid, c.txt, c.mod, active, is_meta, coalesce(s.selection, 0) AS selection
      FROM comments c LEFT JOIN report_comment_selections s ON s.zid = c.zid AND s.rid = $2 AND s.tid = c.tid
      WHERE c.zid = $1) AS comment ORDER BY tid`,
  math: `SELECT data->'tids' AS tids, data->'pca'->'comment-extremity' AS extremity,
      data->'group-aware-consensus' AS consensus, data->'group-clusters' AS group_clusters,
      data->'base-clusters'->'id' AS base_ids, data->'base-clusters'->'members' AS base_members,
      (SELECT json_agg(json_build_array(g.key, v.key, v.agrees, v.disagrees))
        FROM jsonb_each(nullif(data->'group-votes', 'null')) AS g CROSS JOIN LATERAL (
          SELECT key, value->'A' AS agrees, value->'D' AS disagrees FROM jsonb_each(nullif(g.value->'votes', 'null'))
          WHERE value->'A' <> value->'D' LIMIT ${VOTES_COMPARED}) AS v) AS group_votes
    FROM math_main WHERE zid = $1 AND math_env = $2`,
  declaresSign: `SELECT to_regprocedure('public.vote_convention_current()') IS NOT NULL AS declares`,
  declaredSign: 'SELECT agree_value FROM public.vote_convention_current()',
  // one row a group with lists, not one row a comment and group: tens of thousands of rows cost more to read than to count;
  // a subscript, not a join: it takes half of the time
  counts: `SELECT gid, json_agg(tid) AS tids, json_agg(agrees) AS agrees, json_agg(disagrees) AS disagrees, json_agg(passes) AS passes
    FROM (SELECT v.tid, ($2::int[])[v.pid + 1] AS gid, count(*) FILTER (WHERE v.vote = $3) AS agrees,
        count(*) FILTER (WHERE v.vote = $4) AS disagrees, count(*) FILTER (WHERE v.vote = $5) AS passes
      FROM votes_latest_unique v WHERE v.zid = $1 GROUP BY v.tid, 2) AS counted GROUP BY gid`,
  voters: `SELECT count(*)::int AS voters, count(*) FILTER (WHERE is_cited)::int AS cited FROM (
      SELECT bool_or(v.vote <> $3 AND v.tid = ANY ($2::int[])) AS is_cited
      FROM votes_latest_unique v WHERE v.zid = $1 GROUP BY v.pid) AS voter`,
} as const;

const int = z.number().int();
const reportSchema = z.looseObject({ rid: int, zid: int, mod_level: int.nullable() });
const aboutSchema = z.object({
  topic: z.string().nullish(),
  report_name: z.string().nullish(),
  participant_count: int.nullish(),
});
const flag = z.boolean().nullable();
const commentSchema = z.object({
  tid: int,
  txt: z.string(),
  mod: int.nullish(),
  active: flag,
  is_meta: flag,
  selection: int,
});
const ints = z.array(int);
const countsSchema = z.object({ gid: int.nullable(), tids: ints, agrees: ints, disagrees: ints, passes: ints });
const votersSchema = z.object({ voters: int, cited: int });
const labelSchema = z.string().nullish();

/** What runs the statements. */
export interface Reader {
  query(sql: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Read-only, with a limit of its own: this holds through PgBouncer too, which may use another connection for the next transaction. */
const BEGIN = `BEGIN READ ONLY; SET LOCAL statement_timeout = ${STATEMENT_MS}`;

/**
 * Runs each statement in a read-only transaction of its own, which PostgreSQL ends after two minutes.
 * @param pool a pool, or what gives out connections otherwise
 */
export const readOnly = (pool: { connect(): Promise<pg.PoolClient> }): Reader => ({
  async query(sql, values) {
    const client = await pool.connect();
    // between two statements, a connection that breaks has nobody else to tell
    const broken = () => undefined;
    client.on('error', broken);
    let done = false;
    try {
      await client.query(BEGIN);
      const result = await client.query(sql, values);
      await client.query('COMMIT');
      done = true;
      return result;
    } finally {
      client.off('error', broken);
      // a connection in the middle of a transaction is closed, which ends it
      client.release(!done);
    }
  },
});

/** PostgreSQL's side of the conversation. @param mathEnv the `math_env` whose `math_main` row is read */
export function conversationsOf(pool: Reader, mathEnv: string): PageConversations {
  const rows = async (what: string, sql: string, values: unknown[]): Promise<unknown[]> => {
    try {
      return (await pool.query(sql, values)).rows;
    } catch (error) {
      throw queryError(what, error);
    }
  };
  const parsed = async <T extends z.ZodType>(schema: T, what: string, sql: string, values: unknown[]) =>
    (await rows(what, sql, values)).map((row) =>
      parseOr(
        schema,
        row,
        (line) => new InvalidRow(`PostgreSQL ${what}: ${line}; the database is not a Polis database of a known shape`),
      ),
    );
  return {
    async report(reportId) {
      const [row] = await parsed(reportSchema, 'reports', SQL.report, [reportId]);
      if (!row) return undefined;
      const { rid, zid, mod_level } = row;
      const labels = labelColumns.map((name) => labelSchema.parse(row[name]) ?? null);
      return { rid, zid, labels, mod_level: mod_level ?? WITHOUT_REJECTED };
    },
    async topic(zid) {
      const [row] = await parsed(z.object({ topic: z.string().nullish() }), 'conversations', SQL.topic, [zid]);
      return row?.topic ?? '';
    },
    async about(zid, reportId) {
      const [[row], [map]] = await Promise.all([
        parsed(aboutSchema, 'conversations', SQL.about, [zid, reportId]),
        rows('math_main', SQL.map, [zid, mathEnv]),
      ]);
      const title = row?.report_name?.trim() || row?.topic?.trim() || '';
      return { title, participants: row?.participant_count ?? undefined, map };
    },
    async comments(zid, rid) {
      const comments = await parsed(commentSchema, 'comments', SQL.comments, [zid, rid]);
      return comments.map(({ tid, txt, mod, active, is_meta, selection }) => ({
        tid,
        txt,
        mod: mod ?? 0,
        active: active ?? true,
        is_meta: is_meta ?? false,
        selected: selection !== -1,
      }));
    },
    async mathKeys(zid) {
      return (await rows('math_main', SQL.math, [zid, mathEnv]))[0];
    },
    async voteSigns() {
      const [found] = await parsed(z.object({ declares: z.boolean() }), 'pg_proc', SQL.declaresSign, []);
      if (!found?.declares) return POSTGRES_VOTE;
      const row = z.object({ agree_value: wholeNumber.nullable() });
      const [declared] = await parsed(row, 'vote_convention_current()', SQL.declaredSign, []);
      // a table that holds no row yet declares nothing
      if (!declared) return POSTGRES_VOTE;
      const signs = declared.agree_value === null ? undefined : signsDeclared(declared.agree_value);
      if (signs) return signs;
      throw new VoteSignMismatch(
        `the database declares ${declared.agree_value} for agree (vote_convention), and only -1 and 1 are known: correct the declaration, then redrive the job`,
      );
    },
    async groupCounts(zid, groups, { agree, disagree, pass }) {
      const counted = await parsed(countsSchema, 'votes_latest_unique', SQL.counts, [
        zid,
        groupsByPid(groups),
        agree,
        disagree,
        pass,
      ]);
      return counted.flatMap(({ gid, tids, agrees, disagrees, passes }) =>
        tids.map((tid, at) => ({
          tid,
          gid: gid === NO_GROUP ? null : gid,
          agrees: agrees[at] ?? 0,
          disagrees: disagrees[at] ?? 0,
          passes: passes[at] ?? 0,
        })),
      );
    },
    async votersCited(zid, tids) {
      const values = [zid, tids, POSTGRES_VOTE.pass];
      const [counted] = await parsed(votersSchema, 'votes_latest_unique', SQL.voters, values);
      return counted ?? { voters: 0, cited: 0 };
    },
  };
}

const NO_GROUP = -1;
/** More participants than any conversation has: a larger number is damage, and a list that long would not fit into memory. */
const MAX_PID = 10_000_000;

/** The group of every participant up to the last one that is in any, by pid. @throws InvalidRow */
export function groupsByPid(groups: readonly { gid: number; pids: readonly number[] }[]): number[] {
  const last = groups.reduce((most, { pids }) => pids.reduce((one, pid) => Math.max(one, pid), most), -1);
  if (last > MAX_PID) throw new InvalidRow(`math_main names participant ${last}: let the math worker run again`);
  const gids = new Array<number>(last + 1).fill(NO_GROUP);
  for (const { gid, pids } of groups) for (const pid of pids) gids[pid] = gid;
  return gids;
}

/** User or password are refused; while the secret is being rotated, that passes. */
const REFUSED_LOGIN = new Set(['28P01', '28000']);
/** What older versions of PgBouncer answer to whatever is wrong, also to a wrong password. */
const PROTOCOL_VIOLATION = '08P01';

/** Whether a connection may succeed with what the secret holds by now. */
export function mayBeRotated(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return !tlsTrouble(error) && (REFUSED_LOGIN.has(code) || code === PROTOCOL_VIOLATION);
}

/**
 * Names the failure without the text of the query or its values. Permanent are only missing tables, rights and databases, values
 * of an unexpected form, and certificates; whatever else PostgreSQL, a pooler or the network answers may pass.
 */
function queryError(what: string, error: unknown): unknown {
  if (error instanceof NarrativesError) return error;
  const trouble = tlsTrouble(error);
  if (trouble) return trouble;
  const { code = '', message } = error as { code?: string; message?: string };
  const options = { cause: error };
  if (REFUSED_LOGIN.has(code)) {
    return new PasswordRefused(
      `PostgreSQL refuses the connection (${code}): check user and password in the database secret`,
      options,
    );
  }
  if (code === '3D000') {
    return new InvalidSetting(
      `PostgreSQL has no such database (${code}): check the name of the database in the database secret`,
      options,
    );
  }
  if (code === '42501') {
    return new InvalidSetting(
      `PostgreSQL does not let the user of the database secret read ${what} (${code}): GRANT SELECT on it to that user, or EXECUTE if it is a function`,
      options,
    );
  }
  // syntax error or access rule violation; invalid schema name; feature not supported
  if (/^(42|3F|0A)\w{3}$/.test(code)) {
    return new InvalidSetting(
      `PostgreSQL has no ${what} like that of Polis (${code}): check that the database secret names the Polis database`,
      options,
    );
  }
  // cardinality violation; data exception
  if (/^2[12]\w{3}$/.test(code)) {
    return new InvalidRow(
      `PostgreSQL ${what}: a value cannot be read (${code}); is it a Polis database of a known shape?`,
      options,
    );
  }
  if (isFault(error)) return error;
  const todo =
    code === PROTOCOL_VIOLATION
      ? 'PgBouncer answers this for a wrong password or database, for statement pooling and for an outage; its log says which'
      : 'check that it is running and can be reached from here';
  return new StoreUnavailable(`PostgreSQL could not read ${what} (${code || message}): ${todo}`, options);
}
