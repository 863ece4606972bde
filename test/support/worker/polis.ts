import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import pg from 'pg';
import { documentClient } from '../../../lambdas/stores/dynamodb.ts';
import { localAws, startDynamo } from '../../../local/embedded/dynamodb.ts';
import { loadPostgres, loadTopics } from '../../../local/embedded/polis.ts';
import { sampleConversation } from '../../../local/sample.ts';
import { hasPostgres, startPostgres, unprivileged } from '../../../perf/servers/postgres.ts';
import { type Running, stopChild } from '../../../perf/servers/process.ts';
import { startAnthropic } from '../emulator/servers.ts';
import { freePort } from '../processes.ts';
import { DELPHI_TABLES } from './tables.ts';

export const WORKER_KEY = 'worker-key';

/** What this machine lacks for {@link startPolis}; undefined when it has all of it. */
export function missingPart(): string | undefined {
  if (!hasPostgres()) return 'PostgreSQL (initdb and postgres)';
  return hasPgbouncer() ? undefined : 'PgBouncer (pgbouncer)';
}

/**
 * A Polis as docker-compose runs it: a DynamoDB with the tables that its script makes, which have no stream, and a real
 * PostgreSQL behind PgBouncer; and the stand-in for the Anthropic API.
 */
export async function startPolis() {
  await using starting = new AsyncDisposableStack();
  const dynamo = await startDynamoServer();
  starting.defer(dynamo.stop);
  const postgres = await startPostgres();
  starting.defer(postgres.stop);
  const bouncer = await startPgbouncer(postgres.url);
  starting.defer(bouncer.stop);
  const anthropic = await startAnthropic(WORKER_KEY);
  starting.defer(anthropic.stop);
  const client = new DynamoDBClient(localAws(dynamo.url));
  starting.defer(() => client.destroy());
  const db = documentClient(client);
  await makeTables(client);
  const data = sampleConversation();
  const pool = new pg.Pool({ connectionString: postgres.url });
  await loadPostgres(pool, data).finally(() => pool.end());
  await loadTopics(db, data);
  const parts = starting.move();
  return {
    data,
    db,
    client,
    anthropic,
    bouncer,
    postgres,
    dynamo,
    /** what a worker is given */
    env: {
      DYNAMODB_ENDPOINT: dynamo.url,
      DATABASE_URL: bouncer.url,
      ANTHROPIC_API_KEY: WORKER_KEY,
      ANTHROPIC_BASE_URL: anthropic.url,
      HTTP_PORT: '0',
      LOG_FORMAT: 'json',
    },
    makeTables: () => makeTables(client),
    stop: () => parts.disposeAsync(),
  };
}

export type PolisParts = Awaited<ReturnType<typeof startPolis>>;

/** dynoxide, or the server that WORKER_TEST_DYNAMODB names: DynamoDB Local, for instance. Its tables are then made anew. */
async function startDynamoServer(): Promise<Running> {
  const given = process.env.WORKER_TEST_DYNAMODB;
  if (given) return { url: given, stop: async () => undefined };
  const { endpoint, stop } = await startDynamo({});
  return { url: endpoint, stop };
}

/** The tables as the script of Polis makes them. */
async function makeTables(client: DynamoDBClient): Promise<void> {
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  for (const table of DELPHI_TABLES)
    if (!TableNames.includes(table.TableName)) await client.send(new CreateTableCommand(table));
}

function hasPgbouncer(): boolean {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const LOOKS = 2_000;

/** PgBouncer in front of a PostgreSQL, pooling by transaction as deployments of Polis do. */
async function startPgbouncer(database: string): Promise<Running> {
  const { hostname, port, username } = new URL(database);
  const folder = mkdtempSync(join(tmpdir(), 'narratives-pgbouncer-'));
  const listen = await freePort();
  writeFileSync(join(folder, 'users'), `"${username}" ""\n`);
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
polis = host=${hostname} port=${port} dbname=postgres user=${username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listen}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, 'users')}
pool_mode = transaction
`,
  );
  // it refuses to run as root
  const user = unprivileged();
  if (user.uid !== undefined) {
    for (const file of ['.', 'users', 'pgbouncer.ini']) chownSync(join(folder, file), user.uid, user.gid ?? 0);
  }
  const child = spawn('pgbouncer', ['-q', join(folder, 'pgbouncer.ini')], {
    ...user,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `postgres://${username}@127.0.0.1:${listen}/polis`;
  const stop = async () => {
    await stopChild(child);
    rmSync(folder, { recursive: true, force: true });
  };
  for (let looks = 0; looks < LOOKS; looks++) {
    const asked = new pg.Client({ connectionString: url });
    try {
      await asked.connect();
      await asked.end();
      return { url, stop };
    } catch {
      await pause(25);
    }
  }
  await stop();
  throw new Error('PgBouncer did not start: see its messages above');
}
