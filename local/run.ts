import { flushCompileCache } from 'node:module';
import { LEDGER_DAYS } from '../lambdas/runtime/environment.ts';
import { startStandIn } from '../stand-in/server.ts';
import { awsCredentials } from './anthropic.ts';
import type { ConversationData } from './conversation.ts';
import { countOf } from './count-of.ts';
import { type EmbeddedOptions, startEmbedded } from './embedded/embedded.ts';
import type { OpenedRun } from './open-run.ts';
import { apiKindOf, type LocalEnvironment, type Options } from './options.ts';
import { Progress } from './progress.ts';
import { type RunContext, reportOn, SIMULATED } from './report.ts';
import { sampleConversation } from './sample.ts';
import { listen, newChanges, serveRun } from './serve.ts';
import { deliveredJobs, type StateFolder } from './state-folder.ts';

const STAND_IN_KEY = 'stand-in-key';

/**
 * `npm start`: writes the report of one conversation, and serves it when asked to.
 * @returns the exit code
 * @throws InvalidSetting when an option or a folder cannot be used
 */
export async function run(options: Options, env: LocalEnvironment, opened: OpenedRun): Promise<number> {
  const { folder, out, stopped, postgres, parts, tell, ask } = opened;
  const real = apiKindOf(env) !== 'simulated';
  // before money is spent on a report that could not be served
  const server = options.serve === undefined ? undefined : await listen(options.serve);
  if (server) parts.defer(server.close);
  const data = opened.exported ?? sampleConversation();
  const logFile = folder.path('run.log');
  const progress = new Progress(logFile, tell);
  announce(progress, options, data, env);
  progress.say('starting the databases …');
  progress.doing('starting the databases');
  const anthropic = await connectAnthropic(env, options, folder, parts);
  const changes = newChanges();
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
    onProcess: (pid, running) => tell({ kind: 'process', pid, running }),
    onRecords: () => changes.emit('change'),
    onEvent: (execution, event) => {
      progress.onEvent(execution, event);
      changes.emit('change');
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
    ask,
  };
  const served = server && serveRun(server, context, changes);
  let code = await reportOn(context);
  if (served && code === 0) code = await served.untilStopped();
  progress.rest();
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
  progress.say(whoWrites(env));
}

function whoWrites(env: LocalEnvironment): string {
  const kind = apiKindOf(env);
  if (kind === 'simulated') return `${SIMULATED} Set ANTHROPIC_API_KEY to have a model write the text.`;
  const [why, usual] =
    kind === 'real'
      ? ['ANTHROPIC_API_KEY is set', 'the Anthropic API']
      : ['ANTHROPIC_PROVIDER is aws', `workspace ${env.ANTHROPIC_AWS_WORKSPACE_ID} of Claude Platform on AWS`];
  return `${why}: the batch goes to ${env.ANTHROPIC_BASE_URL ?? usual} and costs money`;
}

/** The API that writes the text: the real one with a key or by AWS credentials, otherwise the stand-in, which is started here. */
async function connectAnthropic(
  env: LocalEnvironment,
  { batchSeconds, lie }: Options,
  folder: StateFolder,
  parts: AsyncDisposableStack,
): Promise<EmbeddedOptions['anthropic']> {
  const { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: baseURL, ANTHROPIC_AWS_WORKSPACE_ID: workspaceId } = env;
  if (apiKey) return { apiKey, baseURL };
  if (env.ANTHROPIC_PROVIDER === 'aws')
    return {
      workspaceId: workspaceId ?? '',
      region: env.AWS_REGION ?? '',
      baseURL,
      credentials: await awsCredentials(),
    };
  const standIn = await startStandIn({
    apiKey: STAND_IN_KEY,
    stateDir: folder.path('anthropic'),
    processing: { secondsPerBatch: batchSeconds },
    lie: lie && (lie === 'any' ? {} : { kind: lie }),
  });
  parts.defer(() => standIn.close());
  return { apiKey: STAND_IN_KEY, baseURL: standIn.url };
}
