import { X509Certificate } from 'node:crypto';
import type pg from 'pg';
import selfsigned from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidSetting, StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { hostOf, tlsFor, tlsTrouble } from '../../../lambdas/stores/database-tls.ts';
import { conversationsOf, postgresPool } from '../../../lambdas/stores/postgres.ts';
import { hasPostgres, startPostgres } from '../../../perf/servers/postgres.ts';

const RDS = 'polis.abc.eu-west-1.rds.amazonaws.com';
const DAY = 24 * 3600 * 1000;

/** Makes an authority, and certificates that it signed for this machine's name `localhost`. */
async function certificates() {
  const authority = await selfsigned.generate([{ name: 'commonName', value: 'Harbour CA' }], {
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'keyUsage', keyCertSign: true },
    ],
  });
  const signed = async (validTo: Date) => {
    const made = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
      algorithm: 'sha256',
      notBeforeDate: new Date(Date.now() - 30 * DAY),
      notAfterDate: validTo,
      ca: { key: authority.private, cert: authority.cert },
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    });
    return { cert: made.cert, key: made.private };
  };
  return {
    ca: authority.cert,
    good: await signed(new Date(Date.now() + DAY)),
    expired: await signed(new Date(Date.now() - DAY)),
  };
}

const asked = async (pool: pg.Pool): Promise<Error> => {
  const error = await conversationsOf(pool, 'prod')
    .report('r1')
    .then(
      () => new Error('expected an error'),
      (thrown: Error) => thrown,
    );
  await pool.end();
  return error;
};
const withPassword = (url: string, host: string) => url.replace('bench@127.0.0.1', `bench:secret-word@${host}`);

// in CI a machine without PostgreSQL is a failure: there the tests run and say what is missing
describe.skipIf(!hasPostgres() && !process.env.CI)('PostgreSQL over TLS (skipped without initdb and postgres)', () => {
  let made: Awaited<ReturnType<typeof certificates>>;
  const servers: Record<'plain' | 'good' | 'expired', string> = { plain: '', good: '', expired: '' };
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    made = await certificates();
    const options = { plain: {}, good: { ssl: made.good }, expired: { ssl: made.expired } };
    for (const name of ['plain', 'good', 'expired'] as const) {
      const { url, stop } = await startPostgres(options[name]);
      stops.push(stop);
      servers[name] = url;
    }
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  test('the connection is encrypted when the given authority signed the certificate', async () => {
    const pool = postgresPool(withPassword(servers.good, 'localhost'), { tls: 'verify', ca: made.ca });
    const { rows } = await pool.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await pool.end();
    expect(rows).toEqual([{ ssl: true }]);
  });

  test('through a tunnel, the certificate is checked against the name that is given for it', async () => {
    const tunnel = withPassword(servers.good, '127.0.0.1');
    const tls = { tls: 'verify', ca: made.ca } as const;
    const pool = postgresPool(tunnel, { ...tls, serverName: 'localhost' });
    const { rows } = await pool.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await pool.end();
    expect(rows).toEqual([{ ssl: true }]);
    const other = postgresPool(withPassword(servers.good, 'localhost'), { ...tls, serverName: 'db.example.org' });
    expect((await asked(other)).message).toMatch(/is for a different host name .*databaseTlsServerName=NAME/);
  });

  test('without TLS asked for, the connection is not encrypted', async () => {
    const pool = postgresPool(servers.good);
    const { rows } = await pool.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await pool.end();
    expect(rows).toEqual([{ ssl: false }]);
  });

  test.each([
    ['a database without TLS', 'plain', 'localhost', /refuses TLS: turn it on .* databaseTls=off/, true],
    [
      'an authority that is not known',
      'good',
      'localhost',
      /authority that is not trusted here: .*databaseCaFile=/,
      false,
    ],
    ['a certificate that has expired', 'expired', 'localhost', /certificate has expired: renew it/, true],
    ['a certificate of another host', 'good', '127.0.0.1', /is for a different host name/, true],
  ] as const)(
    '%s is a setting to fix, named in one line without the password',
    async (_, server, host, says, trusting) => {
      const url = withPassword(servers[server], host);
      const error = await asked(postgresPool(url, { tls: 'verify', ...(trusting && { ca: made.ca }) }));
      expect(error).toBeInstanceOf(InvalidSetting);
      expect(error.message).toMatch(says);
      expect(error.message).not.toMatch(/secret-word|\n/);
    },
  );
});

describe('TLS towards the database', () => {
  test("hosts of RDS are checked against Amazon's authorities, any other host against Node's", () => {
    expect(tlsFor(RDS, { tls: 'verify' })).toEqual({ rejectUnauthorized: true, ca: expect.any(Array) });
    expect(tlsFor('db.example.org', { tls: 'verify' })).toEqual({ rejectUnauthorized: true });
    expect(tlsFor('rds.amazonaws.com.example.org', { tls: 'verify' })).toEqual({ rejectUnauthorized: true });
  });

  test("Amazon's authorities of today are known, for the regions and for the proxy", () => {
    const { ca } = tlsFor(RDS, { tls: 'verify' }) as { ca: string[] };
    const now = new Date();
    const valid = ca.map((pem) => new X509Certificate(pem)).filter(({ validToDate }) => validToDate > now);
    const names = valid.map(({ subject }) => subject.match(/CN=(.+)/)?.[1]);
    expect(names).toEqual(
      expect.arrayContaining([
        'Amazon RDS us-east-1 Root CA RSA2048 G1',
        'Amazon RDS eu-west-1 Root CA RSA4096 G1',
        'Amazon RDS eu-central-1 Root CA ECC384 G1',
        'Amazon Root CA 1',
      ]),
    );
  });

  test("a server name of RDS is checked against Amazon's authorities, whatever host is connected to", () => {
    expect(tlsFor('localhost', { tls: 'verify', serverName: RDS })).toMatchObject({ ca: expect.any(Array) });
  });

  test('a given authority takes the place of all others', () => {
    const checked = tlsFor(RDS, { tls: 'verify', ca: 'PEM' });
    expect(checked).toEqual({ rejectUnauthorized: true, ca: 'PEM' });
  });

  test.each(['sslmode=disable', 'sslmode=no-verify', 'ssl=0', 'uselibpqcompat=true', 'SSLMODE=prefer'])(
    'a URL with %s is refused, so that one place alone decides about TLS',
    (parameter) => {
      const url = `postgres://someone:secret-word@db/polis?${parameter}`;
      expect(() => postgresPool(url, { tls: 'verify' })).toThrow(/^take \w+ out of the database URL: .*databaseTls/);
      expect(() => postgresPool(url, { tls: 'verify' })).not.toThrow(/secret-word/);
    },
  );

  test('other parameters stay, and one may name the host', () => {
    expect(hostOf('postgres://u:p@db/polis?application_name=x')).toBe('db');
    expect(hostOf('postgres://u:p@db/polis?host=/var/run/postgresql')).toBe('/var/run/postgresql');
  });

  test('a password with a bare percent sign is refused before it is used', () => {
    expect(() => postgresPool('postgres://u:50%off@db/polis')).toThrow(/written as %25/);
    expect(() => postgresPool('postgres://u:50%off@db/polis')).not.toThrow(/50/);
  });

  test('a database that takes TLS only says so', () => {
    const error = {
      code: '28000',
      message: 'no pg_hba.conf entry for host "10.0.0.1", user "u", database "polis", no encryption',
    };
    expect(tlsTrouble(error)?.message).toBe(
      'PostgreSQL accepts connections with TLS only: deploy with databaseTls=verify',
    );
  });

  test('what has nothing to do with TLS is left to others', () => {
    expect(tlsTrouble({ code: '28000', message: 'role "u" does not exist' })).toBeUndefined();
    expect(tlsTrouble(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))).toBeUndefined();
    expect(tlsTrouble(new StoreUnavailable('x'))).toBeUndefined();
  });
});
