import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import type pg from 'pg';
import { streamHandler } from '../../lambdas/handlers/dispatch.ts';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import { anthropicClient } from '../../lambdas/stores/anthropic.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { postgresPool } from '../../lambdas/stores/postgres.ts';
import type { MachineEvent } from '../machine/execution.ts';
import { LocalStateMachine } from '../machine/local-machine.ts';
import { StreamPump } from '../machine/stream-pump.ts';
import { synthNarratives } from '../machine/template.ts';
import { claimPort } from '../os.ts';
import { createTables, localAws, startDynamo } from './dynamodb.ts';
import { topicTableInputs } from './polis.ts';
import { type StepWorld, stepWorld, taskSteps } from './steps.ts';

export interface EmbeddedOptions {
  /** files that keep the databases; undefined keeps them in memory */
  dbPath?: string;
  postgresDir?: string;
  dynamoPort?: number | undefined;
  postgresPort?: number | undefined;
  dynamoEndpoint?: string | undefined;
  anthropic: { apiKey: string; baseURL?: string | undefined };
  settings: StepWorld['settings'];
  log: Log;
  onEvent?: (execution: string, event: MachineEvent) => void;
}

/** The whole system in one process: databases, stream, state machine and steps. */
export interface Embedded {
  world: StepWorld;
  db: DynamoDBDocumentClient;
  pool: pg.Pool;
  machine: LocalStateMachine;
  pump: StreamPump;
  /** begins to read the job table's stream */
  start(): void;
  stop(): Promise<void>;
}

/**
 * Starts the embedded parts around the template's own state machine, stream filters and tables.
 * @throws InvalidSetting when a part cannot start
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { log } = options;
  const narratives = synthNarratives();
  const dynamo = await startDynamo({
    ...(options.dbPath ? { dbPath: options.dbPath } : {}),
    port: options.dynamoPort,
    endpoint: options.dynamoEndpoint,
  });
  const closing: (() => Promise<unknown>)[] = [() => dynamo.stop()];
  const stop = async () => {
    for (const close of closing.splice(0).reverse())
      await close().catch((error: Error) => log.warn('stopping', { why: error.message }));
  };
  try {
    const postgres = await startPostgres({
      ...(options.postgresDir ? { dataDir: options.postgresDir } : {}),
      port: options.postgresPort,
    });
    closing.push(() => postgres.stop());
    const pool = postgresPool(postgres.url);
    closing.push(() => pool.end());
    const streamArn = await createTables(dynamo.client, [...narratives.tables, ...topicTableInputs]);
    const db = documentClient(dynamo.client);
    const { apiKey, baseURL } = options.anthropic;
    const world = stepWorld({
      db,
      pool,
      anthropic: anthropicClient({ apiKey, baseURL }),
      log,
      settings: options.settings,
    });
    const machine = new LocalStateMachine({
      ...narratives,
      steps: taskSteps(world),
      ...(options.onEvent ? { onEvent: options.onEvent } : {}),
    });
    const handler = streamHandler({
      ...world,
      executions: { start: async (name, input) => machine.start(name, input) },
    });
    const client = new DynamoDBStreamsClient(localAws(dynamo.endpoint));
    const onDeadLetter = (record: { eventID?: string }, why: string) =>
      log.error('dead letter', { record: record.eventID, why });
    const pump = new StreamPump({ client, streamArn, ...narratives, handler, onDeadLetter });
    closing.push(
      async () => client.destroy(),
      () => pump.close(),
      async () => {
        for (const name of machine.names()) machine.abort(name);
      },
    );
    return { world, db, pool, machine, pump, start: () => pump.start(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A PostgreSQL in this process that `pg` reaches over a socket. */
export interface EmbeddedPostgres {
  url: string;
  stop(): Promise<void>;
}

/**
 * @param dataDir the folder that keeps the data; undefined keeps it in memory
 * @throws InvalidSetting when the port is in use or the folder cannot be opened
 */
export async function startPostgres(options: {
  dataDir?: string;
  port?: number | undefined;
}): Promise<EmbeddedPostgres> {
  const port = await claimPort('--postgres-port', options.port);
  const db = await PGlite.create(options.dataDir).catch((error: unknown) => {
    throw new InvalidSetting(
      `the embedded PostgreSQL cannot open its data folder (${(error as Error).message}): is the disk full? What ${options.dataDir} holds is loaded anew at every start, so that folder may be deleted`,
      { cause: error },
    );
  });
  const server = new PGLiteSocketServer({ db, port, host: '127.0.0.1', maxConnections: 8 });
  await server.start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop();
      await db.close();
    },
  };
}
