import { flushCompileCache } from 'node:module';
import { LEDGER_DAYS } from '../lambdas/runtime/environment.ts';
import { startStandIn } from '../stand-in/server.ts';
import type { ConversationData } from './conversation.ts';
import { countOf } from './count-of.ts';
import { type EmbeddedOptions, startEmbedded } from './embedded/embedded.ts';
import type { OpenedRun } from './open-run.ts';
import type { LocalEnvironment, Options } from './options.ts';
import { aborted, STOPPED } from './os.ts';
import { Progress } from './progress.ts';
import { type RunContext, reportOn, SIMULATED } from './report.ts';
import { sampleConversation } from './sample.ts';
import { listen, serve } from './serve.ts';
import { deliveredJobs, type StateFolder } from './state-folder.ts';

const STAND_IN_KEY = 'stand-in-key';

/**
 * `npm start`: writes the report of one conversation, and serves it when asked to.
 * @returns the exit code
 * @throws InvalidSetting when an option or a folder cannot be used
 */
export async function run(options: Options, env: LocalEnvironment, opened: OpenedRun): Promise<number> {
  const { folder, out, stopped, postgres, parts } = opened;
  const real = env.ANTHROPIC_API_KEY !== undefined;
  // before money is spent on a report that could not be served
  const api = options.serve === undefined ? undefined : await listen(options.serve);
  if (api) parts.defer(api.close);
  const data = opened.exported ?? sampleConversation();
  const logFile = folder.path('run.log');
  const progress = new Progress(logFile);
  parts.defer(() => progress.close());
  announce(progress, options, data, env);
  progress.say('starting the databases …');
  const anthropic = await connectAnthropic(env, options, folder, parts);
  const embedded = await startEmbedded({
    dbPath: folder.path('dynamodb.sqlite'),
    dynamoPort: options.dynamodbPort,
    dynamoEndpoint: env.DYNAMODB_ENDPOINT,
    postgres,
    anthropic,
    simulated: !real,
    settings: {
      defaultModel: options.model,
      modelAliases: env.MODEL_ALIASES,
      unknownModel: env.UNKNOWN_MODEL,
      claims: options.claims === 'on',
      claimsReadBack: options.claimsReadBack,
      jobBudget: env.JOB_BUDGET_USD,
      dayBudget: env.DAY_BUDGET_USD,
      unpricedModels: env.UNPRICED_MODELS,
      ledgerDays: LEDGER_DAYS,
    },
    log: progress.log,
    onEvent: (execution, event) => {
      progress.onEvent(execution, event);
      // at the end of the run it would take a third of a second; here there is nothing else to do
      if (event.stateType === 'Wait') flushCompileCache();
    },
  });
  parts.defer(embedded.stop);
  const delivered = deliveredJobs(folder);
  const context: RunContext = {
    embedded,
    options,
    data,
    progress,
    real,
    out,
    delivered,
    logFile,
    stopped,
  };
  let code = await Promise.race([aborted(stopped), reportOn(context)]);
  if (api && code === 0) code = await serve(api, context);
  if (code === STOPPED) {
    progress.say('stopped. A batch that was already sent is still being processed: run the same command to resume it');
  }
  return code;
}

function announce(progress: Progress, options: Options, data: ConversationData, env: LocalEnvironment): void {
  const { conversation, comments, participants, derivation = [], warnings = [] } = data;
  const source = options.export ? `export ${options.export}` : 'sample conversation';
  progress.say(`${source}: "${conversation.topic}"`);
  const votes = participants.reduce((sum, { vote_count }) => sum + vote_count, 0);
  const people = countOf(conversation.participant_count, 'participant');
  progress.say(`${countOf(comments.length, 'comment')}, ${people}, ${countOf(votes, 'vote')}`);
  for (const line of warnings) progress.say(`warning: ${line}`);
  if (derivation.length > 0) {
    progress.say('An export does not contain everything that a report needs. The rest is derived:');
    for (const line of derivation) progress.say(`  ${line}`);
  }
  const address = env.ANTHROPIC_BASE_URL ?? 'the Anthropic API';
  progress.say(
    env.ANTHROPIC_API_KEY
      ? `ANTHROPIC_API_KEY is set: the batch goes to ${address} and costs money`
      : `${SIMULATED} Set ANTHROPIC_API_KEY to have a model write the text.`,
  );
}

/** The API that writes the text: the real one with a key, otherwise the stand-in, which is started here. */
async function connectAnthropic(
  env: LocalEnvironment,
  { batchSeconds, lie }: Options,
  folder: StateFolder,
  parts: AsyncDisposableStack,
): Promise<EmbeddedOptions['anthropic']> {
  if (env.ANTHROPIC_API_KEY) return { apiKey: env.ANTHROPIC_API_KEY, baseURL: env.ANTHROPIC_BASE_URL };
  const standIn = await startStandIn({
    apiKey: STAND_IN_KEY,
    stateDir: folder.path('anthropic'),
    processing: { secondsPerBatch: batchSeconds },
    lie: lie && (lie === 'any' ? {} : { kind: lie }),
  });
  parts.defer(() => standIn.close());
  return { apiKey: STAND_IN_KEY, baseURL: standIn.url };
}
