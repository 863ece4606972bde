import Anthropic from '@anthropic-ai/sdk';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { streamHandler } from '../../lambdas/handlers/dispatch.ts';
import { serverJob } from '../../lambdas/job/new-row.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { postgresPool } from '../../lambdas/stores/postgres.ts';
import { storedReports } from '../../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { ConversationData } from '../../local/conversation.ts';
import { createTables, localAws, startDynamo } from '../../local/embedded/dynamodb.ts';
import { loadPostgres, loadTopics, topicTableInputs } from '../../local/embedded/polis.ts';
import { startPostgres } from '../../local/embedded/postgres.ts';
import { type StepWorld, stepWorld, taskSteps } from '../../local/embedded/steps.ts';
import { type MachineEvent, statesEntered } from '../../local/machine/execution.ts';
import { LocalStateMachine } from '../../local/machine/local-machine.ts';
import { StreamPump } from '../../local/machine/stream-pump.ts';
import { synthNarratives } from '../../local/machine/template.ts';
import { sampleConversation } from '../../local/sample.ts';
import type { ProcessingOptions } from '../../stand-in/batches.ts';
import { DEFAULT_MODELS } from '../../stand-in/models.ts';
import { startStandIn } from '../../stand-in/server.ts';
import { allRows, rowText } from './table-rows.ts';

export const MODEL = 'claude-sonnet-5-5';
const narratives = synthNarratives();

/** Lines the steps logged. */
export interface Logged {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/**
 * The whole system for tests: the template's state machine and stream filters, the real steps and clients, a real
 * DynamoDB with Streams, PostgreSQL, and the Anthropic stand-in. Time is virtual: a Wait state only moves the clock.
 */
export async function startWorld({
  apiKey = 'key',
  databasePassword = 'password',
  models = [...DEFAULT_MODELS],
  /** 0..1, of the pauses before a step is tried again */
  retryScale = 0,
} = {}) {
  const dynamo = await startDynamo({});
  const postgres = await startPostgres({});
  let clock = Date.parse('2026-11-22T12:00:00Z');
  const processing: ProcessingOptions = { secondsPerBatch: 30 };
  const standIn = await startStandIn({ apiKey, clock: () => clock, models, processing });
  const pool = postgresPool(postgres.url.replace('postgres@', `postgres:${databasePassword}@`));
  const streamArn = await createTables(dynamo.client, [...narratives.tables, ...topicTableInputs]);
  const db = documentClient(dynamo.client);
  const logged: Logged[] = [];
  const note =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) =>
      void logged.push({ level, message, fields });
  const log = { info: note('info'), warn: note('warn'), error: note('error') };
  const settings: StepWorld['settings'] = {
    defaultModel: MODEL,
    jobBudget: undefined,
    dayBudget: undefined,
    unpricedModels: [],
    ledgerDays: 30,
  };
  const anthropic = new Anthropic({ apiKey, baseURL: standIn.url });
  const world: StepWorld = stepWorld({ db, pool, anthropic, log, settings, now: () => new Date(clock) });
  const waits: number[] = [];
  /** How a test slows the machine down, and listens to it. */
  const pace: { waitScale: number; onEvent?: (execution: string, event: MachineEvent) => void } = { waitScale: 0 };
  let machine = newMachine();
  const streams = new DynamoDBStreamsClient(localAws(dynamo.endpoint));
  const deadLetters: string[] = [];
  const handler = streamHandler({ ...world, executions: { start: async (name, input) => machine.start(name, input) } });
  const onDeadLetter = (_record: unknown, why: string) => void deadLetters.push(why);
  const pump = new StreamPump({ client: streams, streamArn, ...narratives, handler, onDeadLetter, pollMs: 1 });
  const data = sampleConversation();
  await loadPostgres(pool, data);
  await loadTopics(db, data);
  let jobs = 0;

  function newMachine(): LocalStateMachine {
    return new LocalStateMachine({
      ...narratives,
      steps: taskSteps(world),
      get waitScale() {
        return pace.waitScale;
      },
      retryScale,
      onEvent: (execution, event) => {
        pace.onEvent?.(execution, event);
        if (event.type !== 'StateEntered' || event.stateType !== 'Wait') return;
        const seconds = (event.input as { wait_seconds: number }).wait_seconds;
        waits.push(seconds);
        clock += seconds * 1000;
      },
    });
  }

  return {
    data,
    db,
    pool,
    world,
    settings,
    standIn,
    /** how long batches take, and what of them is finished when they are cancelled */
    processing,
    logged,
    deadLetters,
    waits,
    pace,
    pump,
    machine: () => machine,
    /** As if the machine's process was lost: executions are forgotten, rows stay. */
    forgetExecutions() {
      machine = newMachine();
    },
    passTime(seconds: number) {
      clock += seconds * 1000;
    },
    now: () => clock,
    /** A job row as the server writes it, of the sample's conversation; every section is to be bought anew. */
    jobRow(changes: Record<string, unknown> = {}): Record<string, unknown> & { job_id: string } {
      const suffix = (jobs++).toString(16).padStart(8, '0');
      const { report, conversation } = data;
      return {
        ...serverJob(
          { report_id: report.report_id, conversation_id: String(conversation.zid), model: MODEL, no_cache: true },
          new Date(clock),
          suffix,
        ),
        ...changes,
      };
    },
    async putJob(row: Record<string, unknown>) {
      await db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item: row }));
    },
    /** Delivers the stream and runs every execution to its end. */
    async settle() {
      do await machine.idle();
      while ((await pump.poll()) > 0);
      await machine.idle();
    },
    /** Puts a job row and runs it to its end. */
    async run(changes: Record<string, unknown> = {}) {
      const row = this.jobRow(changes);
      await this.putJob(row);
      await this.settle();
      return this.ended(row.job_id);
    },
    async ended(jobId: string) {
      const row = (await world.jobs.get(jobId)) ?? {};
      const results = row.job_results ? JSON.parse(String(row.job_results)) : {};
      const name = `${jobId}-v${this.startVersion(jobId)}`;
      return {
        job_id: jobId,
        row,
        results,
        states: statesEntered(machine.history(name)),
        reports: await this.reports(jobId),
      };
    },
    startVersion: (jobId: string) => machine.names().filter((name) => name.startsWith(jobId)).length || 1,
    async reports(jobId: string) {
      const rows = await storedReports(db, TABLE_NAMES.reports, data.report.report_id);
      return rows.filter((row) => row.job_id === jobId);
    },
    all: (table: string) => allRows(db, table),
    /** Every row of one job in the reports table and the ledger, in a stable order. */
    async rowsOf(jobId: string) {
      const [ledger, reports] = await Promise.all([this.all(TABLE_NAMES.ledger), this.all(TABLE_NAMES.reports)]);
      const text = (rows: Record<string, unknown>[]) =>
        rows
          .filter((row) => row.job_id === jobId)
          .map(rowText)
          .sort();
      return { ledger: text(ledger), reports: text(reports) };
    },
    async withData(changes: Partial<ConversationData>, work: () => Promise<void>) {
      await loadPostgres(pool, { ...data, ...changes });
      try {
        await work();
      } finally {
        await loadPostgres(pool, data);
      }
    },
    async close() {
      await pump.close();
      streams.destroy();
      await pool.end();
      await standIn.close();
      await postgres.stop();
      await dynamo.stop();
    },
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;
