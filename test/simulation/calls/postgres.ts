import type pg from 'pg';
import type { Gate } from '../gate.ts';

const CODES = { error: '57P01', throttle: '53300' } as const;

/** PostgreSQL, every query of which passes the gate. */
export function gatedPool(pool: pg.Pool, gate: () => Gate): pg.Pool {
  const query = (sql: string, values: unknown[]) =>
    gate().pass({
      service: 'postgres',
      what: /\bFROM (\w+)/.exec(sql)?.[1] ?? 'query',
      effect: () => pool.query(sql, values),
      fail: (kind) => {
        throw kind === 'timeout'
          ? new Error('Query read timeout')
          : Object.assign(new Error('simulated'), { code: CODES[kind] });
      },
    });
  return { query } as unknown as pg.Pool;
}
