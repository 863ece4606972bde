import pg from 'pg';
import { z } from 'zod';
import { InvalidRow, InvalidSetting, StoreUnavailable } from '../domain/errors.ts';
import { parseOr } from '../domain/parse.ts';
import { POSTGRES_VOTE } from '../domain/votes.ts';
import type { Conversations } from '../ports.ts';

const CONNECTIONS = 2;
const CONNECT_MS = 10_000;
const STATEMENT_MS = 120_000;

/** Connects to Polis' PostgreSQL, read only. @throws InvalidSetting when the URL is none (its text is not repeated) */
export function postgresPool(databaseUrl: string): pg.Pool {
  if (!URL.canParse(databaseUrl))
    throw new InvalidSetting(
      'the database URL is not a URL: it should read postgres://user:password@host:5432/database',
    );
  const pool = new pg.Pool({
    connectionString: databaseUrl,
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
  counts: `SELECT v.tid, g.gid, count(*) FILTER (WHERE v.vote = $4)::int AS agrees,
      count(*) FILTER (WHERE v.vote = $5)::int AS disagrees, count(*) FILTER (WHERE v.vote = $6)::int AS passes
    FROM votes_latest_unique v LEFT JOIN unnest($2::int[], $3::int[]) AS g(pid, gid) ON g.pid = v.pid
    WHERE v.zid = $1 GROUP BY v.tid, g.gid`,
} as const;

const int = z.number().int();
const reportSchema = z.looseObject({ rid: int, zid: int });
const commentSchema = z.object({ tid: int, txt: z.string(), mod: int.nullish(), selection: int });
const countSchema = z.object({ tid: int, gid: int.nullable(), agrees: int, disagrees: int, passes: int });
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
    groupCounts(zid, groups) {
      const pids = groups.flatMap((group) => group.pids);
      const gids = groups.flatMap((group) => group.pids.map(() => group.gid));
      const { agree, disagree, pass } = POSTGRES_VOTE;
      return parsed(countSchema, 'votes_latest_unique', SQL.counts, [zid, pids, gids, agree, disagree, pass]);
    },
  };
}

/** Names the failure without the text of the query or its values. Missing tables and bad passwords do not pass with time. */
function queryError(what: string, error: unknown): Error {
  const { code, message } = error as { code?: string; message?: string };
  if (code === '42P01' || code === '42703') {
    return new InvalidSetting(
      `PostgreSQL has no ${what} as Polis has it (${code}): check that DATABASE_URL names the Polis database`,
      { cause: error },
    );
  }
  if (code === '28P01' || code === '28000' || code === '3D000') {
    return new InvalidSetting(
      `PostgreSQL refuses the connection (${code}): check user, password and database of DATABASE_URL`,
      { cause: error },
    );
  }
  return new StoreUnavailable(`PostgreSQL could not read ${what} (${code ?? message})`, { cause: error });
}
