import { z } from 'zod';
import { jsonOrUndefined } from '../../lambdas/domain/parse.ts';
import { LEDGER_DAYS } from '../../lambdas/runtime/ledger-days.ts';
import { loadPostgres } from '../conversation/load-postgres.ts';
import { loadTopics } from '../conversation/load-topics.ts';
import type { ConversationData } from '../conversation/conversation-data.ts';
import { startStandIn } from '../anthropic-stand-in/server.ts';
import { type Embedded, startEmbedded } from '../embedded/embedded.ts';
import { describeDerivation } from '../export/describe-derivation.ts';
import { readExport } from '../export/read-export.ts';
import { writeReport } from '../output/write-report.ts';
import { sampleConversation } from '../sample/index.ts';
import { mayISpend, priceLine } from './ask.ts';
import { endOfJob, estimateJob, jobFor, putJob, resumeJob, unfinishedJobs } from './jobs.ts';
import type { LocalEnvironment, Options } from './options.ts';
import { Progress } from './progress.ts';
import { openStateFolder, type StateFolder } from './state-folder.ts';

const SIMULATED = 'SIMULATED: this text was written by a stand-in from the vote tallies. No model was asked, and nothing was paid.';
/** Long enough to see the batch being waited for. */
const SIMULATED_BATCH_SECONDS = 4;
const STAND_IN_KEY = 'stand-in-key';

/**
 * The main job on embedded parts: one conversation in, one report out.
 * @returns the exit code
 */
export async function run(options: Options, env: LocalEnvironment): Promise<number> {
  const real = env.ANTHROPIC_API_KEY !== undefined;
  const data = options.export ? await readExport(options.export) : sampleConversation();
  const folder = openStateFolder(options.state, real ? 'real' : 'simulated');
  const progress = new Progress(folder.path('run.log'));
  const closing: (() => Promise<unknown>)[] = [async () => folder.release()];
  const stopped = new AbortController();
  const onInterrupt = () => stopped.abort();
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt);
  try {
    announce(progress, options, data, real);
    const anthropic = await connectAnthropic(env, folder, closing);
    const embedded = await startEmbedded({
      dbPath: folder.path('dynamodb.sqlite'),
      postgresDir: folder.path('postgres'),
      dynamoPort: options.dynamodbPort,
      postgresPort: options.postgresPort,
      dynamoEndpoint: env.DYNAMODB_ENDPOINT,
      anthropic,
      settings: { defaultModel: options.model, jobBudgetUsd: env.JOB_BUDGET_USD, ledgerDays: LEDGER_DAYS },
      log: progress.log,
      onEvent: progress.onEvent,
    });
    closing.push(() => embedded.stop());
    const work = reportOn(embedded, options, data, progress, real, stopped.signal);
    return await Promise.race([work, interrupted(stopped.signal)]).then((end) => (end === 'interrupted' ? tellStopped(progress) : end));
  } finally {
    process.removeListener('SIGINT', onInterrupt).removeListener('SIGTERM', onInterrupt);
    for (const close of closing.reverse()) await close();
  }
}

function announce(progress: Progress, options: Options, data: ConversationData, real: boolean): void {
  const { conversation, comments, votes } = data;
  progress.say(`${options.export ? `export ${options.export}` : 'sample conversation'}: "${conversation.topic}"`);
  progress.say(`${comments.length} comments, ${conversation.participant_count} participants, ${votes.length.toLocaleString('en')} votes`);
  for (const line of options.export ? describeDerivation() : []) progress.say(line);
  progress.say(real ? 'ANTHROPIC_API_KEY is set: the real Anthropic API is used' : SIMULATED);
}

async function connectAnthropic(env: LocalEnvironment, folder: StateFolder, closing: (() => Promise<unknown>)[]) {
  if (env.ANTHROPIC_API_KEY) return { apiKey: env.ANTHROPIC_API_KEY, baseURL: env.ANTHROPIC_BASE_URL };
  const standIn = await startStandIn({
    apiKey: STAND_IN_KEY,
    stateDir: folder.path('anthropic'),
    processing: { secondsPerBatch: SIMULATED_BATCH_SECONDS },
  });
  closing.push(() => standIn.close());
  return { apiKey: STAND_IN_KEY, baseURL: standIn.url };
}

async function reportOn(embedded: Embedded, options: Options, data: ConversationData, progress: Progress, real: boolean, stopped: AbortSignal): Promise<number> {
  await loadPostgres(embedded.pool, data);
  await loadTopics(embedded.db, data);
  const jobId = await resumeOrPut(embedded, options, data, progress, real);
  if (jobId === undefined) return 0;
  progress.follow(jobId);
  embedded.start();
  const row = await endOfJob(embedded, jobId, stopped);
  const results = resultsSchema.safeParse(jsonOrUndefined(String(row.job_results ?? ''))).data;
  if (results) progress.say(`${row.status}: ${figures(results, real)}`);
  if (row.status !== 'COMPLETED') {
    progress.say(`${row.status}: ${String(row.error_message ?? 'no reason given')}`);
    return 1;
  }
  for (const { section, message } of results?.failed ?? []) progress.say(`not written: ${section} (${message})`);
  const notes = [real ? `Written by ${row.model}.` : SIMULATED, ...(options.export ? describeDerivation() : [])];
  const written = await writeReport(embedded, data, jobId, options.out ?? `${options.state}/reports`, notes);
  progress.say(`report to read:       ${written.markdown}`);
  progress.say(`as the web client's:  ${written.json}`);
  if (!real) progress.say(SIMULATED);
  return 0;
}

/** Goes on with what an earlier run left, or puts a new job row as the server does. @returns undefined when declined */
async function resumeOrPut(embedded: Embedded, options: Options, data: ConversationData, progress: Progress, real: boolean): Promise<string | undefined> {
  const unfinished = await unfinishedJobs(embedded);
  for (const job of unfinished) {
    progress.say(`going on with ${job.job_id}, which an earlier run began`);
    resumeJob(embedded, job);
  }
  const ours = unfinished.find((job) => job.report_id === data.report.report_id);
  if (ours) return ours.job_id;
  const row = jobFor(data, options);
  if (real) {
    const { model, estimate } = await estimateJob(embedded, row);
    progress.say(priceLine(model, estimate));
    if (!options.yes && !(await mayISpend())) {
      progress.say('nothing was sent and nothing was paid');
      return undefined;
    }
  }
  await putJob(embedded, row);
  progress.say(`job ${row.job_id} is PENDING; from here everything happens by itself`);
  return row.job_id;
}

const tokens = z.object({ input: z.number(), output: z.number(), cache_read: z.number(), cache_write: z.number() });
const resultsSchema = z.object({
  planned: z.number(),
  stored: z.number(),
  failed: z.array(z.object({ section: z.string(), message: z.string() })),
  rounds: z.number(),
  tokens,
  cost_usd: z.number().nullable(),
  seconds: z.number(),
});

function figures({ planned, stored, rounds, tokens: used, cost_usd, seconds }: z.output<typeof resultsSchema>, real: boolean): string {
  const all = used.input + used.cache_read + used.cache_write;
  const price = cost_usd === null ? 'price unknown' : `$${cost_usd.toFixed(4)}`;
  const cost = real ? price : `${price} had it been real`;
  return `${stored} of ${planned} sections stored, ${rounds} round(s), ${all.toLocaleString('en')} tokens in, ${used.output.toLocaleString('en')} out, ${cost}, ${seconds} s`;
}

const interrupted = (signal: AbortSignal) =>
  new Promise<'interrupted'>((resolve) => signal.addEventListener('abort', () => resolve('interrupted'), { once: true }));

function tellStopped(progress: Progress): number {
  progress.say('stopped; a batch that was sent goes on at the API. Start again with the same flags to go on with it');
  return 130;
}
