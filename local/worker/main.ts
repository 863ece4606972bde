import { EventEmitter } from 'node:events';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { findingsText } from '../../cli/doctor/findings.ts';
import { LEDGER_DAYS } from '../../lambdas/runtime/environment.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import { anthropicBatches } from '../../lambdas/stores/anthropic.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { jobFinder } from '../../lambdas/stores/jobs.ts';
import { conversationsOf, postgresPool, readOnly } from '../../lambdas/stores/postgres.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { awsCredentials, connectApi } from '../anthropic.ts';
import { type StepWorld, stepWorld } from '../embedded/steps.ts';
import { NARRATIVES } from '../machine/narratives.ts';
import { localApp } from '../page/app.ts';
import { appStores } from '../page/stores.ts';
import { checkWorker } from './checks.ts';
import { fencedAnthropic, fencedDynamo } from './fence.ts';
import { Figures } from './health.ts';
import { serveHealth } from './http.ts';
import { type Lease, REAL_CLOCKS } from './lease.ts';
import { leaseTable } from './lease-table.ts';
import { workerLog } from './log.ts';
import { LOOPBACK, type WorkerSettings } from './options.ts';
import { Worker } from './worker.ts';

export interface WorkerIo {
  out(text: string): void;
  err(text: string): void;
  isTerminal: boolean;
  now(): Date;
  /** aborts when the worker is to stop */
  stopped: AbortSignal;
}

/** A request that has no answer by then has none: the lease must be renewed in time. */
const CONNECT_MS = 3_000;
const ANSWER_MS = 10_000;

const clientOptions = ({ DYNAMODB_ENDPOINT: endpoint, AWS_REGION: region }: WorkerSettings) => ({
  region,
  maxAttempts: 4,
  requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
  ...(endpoint ? { endpoint } : {}),
  // DynamoDB Local takes any credentials, but asks for some
  ...(endpoint && !process.env.AWS_ACCESS_KEY_ID
    ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
    : {}),
});

/**
 * Runs a worker until it is stopped.
 * @param stage of all workers on these tables
 * @param onlyCheck whether it ends after its checks
 * @returns the exit code: 0 when it was stopped, or when all checks passed; 1 when something that it needs is missing
 * @throws InvalidSetting
 */
export async function runWorker(
  settings: WorkerSettings,
  { stage, onlyCheck }: { stage: string; onlyCheck: boolean },
  io: WorkerIo,
): Promise<number> {
  await using parts = new AsyncDisposableStack();
  const log = workerLog(settings.LOG_FORMAT ?? (io.isTerminal ? 'text' : 'json'), (line) => io.out(line), io.now);
  const dynamo = new DynamoDBClient(clientOptions(settings));
  parts.defer(() => dynamo.destroy());
  const streams = new DynamoDBStreamsClient(clientOptions(settings));
  parts.defer(() => streams.destroy());
  const pool = postgresPool(settings.DATABASE_URL, settings.tls);
  parts.defer(() => pool.end());
  const { access, ANTHROPIC_BASE_URL: baseURL } = settings;
  const byKey = 'apiKey' in access;
  const anthropic = await connectApi(
    byKey ? { ...access, baseURL } : { ...access, baseURL, credentials: await awsCredentials() },
  );

  const findings = await checkWorker({
    dynamo,
    endpoint: settings.DYNAMODB_ENDPOINT ?? `AWS in ${settings.AWS_REGION}`,
    pool,
    tls: settings.tls.tls,
    mathEnv: settings.MATH_ENV,
    batches: anthropicBatches(anthropic),
    defaultModel: settings.DEFAULT_MODEL,
    aliases: settings.MODEL_ALIASES,
    access: byKey ? 'key' : 'AWS credentials',
  });
  const failed = findings.some(({ state }) => state === 'FAIL');
  if (failed || onlyCheck) {
    io.err(`${findingsText(failed && !onlyCheck ? findings.filter(({ state }) => state !== 'ok') : findings)}\n`);
    return failed ? 1 : 0;
  }
  for (const { state, what, found, todo } of findings)
    if (state === 'warn') log.warn(`${what}: ${found}`, todo ? { todo } : {});

  const figures = new Figures();
  const changes = new EventEmitter<{ change: [] }>();
  const db = documentClient(dynamo);
  const conversations = conversationsOf(readOnly(pool), settings.MATH_ENV);
  const common = { pool, log, metrics: figures, settings: stepSettings(settings) };
  const world = { ...stepWorld({ ...common, db, anthropic }), conversations };
  const worldFor = (lease: Lease) => {
    const fenced = telling(fencedDynamo(new DynamoDBClient(clientOptions(settings)), lease), changes);
    parts.defer(() => fenced.destroy());
    const clients = { db: documentClient(fenced), anthropic: fencedAnthropic(anthropic, lease) };
    return { ...stepWorld({ ...common, ...clients }), conversations };
  };
  const worker = new Worker({
    dynamo,
    streams,
    world,
    worldFor,
    finder: jobFinder(db, TABLE_NAMES.jobs),
    leases: leaseTable(db, TABLE_NAMES.ledger, LEDGER_DAYS),
    clocks: REAL_CLOCKS,
    narratives: NARRATIVES,
    stage,
    turnStreamOn: settings.JOB_STREAM === 'on',
    sweepMinutes: settings.SWEEP_MINUTES,
    log,
  });
  // whoever reaches the page may start and cancel jobs
  const page = LOOPBACK.test(settings.HTTP_HOST) ? pageOf({ db, world, stage, changes }) : undefined;
  const http = await serveHealth({ ...served(worker, figures, stage), page }, settings.HTTP_HOST, settings.HTTP_PORT);
  parts.defer(http.close);
  await worker.start();
  worker.run();
  sayReady(log, worker, { stage, http: http.url, page: page !== undefined });
  await new Promise((resolve) => {
    if (io.stopped.aborted) resolve(undefined);
    io.stopped.addEventListener('abort', resolve, { once: true });
  });
  const open = worker.executions.names().length;
  log.info('stopping', { jobs_under_way: open });
  await worker.stop();
  log.info('stopped', {
    jobs_under_way: open,
    ...(open > 0 ? { note: 'they continue where another worker runs, or when this one is started again' } : {}),
  });
  return 0;
}

/** Lets open pages hear of what a client writes. */
function telling(client: DynamoDBClient, changes: EventEmitter<{ change: [] }>): DynamoDBClient {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args);
        if (!/^(Get|BatchGet|Query|Scan)/.test(commandName ?? '')) changes.emit('change');
        return answer;
      },
    { step: 'initialize', name: 'changes' },
  );
  return client;
}

/** The page of jobs. What it starts is seen like what the Polis server puts. */
const pageOf = (parts: {
  db: ReturnType<typeof documentClient>;
  world: StepWorld;
  stage: string;
  changes: EventEmitter<{ change: [] }>;
}) =>
  localApp({
    ...appStores(parts.db, parts.world, false),
    stage: parts.stage,
    // the key is the worker's, and budgets hold here too
    maySpend: true,
    busy: () => undefined,
    onJob: () => undefined,
    loaded: [],
    changes: parts.changes,
  });

const stepSettings = (settings: WorkerSettings) => ({
  defaultModel: settings.DEFAULT_MODEL,
  modelAliases: settings.MODEL_ALIASES,
  unknownModel: settings.UNKNOWN_MODEL,
  jobBudget: settings.JOB_BUDGET_USD,
  dayBudget: settings.DAY_BUDGET_USD,
  unpricedModels: settings.UNPRICED_MODELS,
  claims: settings.CLAIMS === 'on',
  claimsReadBack: settings.CLAIMS_READ_BACK === 'true',
  ledgerDays: LEDGER_DAYS,
});

function sayReady(
  log: Log,
  worker: Worker,
  { stage, http, page }: { stage: string; http: string; page: boolean },
): void {
  log.info('worker is ready', {
    worker: worker.id,
    stage,
    new_jobs_are_seen: worker.stream.seen,
    jobs_under_way: worker.executions.names().length,
    ...(page ? { page: `${http}/` } : {}),
    health: `${http}/healthz`,
    metrics: `${http}/metrics`,
    seconds: Number(performance.now().toFixed(0)) / 1000,
  });
}

const served = (worker: Worker, figures: Figures, stage: string) => ({
  health() {
    const troubles = worker.health.troubles();
    // a sweep that fails once is tried again; without the others nothing moves
    const ok = worker.holdsLease && !troubles.lease && !troubles.look && !troubles.tables;
    const { seen } = worker.stream;
    return {
      ok,
      worker: worker.id,
      stage,
      jobs_under_way: worker.executions.names().length,
      new_jobs_are_seen: seen,
      troubles,
    };
  },
  metrics: () =>
    figures.text({
      worker_up: 1,
      lease_held: worker.holdsLease ? 1 : 0,
      jobs_under_way: worker.executions.names().length,
      stream_in_use: worker.stream.seen === 'by stream' ? 1 : 0,
      process_resident_bytes: process.memoryUsage.rss(),
      process_cpu_seconds: Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1000) / 1000,
    }),
});
