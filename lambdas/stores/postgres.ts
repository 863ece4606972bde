import pg from 'pg';
import * as z from 'zod';
import type { Comment, GroupCount } from '../report/comments.ts';
import { POSTGRES_VOTE } from '../report/votes.ts';
import { InvalidRow, InvalidSetting, StoreUnavailable } from '../shared/errors.ts';
import { parseOr } from '../shared/parse.ts';
import { type DatabaseTls, hostOf, tlsFor, tlsTrouble } from './database-tls.ts';

export interface ReportRecord {
  zid: number;
  rid: number;
  /** the report's own names of groups, by gid */
  labels: (string | null)[];
}

/** Polis' PostgreSQL, read only. */
export interface Conversations {
  report(reportId: string): Promise<ReportRecord | undefined>;
  topic(zid: number): Promise<string>;
  comments(zid: number, rid: number): Promise<Comment[]>;
  /** The needed keys of `math_main.data`, not yet parsed; undefined when there is no row. */
  mathKeys(zid: number): Promise<unknown>;
  /** Current votes by comment and group; `pidsByGroup` maps each gid to its participants. */
  groupCounts(zid: number, groups: readonly { gid: number; pids: readonly number[] }[]): Promise<GroupCount[]>;
}

const CONNECTIONS = 2;
const CONNECT_MS = 10_000;
const STATEMENT_MS = 120_000;

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
    statement_timeout: STATEMENT_MS,
    application_name: 'delphi-narratives',
    allowExitOnIdle: true,
  });
  // an idle connection that breaks is replaced at the next query
  pool.on('error', () => undefined);
  return pool;
}

const labelColumns = Array.from({ length: 10 }, (_, gid) => `label_group_${gid}`);

/** The SQL, in one place; the benchmark's bare reads run the very same statements. */
export const SQL = {
  report: `SELECT rid::int AS rid, zid, ${labelColumns.join(', ')} FROM reports WHERE report_id = $1`,
  topic: `SELECT topic FROM conversations WHERE zid = $1`,
  comments: `SELECT c.tid, c.txt, c.mod, coalesce(s.selection, 0) AS selection
    FROM comments c LEFT JOIN report_comment_selections s ON s.zid = c.zid AND s.rid = $2 AND s.tid = c.tid
    WHERE c.zid = $1 ORDER BY c.tid`,
  math: `SELECT data->'tids' AS tids, data->'pca'->'comment-extremity' AS extremity,
      data->'group-aware-consensus' AS consensus, data->'group-clusters' AS group_clusters,
      data->'base-clusters'->'id' AS base_ids, data->'base-clusters'->'members' AS base_members
    FROM math_main WHERE zid = $1 AND math_env = $2`,
  // one row a group with lists, not one row a comment and group: tens of thousands of rows cost more to read than to count;
  // a subscript, not a join: it takes half of the time
  counts: `SELECT gid, json_agg(tid) AS tids, json_agg(agrees) AS agrees, json_agg(disagrees) AS disagrees, json_agg(passes) AS passes
    FROM (SELECT v.tid, ($2::int[])[v.pid + 1] AS gid, count(*) FILTER (WHERE v.vote = $3) AS agrees,
        count(*) FILTER (WHERE v.vote = $4) AS disagrees, count(*) FILTER (WHERE v.vote = $5) AS passes
      FROM votes_latest_unique v WHERE v.zid = $1 GROUP BY v.tid, 2) AS counted GROUP BY gid`,
} as const;

const int = z.number().int();
const reportSchema = z.looseObject({ rid: int, zid: int });
const commentSchema = z.object({ tid: int, txt: z.string(), mod: int.nullish(), selection: int });
const ints = z.array(int);
const countsSchema = z.object({ gid: int.nullable(), tids: ints, agrees: ints, disagrees: ints, passes: ints });
const labelSchema = z.string().nullish();

/** PostgreSQL's side of the conversation. @param mathEnv the `math_env` whose `math_main` row is read */
export function conversationsOf(pool: Pick<pg.Pool, 'query'>, mathEnv: string): Conversations {
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
      return (
        row && { rid: row.rid, zid: row.zid, labels: labelColumns.map((name) => labelSchema.parse(row[name]) ?? null) }
      );
    },
    async topic(zid) {
      const [row] = await parsed(z.object({ topic: z.string().nullish() }), 'conversations', SQL.topic, [zid]);
      return row?.topic ?? '';
    },
    async comments(zid, rid) {
      const comments = await parsed(commentSchema, 'comments', SQL.comments, [zid, rid]);
      return comments.map(({ tid, txt, mod, selection }) => ({ tid, txt, mod: mod ?? 0, selected: selection !== -1 }));
    },
    async mathKeys(zid) {
      return (await rows('math_main', SQL.math, [zid, mathEnv]))[0];
    },
    async groupCounts(zid, groups) {
      const { agree, disagree, pass } = POSTGRES_VOTE;
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

/** Names the failure without the text of the query or its values. Missing tables, rights and bad passwords do not pass with time. */
function queryError(what: string, error: unknown): Error {
  const trouble = tlsTrouble(error);
  if (trouble) return trouble;
  const { code, message } = error as { code?: string; message?: string };
  if (code === '42P01' || code === '42703') {
    return new InvalidSetting(
      `PostgreSQL has no ${what} like that of Polis (${code}): check that the database secret names the Polis database`,
      { cause: error },
    );
  }
  if (code === '42501') {
    return new InvalidSetting(
      `PostgreSQL does not let the user of the database secret read ${what} (${code}): GRANT SELECT on it to that user`,
      { cause: error },
    );
  }
  if (code === '28P01' || code === '28000' || code === '3D000') {
    return new InvalidSetting(
      `PostgreSQL refuses the connection (${code}): check user, password and database in the database secret`,
      { cause: error },
    );
  }
  return new StoreUnavailable(
    `PostgreSQL could not read ${what} (${code ?? message}): check that it is running and can be reached from here`,
    { cause: error },
  );
}
