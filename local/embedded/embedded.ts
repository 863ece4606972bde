import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type pg from 'pg';
import { streamHandler } from '../../lambdas/handlers/dispatch.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { postgresPool } from '../../lambdas/stores/postgres.ts';
import { type AnthropicAccess, connectApi } from '../anthropic.ts';
import type { MachineEvent } from '../machine/execution.ts';
import { LocalStateMachine } from '../machine/local-machine.ts';
import { NARRATIVES } from '../machine/narratives.ts';
import { StreamPump } from '../machine/stream-pump.ts';
import { createTables, localAws, startDynamo } from './dynamodb.ts';
import { topicTableInputs } from './polis.ts';
import type { EmbeddedPostgres } from './postgres.ts';
import { checkedSooner, type StepWorld, stepWorld, taskSteps } from './steps.ts';

export interface EmbeddedOptions {
  /** where DynamoDB is kept; undefined keeps it in memory */
  dbPath?: string;
  /** being started by the caller, who also stops it */
  postgres: Promise<EmbeddedPostgres>;
  dynamoPort?: number | undefined;
  dynamoEndpoint?: string | undefined;
  anthropic: AnthropicAccess;
  /** the API is the stand-in on this machine */
  simulated: boolean;
  settings: StepWorld['settings'];
  log: Log;
  onEvent?: (execution: string, event: MachineEvent) => void;
  /** told of the process of DynamoDB when it starts, and when it has ended */
  onProcess?: (pid: number, running: boolean) => void;
  /** called when rows of the job table have changed */
  onRecords?: () => void;
}

/** The whole system in one process: databases, stream, state machine and steps. */
export interface Embedded {
  world: StepWorld;
  db: DynamoDBDocumentClient;
  pool: pg.Pool;
  machine: LocalStateMachine;
  pump: StreamPump;
  /** begins to read the job table's stream */
  start: () => void;
  stop: () => Promise<void>;
}

/**
 * Starts the embedded parts around the template's own state machine, stream filters and tables.
 * @throws InvalidSetting when a part cannot start
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { log } = options;
  const narratives = NARRATIVES;
  await using starting = new AsyncDisposableStack();
  const dynamo = await startDynamo({
    ...(options.dbPath ? { dbPath: options.dbPath } : {}),
    port: options.dynamoPort,
    endpoint: options.dynamoEndpoint,
    onProcess: options.onProcess,
  });
  starting.defer(dynamo.stop);
  const streamArn = await createTables(dynamo.client, [...narratives.tables, ...topicTableInputs]);
  const pool = postgresPool((await options.postgres).url);
  starting.defer(() => pool.end());
  const db = documentClient(dynamo.client);
  const anthropic = await connectApi(options.anthropic);
  const world = stepWorld({ db, pool, anthropic, log, settings: options.settings });
  const steps = taskSteps(world);
  const machine = new LocalStateMachine({
    ...narratives,
    steps: options.simulated
      ? Object.fromEntries(Object.entries(steps).map(([name, step]) => [name, checkedSooner(step)]))
      : steps,
    ...(options.onEvent ? { onEvent: options.onEvent } : {}),
  });
  const handler = streamHandler({ ...world, executions: { start: async (name, input) => machine.start(name, input) } });
  const client = new DynamoDBStreamsClient(localAws(dynamo.endpoint));
  const onDeadLetter = (record: { eventID?: string }, why: string) =>
    log.error('dead letter', { record: record.eventID, why });
  const pump = new StreamPump({
    client,
    streamArn,
    ...narratives,
    handler,
    onDeadLetter,
    onRecords: options.onRecords,
  });
  starting.defer(() => client.destroy());
  starting.defer(() => pump.close());
  starting.defer(() => {
    for (const name of machine.names()) machine.abort(name);
  });
  const started = starting.move();
  return {
    world,
    db,
    pool,
    machine,
    pump,
    start: () => pump.start(),
    stop: () => started.disposeAsync().catch((error: Error) => log.warn('stopping', { why: error.message })),
  };
}
