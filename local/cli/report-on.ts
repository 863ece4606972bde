import type { ConversationData } from '../conversation/conversation-data.ts';
import { loadPostgres } from '../conversation/load-postgres.ts';
import { loadTopics } from '../conversation/load-topics.ts';
import type { Embedded } from '../embedded/embedded.ts';
import { describeDerivation } from '../export/describe-derivation.ts';
import { writeReport } from '../output/write-report.ts';
import { mayISpend, priceLine } from './ask.ts';
import { figures, resultsOf } from './figures.ts';
import { checkKey, endOfJob, estimateJob, executionOf, jobFor, putJob, resumeJob, unfinishedJobs } from './jobs.ts';
import type { Options } from './options.ts';
import type { Progress } from './progress.ts';

export const SIMULATED =
  'SIMULATED: this text was written by a stand-in from the vote tallies. No model was asked, and nothing was paid.';

/** Everything one report needs. */
export interface Errand {
  embedded: Embedded;
  options: Options;
  data: ConversationData;
  progress: Progress;
  /** whether a real API is asked, and money spent */
  real: boolean;
  /** folder that the report is written to */
  out: string;
  logFile: string;
  stopped: AbortSignal;
}

/**
 * Loads the conversation, has its report written, and puts it into files.
 * @returns the exit code
 */
export async function reportOn(errand: Errand): Promise<number> {
  const { embedded, data, progress } = errand;
  await loadPostgres(embedded.pool, data);
  await loadTopics(embedded.db, data);
  errand.stopped.throwIfAborted();
  const job = (await goOn(errand)) ?? (await begin(errand));
  if (job === undefined) {
    progress.say('nothing was sent and nothing was paid');
    return 0;
  }
  embedded.start();
  const row = await endOfJob(embedded, job.jobId, job.execution, errand.stopped);
  const results = resultsOf(row);
  const ended = results ? `${row.status}: ${figures(results, errand.real)}` : row.status;
  progress.say(ended);
  for (const { section, message } of results?.failed ?? []) progress.say(`not written: ${section} (${message})`);
  if (row.status === 'COMPLETED') return write(errand, job.jobId, String(row.model));
  progress.say(`why: ${String(row.error_message ?? 'no reason given')}`);
  progress.say(`what happened, step by step: ${errand.logFile}`);
  return 1;
}

/** A job and the execution that runs it. */
interface Begun {
  jobId: string;
  execution: string;
}

/** Goes on with what an earlier run left. @returns the job of this report, if there is one */
async function goOn({ embedded, data, progress, real, options }: Errand): Promise<Begun | undefined> {
  const unfinished = await unfinishedJobs(embedded);
  if (unfinished.length === 0) return undefined;
  // a wrong key would fail the job, and its paid batch with it
  if (real) await checkKey(embedded, options.model);
  const ours = unfinished.find((job) => job.report_id === data.report.report_id);
  if (ours) progress.follow(executionOf(ours));
  for (const job of unfinished) {
    progress.say(`going on with ${job.job_id}, which an earlier run began`);
    await resumeJob(embedded, job);
  }
  return ours && { jobId: ours.job_id, execution: executionOf(ours) };
}

/** Plans and prices a new job, and puts its row as the server does. @returns undefined when declined */
async function begin({ embedded, data, progress, real, options }: Errand): Promise<Begun | undefined> {
  const row = jobFor(data, options);
  const { model, estimate } = await estimateJob(embedded, row);
  if (real) {
    progress.say(priceLine(model, estimate));
    if (!options.yes && !(await mayISpend())) return undefined;
  }
  progress.follow(executionOf(row));
  await putJob(embedded, row);
  progress.say(`job ${row.job_id} is PENDING; from here everything happens by itself`);
  return { jobId: row.job_id, execution: executionOf(row) };
}

async function write(
  { embedded, data, progress, real, options, out }: Errand,
  jobId: string,
  model: string,
): Promise<number> {
  const notes = [real ? `Written by ${model}.` : SIMULATED, ...(options.export ? describeDerivation() : [])];
  const written = await writeReport(embedded, data, jobId, out, notes);
  progress.say(`report to read:       ${written.markdown}`);
  progress.say(`as the web client's:  ${written.json}`);
  if (!real) progress.say(SIMULATED);
  return 0;
}
