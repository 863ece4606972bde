import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { InvalidSetting, StoreUnavailable } from '../../lambdas/shared/errors.ts';
import { claimPort, commandLineOf, hasEnded, readOr } from '../os.ts';

/** A DynamoDB on this machine. */
export interface EmbeddedDynamo {
  endpoint: string;
  client: DynamoDBClient;
  stop(): Promise<void>;
}

/** Told of the database's process when it starts, and when it has ended. */
type OnProcess = ((pid: number, running: boolean) => void) | undefined;

/** What it prints once the port is its own: until then, another program may answer there. */
const LISTENS = 'listening on';
const PORTS_TRIED = 3;
const READY_MS = 30_000;
const STOP_MS = 5_000;
const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** How every AWS client of the embedded run is made. */
export const localAws = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials: LOCAL_CREDENTIALS });

/**
 * Starts the embedded DynamoDB, or uses the one that DYNAMODB_ENDPOINT names.
 * @param dbPath the file that keeps the data; undefined keeps it in memory
 * @throws InvalidSetting when there is no binary for this machine, the port is in use, or it cannot start
 * @throws StoreUnavailable when it does not start in time, or that of an earlier run cannot be stopped
 */
export async function startDynamo(options: {
  dbPath?: string;
  port?: number | undefined;
  endpoint?: string | undefined;
  onProcess?: OnProcess;
}): Promise<EmbeddedDynamo> {
  if (options.endpoint) {
    const client = new DynamoDBClient(localAws(options.endpoint));
    await client.send(new ListTablesCommand({})).catch((error: Error) => {
      throw new InvalidSetting(
        `DYNAMODB_ENDPOINT (${options.endpoint}) does not answer like DynamoDB (${error.name}): start it, or unset the variable`,
        { cause: error },
      );
    });
    return { endpoint: options.endpoint, client, stop: async () => client.destroy() };
  }
  const dbPath = options.dbPath ? resolve(options.dbPath) : undefined;
  if (dbPath) await endOrphan(dbPath);
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(await claimPort('--dynamodb-port', options.port), dbPath, options.onProcess);
    } catch (error) {
      // a port that was free may be another program's by the time that the database listens
      if (!(error instanceof InvalidSetting) || options.port !== undefined || attempt === PORTS_TRIED) throw error;
    }
  }
}

async function launch(port: number, dbPath: string | undefined, onProcess: OnProcess): Promise<EmbeddedDynamo> {
  const child = spawn(
    binary(),
    ['--host', '127.0.0.1', '--port', String(port), ...(dbPath ? ['--db-path', dbPath] : [])],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      // Ctrl-C is for us to handle: a database that dies first would lose what a step is writing
      detached: true,
    },
  );
  const { pid } = child;
  if (pid) onProcess?.(pid, true);
  if (dbPath && pid) writeFileSync(pidFile(dbPath), String(pid));
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let said = '';
  let ended = false;
  const gone = new Promise<void>((done) => {
    const end = () => {
      ended = true;
      process.removeListener('exit', kill);
      if (pid) onProcess?.(pid, false);
      if (dbPath) rmSync(pidFile(dbPath), { force: true });
      done();
    };
    child.once('close', end).once('error', (error) => {
      said = error.message;
      end();
    });
  });
  const listens = () => said.includes(LISTENS);
  const listening = new Promise<void>((done) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-2_000);
      if (listens()) done();
    });
  });
  await Promise.race([listening, gone, sleep(READY_MS, undefined, { ref: false })]);
  if (ended)
    throw new InvalidSetting(
      `the embedded DynamoDB did not start (${said.trim() || 'no message'}): check that the disk is not full, and that the state folder was written by this version`,
    );
  if (!listens()) {
    kill();
    throw new StoreUnavailable(`the embedded DynamoDB did not start within ${READY_MS / 1_000} s`);
  }
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({ ...localAws(endpoint), maxAttempts: 3 });
  return {
    endpoint,
    client,
    async stop() {
      client.destroy();
      child.kill('SIGTERM');
      const unwilling = setTimeout(kill, STOP_MS);
      await gone;
      clearTimeout(unwilling);
    },
  };
}

/** Keeps the process id beside the data. */
const pidFile = (dbPath: string) => `${dbPath}.pid`;

/**
 * A run that was killed leaves its DynamoDB running, which would hold the file and the port. Exactly that process is
 * stopped: its command line is checked, because the process id may belong to another program by now.
 * @throws StoreUnavailable when it cannot be stopped
 */
async function endOrphan(dbPath: string): Promise<void> {
  const pid = Number(readOr(pidFile(dbPath)));
  const words = (pid > 0 && commandLineOf(pid)) || [];
  if (basename(words[0] ?? '') !== 'dynoxide' || !words.includes(dbPath)) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const deadline = Date.now() + STOP_MS;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH')
        throw new StoreUnavailable(`${orphan(pid)} cannot be stopped: stop it yourself`, { cause: error });
    }
    while (Date.now() < deadline) {
      if (hasEnded(pid)) return;
      await sleep(20);
    }
  }
  throw new StoreUnavailable(`${orphan(pid)} does not stop: stop it yourself`);
}

const orphan = (pid: number) => `process ${pid}, the embedded DynamoDB of an earlier run,`;

function binary(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve('@dynoxide/linux-x64/package.json');
    return join(manifest, '..', 'dynoxide');
  } catch (error) {
    throw new InvalidSetting(
      'there is no embedded DynamoDB for this machine (only linux-x64 has one): start any DynamoDB with Streams and set DYNAMODB_ENDPOINT to its address',
      { cause: error },
    );
  }
}

/** Creates the tables that do not exist yet. @returns the ARN of the stream of the table that has one */
export async function createTables(
  client: DynamoDBClient,
  tables: readonly CreateTableCommandInput[],
): Promise<string> {
  const existing = new Set((await client.send(new ListTablesCommand({}))).TableNames);
  const described = await Promise.all(
    tables.map(async (table) =>
      existing.has(table.TableName ?? '')
        ? (await client.send(new DescribeTableCommand({ TableName: table.TableName }))).Table
        : (await client.send(new CreateTableCommand(table))).TableDescription,
    ),
  );
  const stream = described.find((table) => table?.LatestStreamArn)?.LatestStreamArn;
  if (!stream)
    throw new InvalidSetting(
      'this DynamoDB has no stream for the job table: set DYNAMODB_ENDPOINT to one with Streams',
    );
  return stream;
}
