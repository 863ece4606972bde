import { execFileSync, spawn } from 'node:child_process';
import {
  accessSync,
  chownSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../../test/support/processes.ts';
import { type Running, stopChild } from './process.ts';

const DEBIAN = '/usr/lib/postgresql';
const START_ATTEMPTS = 2_000;
const REMOVE = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 };

/** PEM of a server's certificate and of its key. */
export interface ServerCertificate {
  cert: string;
  key: string;
}

/**
 * Starts a real PostgreSQL with a temporary data folder and a free port.
 * @param options `ssl` lets it use TLS with this certificate, for clients that ask for it
 * @throws Error when PostgreSQL is not installed
 */
export async function startPostgres({ ssl }: { ssl?: ServerCertificate } = {}): Promise<Running> {
  const bin = binaries();
  const user = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), 'narratives-bench-pg-'));
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid ?? 0);
  const options = { ...user, cwd: folder, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' } };
  const data = join(folder, 'data');
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
    { ...options, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const port = await freePort();
  const settings = ['fsync=off', 'log_min_messages=panic', 'max_wal_size=4GB', `unix_socket_directories=${folder}`];
  if (ssl) settings.push(...sslSettings(folder, ssl, user));
  const child = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', ...settings.flatMap((setting) => ['-c', setting])],
    { ...options, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const url = `postgres://bench@127.0.0.1:${port}/postgres`;
  // however this process ends, the server stops and its data are removed
  const drop = () => {
    child.kill('SIGKILL');
    rmSync(folder, REMOVE);
  };
  process.once('exit', drop);
  const stop = async () => {
    await stopChild(child);
    rmSync(folder, REMOVE);
    process.off('exit', drop);
  };
  try {
    await untilUp(url, () => child.exitCode === null);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

/** Whether this machine has what {@link startPostgres} needs. */
export function hasPostgres(): boolean {
  try {
    return binaries() !== '';
  } catch {
    return false;
  }
}

/** PostgreSQL takes a key only from a file that it owns and nobody else can read. */
function sslSettings(folder: string, { cert, key }: ServerCertificate, { uid, gid }: { uid?: number; gid?: number }) {
  const files = { ssl_cert_file: join(folder, 'server.crt'), ssl_key_file: join(folder, 'server.key') };
  writeFileSync(files.ssl_cert_file, cert);
  writeFileSync(files.ssl_key_file, key, { mode: 0o600 });
  if (uid !== undefined) for (const file of Object.values(files)) chownSync(file, uid, gid ?? 0);
  return ['ssl=on', ...Object.entries(files).map(([name, file]) => `${name}=${file}`)];
}

/** The folder that holds both `initdb` and `postgres`: on PATH, or the newest of Debian's. */
function binaries(): string {
  const versions = listed(DEBIAN).sort((a, b) => Number(b) - Number(a));
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
  ];
  const found = folders.find((folder) => executable(join(folder, 'initdb')) && executable(join(folder, 'postgres')));
  if (found) return found;
  throw new Error(
    `the benchmark needs PostgreSQL: neither PATH nor ${DEBIAN}/*/bin has initdb and postgres; install PostgreSQL 14 or later`,
  );
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** PostgreSQL and PgBouncer refuse to run as root: then they run as `postgres`, or else as `nobody`. */
export function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!user)
    throw new Error('PostgreSQL refuses to run as root and there is no user postgres or nobody: run as another user');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

async function untilUp(url: string, alive: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < START_ATTEMPTS && alive(); attempt++) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await pause(50);
    }
  }
  throw new Error('PostgreSQL did not start: see its messages above');
}
