import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { documentClient } from '../../../lambdas/stores/dynamodb.ts';
import { loadPostgres, loadTopics } from '../../../local/embedded/polis.ts';
import { sampleConversation } from '../../../local/sample.ts';
import { hasPostgres } from '../../../perf/servers/postgres.ts';
import { freePort } from '../processes.ts';
import { startRecorder } from './recorder.ts';
import {
  deploy,
  hasPython,
  installMinistack,
  type Ministack,
  startAnthropic,
  startDatabase,
  startMinistack,
} from './servers.ts';

const KEPT_LOG = fileURLToPath(new URL('../../../node_modules/.cache/emulator-tests/ministack.log', import.meta.url));

/** What tests know of the deployed system: where AWS is. They have neither the database nor the API's key. */
export interface DeployedSystem {
  endpoint: string;
  /** Where the stand-in of the Anthropic API tells what it was asked. */
  control: string;
  /** Answers with what each function has asked of AWS. */
  calls: string;
  /** Settings that every deployment needs to reach the stand-in and the database. */
  settings: Record<string, string>;
  folder: string;
  /** What the first deployment printed. */
  printed: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers with the DeployedSystem once it is deployed; undefined: this machine lacks a part. */
    emulator: string | undefined;
  }
}

/**
 * Starts to deploy the stacks to an emulator, with a database and an API in processes of their own. It does not wait:
 * the tests of other projects run meanwhile. @returns how all that is ended
 */
export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const missing = missingParts();
  if (missing) {
    if (process.env.CI) throw new Error(`the emulator tests need ${missing}`);
    console.log(`emulator tests skipped: they need ${missing}`);
    project.provide('emulator', undefined);
    return undefined;
  }
  const parts = new AsyncDisposableStack();
  // leaving by exit() ends every process and removes the folder at once: see startGroup and startPostgres
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const deployed = startAll(parts, () => project.vitest.state.getCountOfFailedTests());
  const answer = deployed.then(
    (system) => ({ status: 200, text: JSON.stringify(system) }),
    (error: Error) => ({ status: 500, text: `the system could not be deployed: ${error.message}` }),
  );
  const door = createServer(
    (_request, response) => void answer.then(({ status, text }) => response.writeHead(status).end(text)),
  );
  await once(door.listen(0, '127.0.0.1'), 'listening');
  project.provide('emulator', `http://127.0.0.1:${(door.address() as AddressInfo).port}`);
  return async () => {
    await answer;
    door.close();
    await parts.disposeAsync();
  };
}

function missingParts(): string | undefined {
  if (!hasPython()) return 'Python 3.10 or later with its venv module (python3, python3-venv)';
  if (!hasPostgres()) return 'PostgreSQL (initdb and postgres)';
  return undefined;
}

async function startAll(parts: AsyncDisposableStack, failures: () => number): Promise<DeployedSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'narratives-emulator-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  process.once('exit', remove);
  parts.defer(remove);
  const timed = stopwatch();

  const apiKey = `key-${randomBytes(16).toString('hex')}`;
  const ended = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    parts.defer(() => part.stop());
    return part;
  };
  const postgres = await timed('PostgreSQL', () => ended(startDatabase(folder)));
  const anthropic = await ended(startAnthropic(apiKey));
  const bin = await timed('Python environment', () => installMinistack(folder));
  const port = await freePort();
  const recorder = await ended(startRecorder(`http://127.0.0.1:${port}`));
  const ministack = await timed('MiniStack', () =>
    ended(startMinistack(bin, { folder, port, functionsUse: recorder.url })),
  );
  parts.defer(() => keepLog(ministack, failures()));

  try {
    const sample = sampleConversation();
    const pool = new pg.Pool({ connectionString: postgres.url });
    await loadPostgres(pool, sample).finally(() => pool.end());
    const secrets = { ANTHROPIC_API_KEY: apiKey, DATABASE_URL: postgres.url };
    const settings = { anthropicBaseUrl: anthropic.url, databaseCaFile: postgres.caFile };
    const printed = await timed('npm run deploy:emulator', () =>
      deploy(ministack.url, folder, { ...settings, httpApi: 'open' }, secrets),
    );
    if (printed.includes(apiKey)) throw new Error('npm run deploy:emulator printed a secret');
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const dynamo = new DynamoDBClient({ endpoint: ministack.url, region: 'us-east-1', credentials });
    await loadTopics(documentClient(dynamo), sample);
    return {
      endpoint: ministack.url,
      control: anthropic.control,
      calls: recorder.calls,
      settings,
      folder,
      printed,
    };
  } catch (error) {
    console.error(`MiniStack's last lines:\n${ministack.logTail()}`);
    throw error;
  }
}

/** Keeps the emulator's log for a look afterwards. */
function keepLog({ logFile, logTail }: Ministack, failures: number): void {
  mkdirSync(dirname(KEPT_LOG), { recursive: true });
  copyFileSync(logFile, KEPT_LOG);
  if (failures > 0) console.error(`MiniStack's last lines (all of them: ${KEPT_LOG}):\n${logTail()}`);
}

/** Prints how long each part took. */
function stopwatch() {
  return async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const done = await work();
    console.log(`emulator: ${what} ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return done;
  };
}
