import type pg from 'pg';
import type { Gate } from '../gate.ts';

const CODES = { error: '57P01', throttle: '53300' } as const;

const answers = new WeakMap<pg.Pool, Map<string, Promise<pg.QueryResult>>>();

/** What the database answers; as nothing ever writes to it, each question is put to it once. */
function ask(pool: pg.Pool, sql: string, values: unknown[]): Promise<pg.QueryResult> {
  const known = answers.get(pool) ?? new Map<string, Promise<pg.QueryResult>>();
  answers.set(pool, known);
  const key = JSON.stringify([sql, values]);
  const answer = known.get(key) ?? pool.query(sql, values);
  known.set(key, answer);
  return answer;
}

/** PostgreSQL, every query of which passes the gate. */
export function gatedPool(pool: pg.Pool, gate: () => Gate): pg.Pool {
  const query = (sql: string, values: unknown[]) =>
    gate().pass({
      service: 'postgres',
      what: /\bFROM (\w+)/.exec(sql)?.[1] ?? 'query',
      effect: async () => structuredClone({ rows: (await ask(pool, sql, values)).rows }),
      fail: (kind) => {
        throw kind === 'timeout'
          ? new Error('Query read timeout')
          : Object.assign(new Error('simulated'), { code: CODES[kind] });
      },
    });
  return { query } as unknown as pg.Pool;
}
