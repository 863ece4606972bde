import { NarrativesError } from '../../lambdas/shared/errors.ts';
import { type Conversations, conversationsOf, SQL } from '../../lambdas/stores/postgres.ts';
import type { Topics } from '../../lambdas/stores/topics.ts';
import { type Database, tlsTroubleHere } from '../connections.ts';
import { bad, type Finding, ok, warn } from './findings.ts';

/** Tables and columns of Polis that the steps read. */
const READABLE = {
  reports: 'rid, report_id, zid',
  conversations: 'zid, topic',
  comments: 'zid, tid, txt, mod',
  report_comment_selections: 'zid, rid, tid, selection',
  votes_latest_unique: 'zid, pid, tid, vote',
  math_main: 'zid, math_env, data',
} as const;

/** Who asks: what to do differs by where the address comes from, and from where the database has to be reached. */
export type Asker = 'deployment' | 'worker';

const SECRET: Record<Asker, string> = { deployment: 'the database secret', worker: 'DATABASE_URL' };
const LOGIN: Record<Asker, string> = { deployment: 'the database secret, or in DATABASE_URL', worker: 'DATABASE_URL' };
const MATH_ENV: Record<Asker, string> = {
  deployment: 'deploy with the setting mathEnv that the math worker writes',
  worker: 'set MATH_ENV to what the math worker writes',
};

const unreadable = (asker: Asker): Record<string, string> => ({
  '42501': `GRANT SELECT on it to the user of ${SECRET[asker]}`,
  '42P01': `check that ${SECRET[asker]} names the Polis database`,
  '42703': 'check that the database is a Polis database of a known version',
});

/** The database answers and refuses the connection: wrong user, password or database. */
const REFUSED = /^(28|3D)/;

/** Whether PostgreSQL answers, lets the steps read their tables, and has math of the right `math_env`. */
export async function checkDatabase(
  { pool, tls }: Pick<Database, 'pool' | 'tls'>,
  mathEnv: string,
  asker: Asker = 'deployment',
): Promise<Finding[]> {
  const what = 'database';
  const failure = await failureOf(pool, 'SELECT 1');
  if (failure?.tls) return [bad(what, failure.tls, '')];
  if (failure && REFUSED.test(failure.code)) {
    const todo = `check user, password and database in ${LOGIN[asker]}`;
    return [bad(what, `refuses the connection (${failure.code})`, todo)];
  }
  if (failure && asker === 'worker')
    return [bad(what, `cannot be reached (${failure.shown})`, 'start it, or correct DATABASE_URL')];
  if (failure) {
    return [
      warn(
        what,
        `cannot be reached from this machine (${failure.shown})`,
        'if it is in a private network, the functions may still reach it; otherwise check the database secret and the security groups, or set DATABASE_URL',
      ),
    ];
  }
  const findings = [ok(what, tls === 'verify' ? 'answers over TLS with a valid certificate' : 'answers, without TLS')];
  for (const [table, columns] of Object.entries(READABLE)) {
    const refused = await failureOf(pool, `SELECT ${columns} FROM ${table} LIMIT 0`);
    if (refused)
      findings.push(
        bad(`${what}, table ${table}`, `cannot be read (${refused.shown})`, unreadable(asker)[refused.code] ?? ''),
      );
  }
  if (findings.length > 1) return findings;
  findings.push(
    ok(`${what}, tables`, `${Object.keys(READABLE).join(', ')} can be read`),
    await checkVoteSign(pool),
    await checkMath(pool, mathEnv, asker),
  );
  return findings;
}

/** What the database stores for agree: by its own declaration, or as usual. */
async function checkVoteSign(pool: Database['pool']): Promise<Finding> {
  const what = 'database, vote sign';
  try {
    const [found] = (await pool.query(SQL.declaresSign)).rows;
    const { agree } = await conversationsOf(pool, '').voteSigns();
    if (!found?.declares) return ok(what, `agree is ${agree}: nothing else is declared`);
    const declared = (await pool.query(SQL.declaredSign)).rows.length > 0;
    if (declared) return ok(what, `agree is ${agree}, as vote_convention declares`);
    return warn(
      what,
      `agree is taken to be ${agree}: vote_convention has no row`,
      'declare the sign, as the guide of Polis says',
    );
  } catch (error) {
    // its message ends with what to do
    if (error instanceof NarrativesError) return bad(what, error.message, '');
    throw error;
  }
}

async function checkMath(pool: Database['pool'], mathEnv: string, asker: Asker): Promise<Finding> {
  const what = `database, math_env ${mathEnv}`;
  const { rows } = await pool.query('SELECT math_env FROM math_main GROUP BY math_env ORDER BY count(*) DESC LIMIT 10');
  const found = rows.map(({ math_env }) => String(math_env));
  if (found.includes(mathEnv)) return ok(what, 'math_main has rows with it');
  const there = found.length > 0 ? `it has ${found.join(', ')}` : 'it is empty';
  const none = `math_main has no row with it: ${there}`;
  // a worker may be there before the first conversation is
  if (asker === 'worker' && found.length === 0) return warn(what, none, 'let the math worker run');
  return bad(what, none, MATH_ENV[asker]);
}

/** @returns undefined when the query works; else its code, what may be shown of it, and what to do if TLS failed */
async function failureOf(
  pool: Database['pool'],
  sql: string,
): Promise<{ code: string; shown: string; tls?: string | undefined } | undefined> {
  try {
    await pool.query(sql);
    return undefined;
  } catch (error) {
    const { code = '', message = '' } = error as { code?: string; message?: string };
    // an error of `pg` itself, such as a time-out, has no code
    return { code, shown: code || message.slice(0, 100), tls: tlsTroubleHere(error)?.message };
  }
}

/** Whether one report can be written: its row, and what its conversation has. */
export async function checkReport(
  { conversations, topics }: { conversations: Conversations; topics: Topics },
  reportId: string,
): Promise<Finding[]> {
  const what = `report ${reportId}`;
  const report = await conversations.report(reportId);
  if (!report) return [bad(what, 'has no row in the table reports', 'make the report in Polis first, or check its id')];
  const zid = String(report.zid);
  const comments = await conversations.comments(report.zid, report.rid);
  const math = await conversations.mathKeys(report.zid);
  const names = await topics.names(zid);
  const assignments = await topics.assignments(zid);
  const runDelphi = `run the Delphi topic pipeline for conversation ${zid}`;
  return [
    ok(what, `is of conversation ${zid}`),
    comments.length > 0
      ? ok(`${what}, comments`, `${comments.length}`)
      : bad(`${what}, comments`, 'none', `conversation ${zid} has nothing to report on yet`),
    math
      ? ok(`${what}, math`, 'math_main has its row')
      : bad(`${what}, math`, 'math_main has no row', `let the math worker run for conversation ${zid}, or set mathEnv`),
    names.length > 0 ? ok(`${what}, topics`, `${names.length} names`) : bad(`${what}, topics`, 'no names', runDelphi),
    assignments.length > 0
      ? ok(`${what}, topic of each comment`, `${assignments.length} comments`)
      : bad(`${what}, topic of each comment`, 'none', runDelphi),
  ];
}
