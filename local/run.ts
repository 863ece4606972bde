import { LEDGER_DAYS } from '../lambdas/runtime/ledger-days.ts';
import { startStandIn } from '../stand-in/server.ts';
import type { ConversationData } from './conversation.ts';
import { startEmbedded } from './embedded/embedded.ts';
import { describeDerivation, readExport } from './export/read-export.ts';
import type { LocalEnvironment, Options } from './options.ts';
import { Progress } from './progress.ts';
import { type Errand, reportOn, SIMULATED } from './report-on.ts';
import { sampleConversation } from './sample.ts';
import { listen, serve } from './serve.ts';
import { deliveredJobs, openReportFolder, openStateFolder, type StateFolder } from './state-folder.ts';

/** Long enough to see the batch being waited for. */
const SIMULATED_BATCH_SECONDS = 4;
const STAND_IN_KEY = 'stand-in-key';

type Closing = (() => Promise<unknown>)[];

/**
 * The main job on embedded parts: one conversation in, one report out.
 * @returns the exit code
 */
export async function run(options: Options, env: LocalEnvironment): Promise<number> {
  const real = env.ANTHROPIC_API_KEY !== undefined;
  const data = options.export ? await readExport(options.export) : sampleConversation();
  const folder = openStateFolder(options.state, real ? 'real' : 'simulated');
  const closing: Closing = [async () => folder.release()];
  const stop = stopSignal();
  try {
    const out = openReportFolder(options.out ?? folder.path('reports'));
    // before anything is spent on a report that could not be served
    const api = options.serve === undefined ? undefined : await listen(options.serve);
    if (api) closing.push(() => api.close());
    const progress = new Progress(folder.path('run.log'));
    closing.push(async () => progress.close());
    announce(progress, options, data, env);
    const embedded = await startParts(options, env, folder, progress, closing);
    const errand: Errand = {
      embedded,
      options,
      data,
      progress,
      real,
      out,
      delivered: deliveredJobs(folder),
      logFile: folder.path('run.log'),
      stopped: stop.signal,
    };
    const end = await Promise.race([given(stop.signal), reportOn(errand)]);
    if (end === 'stopped') return tellStopped(progress);
    if (!api || end !== 0) return end;
    return (await serve(api, errand)) === STOPPED ? tellStopped(progress) : 0;
  } finally {
    for (const close of closing.reverse()) await close();
    stop.release();
  }
}

function announce(progress: Progress, options: Options, data: ConversationData, env: LocalEnvironment): void {
  const { conversation, comments, votes } = data;
  const what = options.export ? `export ${options.export}` : 'sample conversation';
  progress.say(`${what}: "${conversation.topic}"`);
  progress.say(
    `${comments.length} comments, ${conversation.participant_count} participants, ${votes.length.toLocaleString('en')} votes`,
  );
  if (options.export) {
    progress.say('an export does not hold all that a report needs; the rest is derived:');
    for (const line of describeDerivation()) progress.say(`  ${line}`);
  }
  const where = env.ANTHROPIC_BASE_URL ?? 'the real Anthropic API';
  progress.say(
    env.ANTHROPIC_API_KEY
      ? `ANTHROPIC_API_KEY is set: the batch goes to ${where} and has to be paid for`
      : `${SIMULATED} Set ANTHROPIC_API_KEY to have a model write it.`,
  );
}

/** Starts the databases, the state machine and, without a key, the stand-in; what was started is closed in reverse. */
async function startParts(
  options: Options,
  env: LocalEnvironment,
  folder: StateFolder,
  progress: Progress,
  closing: Closing,
) {
  const anthropic = await connectAnthropic(env, folder, closing);
  const embedded = await startEmbedded({
    dbPath: folder.path('dynamodb.sqlite'),
    postgresDir: folder.path('postgres'),
    dynamoPort: options.dynamodbPort,
    postgresPort: options.postgresPort,
    dynamoEndpoint: env.DYNAMODB_ENDPOINT,
    anthropic,
    settings: {
      defaultModel: options.model,
      jobBudget: env.JOB_BUDGET_USD,
      dayBudget: env.DAY_BUDGET_USD,
      unpricedModels: env.UNPRICED_MODELS,
      ledgerDays: LEDGER_DAYS,
    },
    log: progress.log,
    onEvent: progress.onEvent,
  });
  closing.push(() => embedded.stop());
  return embedded;
}

async function connectAnthropic(env: LocalEnvironment, folder: StateFolder, closing: Closing) {
  if (env.ANTHROPIC_API_KEY) return { apiKey: env.ANTHROPIC_API_KEY, baseURL: env.ANTHROPIC_BASE_URL };
  const standIn = await startStandIn({
    apiKey: STAND_IN_KEY,
    stateDir: folder.path('anthropic'),
    processing: { secondsPerBatch: SIMULATED_BATCH_SECONDS },
  });
  closing.push(() => standIn.close());
  return { apiKey: STAND_IN_KEY, baseURL: standIn.url };
}

function tellStopped(progress: Progress): number {
  progress.say('stopped; a batch that was sent goes on without us. The same command goes on with it');
  return STOPPED;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes a Ctrl-C on that the terminal has sent us already: only a later one means "now". */
const SAME_KEYPRESS_MS = 1_000;

/** Exit code of a run that was stopped, as shells have it for Ctrl-C. */
export const STOPPED = 130;

/**
 * Turns Ctrl-C, a termination and a closed terminal into an abort, so that databases are closed in order. A second
 * Ctrl-C, a second or more later, ends the process at once.
 */
export function stopSignal(): { signal: AbortSignal; release(): void } {
  const stopped = new AbortController();
  let since = 0;
  const onSignal = () => {
    if (stopped.signal.aborted && Date.now() - since > SAME_KEYPRESS_MS) process.exit(STOPPED);
    if (!stopped.signal.aborted) since = Date.now();
    stopped.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: stopped.signal,
    release() {
      for (const name of SIGNALS) process.removeListener(name, onSignal);
    },
  };
}

/** Resolves once the signal has been given, also when that was before the call. */
export const given = (signal: AbortSignal): Promise<'stopped'> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve('stopped');
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
