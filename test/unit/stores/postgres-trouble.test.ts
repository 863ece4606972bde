import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import {
  BadInput,
  InvalidRow,
  InvalidSetting,
  PasswordRefused,
  StoreUnavailable,
} from '../../../lambdas/shared/errors.ts';
import { conversationsOf, mayBeRotated, postgresPool, readOnly } from '../../../lambdas/stores/postgres.ts';

const errorOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('expected an error'),
    (error: Error) => error,
  );

/** What a caller gets when every query ends like this. */
const refusedWith = (error: unknown): Promise<Error> =>
  errorOf(conversationsOf({ query: () => Promise.reject(error) }, 'prod').report('r1'));
const sqlError = (code: string) => Object.assign(new Error('permission denied for secret-word'), { code });

describe('what does not pass with time', () => {
  test.each([
    ['42P01', InvalidSetting, /has no reports like that of Polis/],
    ['42703', InvalidSetting, /has no reports like that of Polis/],
    ['42883', InvalidSetting, /has no reports like that of Polis/],
    ['3F000', InvalidSetting, /has no reports like that of Polis/],
    ['42501', InvalidSetting, /does not let the user of the database secret read reports .*GRANT SELECT/],
    ['3D000', InvalidSetting, /no such database .*check the name/],
    ['22P02', InvalidRow, /reports: a value cannot be read/],
  ])('%s is something to fix, in one line', async (code, kind, says) => {
    const error = await refusedWith(sqlError(code));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(says);
    expect(error.message).not.toMatch(/secret-word|\n/);
  });

  test.each([new TypeError('x is not a function'), new ReferenceError('x is not defined'), new RangeError('x')])(
    '%o is a fault of ours and leaves as it is',
    async (fault) => {
      expect(await refusedWith(fault)).toBe(fault);
    },
  );
});

test.each(['28P01', '28000'])('%s is retried for as long as a rotation takes', async (code) => {
  const error = await refusedWith(sqlError(code));
  expect(error).toBeInstanceOf(PasswordRefused);
  expect(error.message).toMatch(/refuses the connection .*check user and password/);
  expect(error.message).not.toContain('secret-word');
});

describe('what passes with time', () => {
  test.each([
    ['too many connections', '53300'],
    ['shutting down', '57P01'],
    ['starting up', '57P03'],
    ['a statement that took too long', '57014'],
    ['a broken connection', '08006'],
    ['a serialization failure', '40001'],
    ['an internal error', 'XX000'],
    ['a name that does not resolve now', 'EAI_AGAIN'],
    ['a name that is not known', 'ENOTFOUND'],
    ['a reset', 'ECONNRESET'],
    ['a network that is gone', 'ENETUNREACH'],
    ['a code that nobody knows', 'ZZ999'],
  ])('%s (%s) is worth trying again', async (_, code) => {
    expect(await refusedWith(sqlError(code))).toBeInstanceOf(StoreUnavailable);
  });

  test('so is an error without a code, such as a connection that ends', async () => {
    expect(await refusedWith(new Error('Connection terminated unexpectedly'))).toBeInstanceOf(StoreUnavailable);
  });

  test('what PgBouncer answers to all may pass, and the line says what it may be', async () => {
    const error = await refusedWith(sqlError('08P01'));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).not.toBeInstanceOf(BadInput);
    expect(error.message).toMatch(/08P01.*PgBouncer .*wrong password or database.*its log/);
  });
});

test('a connection that is refused for want of TLS is not asked for again with another password', () => {
  const noTls = Object.assign(new Error('no pg_hba.conf entry, no encryption'), { code: '28000' });
  expect([noTls, sqlError('53300'), sqlError('28P01'), sqlError('08P01')].map(mayBeRotated)).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

describe('a connection', () => {
  /** A server that keeps the first packet of each connection and hangs up. */
  const packets: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      packets.push(data);
      socket.destroy();
    });
  });
  afterAll(() => server.close());

  test('asks for nothing at its start that PgBouncer does not know', async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const pool = postgresPool(`postgres://someone:secret-word@127.0.0.1:${port}/polis`);
    expect(await errorOf(conversationsOf(readOnly(pool), 'prod').report('r1'))).toBeInstanceOf(StoreUnavailable);
    await pool.end();
    // length and version, then names and values that end with a zero each
    const words = (packets[0] ?? Buffer.of()).subarray(8).toString().split('\0').slice(0, -2);
    const parameters = Object.fromEntries(
      Array.from({ length: words.length / 2 }, (_, at) => words.slice(2 * at, 2 * at + 2)),
    );
    expect(parameters).toEqual({
      user: 'someone',
      database: 'polis',
      client_encoding: 'UTF8',
      application_name: 'delphi-narratives',
    });
  });
});

describe('a statement', () => {
  /** A pool of one connection, whose statements are kept; `fails` ends the one that it begins like. */
  function poolThat(fails?: string) {
    const said: string[] = [];
    const releases: unknown[] = [];
    const client = {
      on: () => client,
      off: () => client,
      query: async (sql: string) => {
        said.push(sql);
        if (fails && sql.startsWith(fails)) throw sqlError('57014');
        return { rows: [{ a: 1 }] };
      },
      release: (destroy: unknown) => void releases.push(destroy),
    };
    return { said, releases, reader: readOnly({ connect: async () => client as never }) };
  }

  test('runs in a read-only transaction with a time limit, and gives its connection back', async () => {
    const { said, releases, reader } = poolThat();
    expect(await reader.query('SELECT 1', [])).toEqual({ rows: [{ a: 1 }] });
    expect(said).toEqual(['BEGIN READ ONLY; SET LOCAL statement_timeout = 120000', 'SELECT 1', 'COMMIT']);
    expect(releases).toEqual([false]);
  });

  test.each(['BEGIN', 'SELECT', 'COMMIT'])('whose %s fails has its connection closed', async (fails) => {
    const { releases, reader } = poolThat(fails);
    expect(await errorOf(reader.query('SELECT 1', []))).toMatchObject({ code: '57014' });
    expect(releases).toEqual([true]);
  });
});
