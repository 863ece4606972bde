import Anthropic from '@anthropic-ai/sdk';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { streamHandler } from '../../lambdas/handlers/dispatch.ts';
import { serverJob } from '../../lambdas/job/put.ts';
import { sectionsOf } from '../../lambdas/job/sections.ts';
import type { DaySpending } from '../../lambdas/money/day.ts';
import type { Plan, Prompt, Section } from '../../lambdas/shared/ledger-rows.ts';
import { answerKey, customId, executionName, turnKey } from '../../lambdas/shared/names.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import type { ExecutionStatus } from '../../lambdas/stores/executions.ts';
import { jobFinder } from '../../lambdas/stores/jobs.ts';
import { postgresPool } from '../../lambdas/stores/postgres.ts';
import { storedReports } from '../../lambdas/stores/reports.ts';
import { executionChanged } from '../../lambdas/watchdog/execution-changed.ts';
import { type SweepResult, sweep } from '../../lambdas/watchdog/sweep.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { ConversationData } from '../../local/conversation.ts';
import { createTables, localAws, startDynamo } from '../../local/embedded/dynamodb.ts';
import { loadPostgres, loadTopics, topicTableInputs } from '../../local/embedded/polis.ts';
import { startPostgres } from '../../local/embedded/postgres.ts';
import { type StepWorld, stepWorld, taskSteps } from '../../local/embedded/steps.ts';
import { type MachineEvent, statesEntered } from '../../local/machine/execution.ts';
import { LocalStateMachine } from '../../local/machine/local-machine.ts';
import { NARRATIVES } from '../../local/machine/narratives.ts';
import { StreamPump } from '../../local/machine/stream-pump.ts';
import { sampleConversation } from '../../local/sample.ts';
import type { ProcessingOptions } from '../../stand-in/batches.ts';
import { DEFAULT_MODELS } from '../../stand-in/models.ts';
import { startStandIn } from '../../stand-in/server.ts';
import { allRows, emptyTable, rowText } from './readers.ts';

export const MODEL = 'claude-sonnet-5-5';
/** A model that the API knows and the price list does not. */
export const UNPRICED = 'narrator-9';
const narratives = NARRATIVES;

const USUAL_SETTINGS = {
  jobBudget: undefined,
  dayBudget: undefined,
  unpricedModels: [],
  modelAliases: new Map<string, string>(),
  unknownModel: 'use default' as const,
  claims: true,
  claimsReadBack: false,
};
const PROCESSING: ProcessingOptions = { secondsPerBatch: 30, secondsToCancel: 0, finishedShare: 0 };

type NewJob = { model?: string; no_cache?: boolean; max_batch_size?: number };
export type Job = Record<string, unknown> & { job_id: string };

/** The name and the input of the execution that the first version of a job's row starts. */
export const firstName = ({ job_id }: Job): string => executionName(job_id, 1);
export const inputOf = (job: Job) => ({
  job_id: job.job_id,
  job_type: job.job_type,
  version: 1,
  execution: firstName(job),
});

/** Lines the steps logged. */
export interface Logged {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/**
 * The whole system for tests: the template's state machine and stream filters, the real steps and clients, a real
 * DynamoDB with Streams, PostgreSQL, the Anthropic stand-in, and the watchdog, which acts when a test says so. Time is
 * virtual: a Wait state only moves the clock.
 */
export async function startWorld({
  apiKey = 'key',
  databasePassword = 'password',
  models = [...DEFAULT_MODELS, UNPRICED],
  /** 0..1, of the pauses before a step is tried again */
  retryScale = 0,
} = {}) {
  const dynamo = await startDynamo({});
  const postgres = await startPostgres({});
  let clock = Date.parse('2026-11-22T12:00:00Z');
  const processing: ProcessingOptions = { ...PROCESSING };
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
  const settings: StepWorld['settings'] = { defaultModel: MODEL, ledgerDays: 30, ...USUAL_SETTINGS };
  const anthropic = new Anthropic({ apiKey, baseURL: standIn.url });
  const deps: StepWorld = stepWorld({ db, pool, anthropic, log, settings, now: () => new Date(clock) });
  const waits: number[] = [];
  /** How a test slows the machine down, and listens to it. */
  const pace: { waitScale: number; onEvent?: (execution: string, event: MachineEvent) => void } = { waitScale: 0 };
  let machine = newMachine();
  const streams = new DynamoDBStreamsClient(localAws(dynamo.endpoint));
  const executions = {
    start: async (name: string, input: unknown) => machine.start(name, input),
    status: async (name: string): Promise<ExecutionStatus> => machine.status(name)?.status ?? 'unknown',
  };
  const figures: Record<string, number> = {};
  const metrics = {
    add(name: string, value: number) {
      figures[name] = value;
    },
  };
  const finder = jobFinder(db, TABLE_NAMES.jobs);
  const deadLetters: string[] = [];
  const handler = streamHandler({ ...deps, executions });
  const onDeadLetter = (_record: unknown, why: string) => void deadLetters.push(why);
  const pump = new StreamPump({ client: streams, streamArn, ...narratives, handler, onDeadLetter, pollMs: 1 });
  const data = sampleConversation();
  await loadPostgres(pool, data);
  await loadTopics(db, data);
  let jobs = 0;
  let batchesBefore = 0;

  function newMachine(): LocalStateMachine {
    return new LocalStateMachine({
      ...narratives,
      steps: taskSteps(deps),
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
    /** address of the DynamoDB */
    endpoint: dynamo.endpoint,
    pool,
    /** what every step is given; a test may put something else in its place */
    deps,
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
    today: () => new Date(clock).toISOString().slice(0, 10),
    /** What a test changed for itself is as at first again; batches are counted from here on. */
    async calm() {
      standIn.script.clear();
      Object.assign(settings, USUAL_SETTINGS);
      Object.assign(processing, PROCESSING);
      Object.assign(pace, { waitScale: 0, onEvent: undefined });
      batchesBefore = standIn.batches().length;
      // a job that a test has left halfway would keep it
      await db.send(new DeleteCommand({ TableName: TABLE_NAMES.ledger, Key: turnKey(data.report.report_id) }));
    },

    /** Forgets every job, report and answer: each run reads the rows of all runs before it. */
    async emptyTables() {
      for (const { TableName = '', KeySchema = [] } of NARRATIVES.tables)
        await emptyTable(
          db,
          TableName,
          KeySchema.map(({ AttributeName = '' }) => AttributeName),
        );
    },

    /** A job row as the server writes it, of the sample's conversation; every section is bought again. */
    jobRow(changes: Record<string, unknown> = {}): Job {
      return { ...newRow({ no_cache: true }), ...changes };
    },
    /** A row of a job that uses known answers, by default; each is of a later second than the one before. */
    reusingRow(change: NewJob = {}): Job {
      clock += 1000;
      return newRow(change);
    },
    /** The job_config of such a row, with changes. */
    configured(changes: Record<string, unknown>) {
      const config = JSON.parse(String(newRow({ no_cache: true }).job_config));
      Object.assign(config.stages[0].config, changes);
      return { job_config: JSON.stringify(config) };
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
    /** Puts a job row and runs it to its end; `bought` are the sizes of the batches that were sent by then. */
    async runRow(row: Job) {
      const before = standIn.batches().length;
      await this.putJob(row);
      await this.settle();
      const bought = standIn
        .batches()
        .slice(before)
        .map(({ requests }) => requests.length);
      return { ...(await this.ended(row.job_id)), bought };
    },
    run(changes: Record<string, unknown> = {}) {
      return this.runRow(this.jobRow(changes));
    },
    runReusing(change: NewJob = {}) {
      return this.runRow(this.reusingRow(change));
    },
    /** Puts the row of a job that has ended back to PENDING, as a person does, and runs it to its end. */
    async putBack(job: Job) {
      const row = await this.rowOf(job);
      await this.putJob({ ...row, status: 'PENDING', worker_id: 'none', version: Number(row.version) + 1 });
      await this.settle();
    },

    /** Sets a job CANCELLED, from whatever it is, as somebody who changes nothing else. */
    async setCancelled(job: Job) {
      let changed = '';
      // a step may change the row at the same moment
      while (changed !== 'changed') {
        const { status, version } = await this.rowOf(job);
        changed = await deps.jobs.change(job.job_id, { status: String(status), version }, { status: 'CANCELLED' });
      }
    },
    /** Stops the first execution of a job. */
    stop: (job: Job) => machine.abort(firstName(job)),
    /** Stops it when it comes to a Wait state. */
    stopAtWait(job: Job, state: string) {
      pace.waitScale = 1;
      pace.onEvent = (name, event) => {
        if (name === firstName(job) && event.type === 'StateEntered' && event.state === state) this.stop(job);
      };
    },
    /** A new job, and its execution stopped as arranged. */
    async stoppedJob(arrange: (job: Job) => void): Promise<Job> {
      const job = this.jobRow();
      arrange(job);
      await this.putJob(job);
      await this.settle();
      const status = machine.status(firstName(job))?.status;
      if (status !== 'ABORTED') throw new Error(`the execution was not stopped: it is ${status}`);
      Object.assign(pace, { waitScale: 0, onEvent: undefined });
      return job;
    },
    /** Sweeps now; what it says of the jobs is in `figures`. */
    sweep: (changes: { stage?: string; remainingMs?: () => number } = {}): Promise<SweepResult> =>
      sweep({ ...deps, finder, executions, metrics, ...changes }),
    figures,
    /** As EventBridge reports an execution of a job. */
    hear({ job_id, job_type }: { job_id: string; job_type?: unknown }, status: string, redriveCount = 0, version = 1) {
      const name = executionName(job_id, version);
      const input = JSON.stringify({ job_id, job_type, version, execution: name });
      return executionChanged(deps, { detail: { name, status, input, redriveCount } });
    },

    rowOf: async ({ job_id }: { job_id: string }) => (await deps.jobs.get(job_id)) ?? {},
    async awaitingRows({ job_id }: Job) {
      return (await this.all(TABLE_NAMES.jobs)).filter((row) => row.batch_job_id === job_id);
    },
    async ended(jobId: string) {
      const row = await this.rowOf({ job_id: jobId });
      const [results, details] = [row.job_results, row.job_details].map((text) => JSON.parse(String(text ?? '{}')));
      const name = `${jobId}-v${machine.names().filter((each) => each.startsWith(jobId)).length || 1}`;
      const states = statesEntered(machine.history(name));
      return { job_id: jobId, row, results: { ...results, ...details }, states, reports: await this.reports(jobId) };
    },
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
    async ledgerRows(jobId: string, prefix: string) {
      const rows = await this.all(TABLE_NAMES.ledger);
      return rows.filter((row) => row.job_id === jobId && String(row.entry).startsWith(prefix));
    },
    async spendRow(jobId: string, round = 1) {
      return (await this.ledgerRows(jobId, `spend#${round}`))[0];
    },
    /** The money of a day; undefined: today. */
    async spent(day?: string): Promise<DaySpending> {
      return (await deps.spending.days([day ?? this.today()]))[0] as DaySpending;
    },
    /** Sections that were asked for in a round, with what is asked. */
    async asked(jobId: string, round: number) {
      const plan = (await deps.ledger.plan(jobId)) as Plan;
      const [requests, { all }] = await Promise.all([deps.ledger.round(jobId, round), sectionsOf(deps.ledger, plan)]);
      const ordinals = (requests ?? []).map(({ ordinal }) => ordinal);
      const prompts = await deps.ledger.prompts(jobId, ordinals);
      return (requests ?? []).map((request) => ({
        ...(all.get(request.ordinal) as Section),
        ...(prompts.get(request.ordinal) as Prompt),
        ...request,
        custom_id: customId(jobId, round, request.ordinal),
      }));
    },
    /** The batches that the API has received in this test. */
    sent: () => standIn.batches().slice(batchesBefore),

    /** Lets the ledger forget the known answers of some sections. */
    async forgetAnswers(sections: readonly Pick<Section, 'prompt_hash'>[]) {
      for (const { prompt_hash = '' } of sections)
        await db.send(new DeleteCommand({ TableName: TABLE_NAMES.ledger, Key: answerKey(prompt_hash) }));
    },
    /** The sections of a job, in order of ordinal. */
    async sections(jobId: string): Promise<Section[]> {
      const plan = (await deps.ledger.plan(jobId)) as Plan;
      return [...(await sectionsOf(deps.ledger, plan)).all.values()];
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

  function newRow(change: NewJob) {
    const suffix = (jobs++).toString(16).padStart(8, '0');
    const { report, conversation } = data;
    const job = { report_id: report.report_id, conversation_id: String(conversation.zid), model: MODEL, ...change };
    return serverJob(job, new Date(clock), suffix);
  }
}

export type World = Awaited<ReturnType<typeof startWorld>>;
