import type { ConversationData } from './conversation.ts';
import type { Embedded } from './embedded/embedded.ts';
import { loadPostgres, loadTopics } from './embedded/polis.ts';
import { describeDerivation } from './export/read-export.ts';
import {
  checkKey,
  completedJobs,
  endOfJob,
  estimateJob,
  executionOf,
  jobFor,
  putJob,
  resumeJob,
  unfinishedJobs,
} from './jobs.ts';
import type { Options } from './options.ts';
import { writeReport } from './output/write-report.ts';
import { figures, mayISpend, priceLine, resultsOf, reusedLine } from './price.ts';
import type { Progress } from './progress.ts';
import type { Delivered } from './state-folder.ts';

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
  /** jobs whose report has been written */
  delivered: Delivered;
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
  const job = (await goOn(errand)) ?? (await unwritten(errand)) ?? (await begin(errand));
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
  if (real) {
    progress.say('asking the API whether the key is good …');
    await checkKey(embedded, options.model);
  }
  const ours = unfinished.find((job) => job.report_id === data.report.report_id && job.status !== 'CANCELLED');
  if (ours) progress.follow(executionOf(ours));
  for (const job of unfinished) {
    if (job.status === 'CANCELLED') {
      progress.say(`bringing ${job.job_id} to its end, which was cancelled in an earlier run`);
      await resumeJob(embedded, job);
      continue;
    }
    const begunWith = job.model && job.model !== options.model ? ` with ${job.model} (--model is for new jobs)` : '';
    progress.say(`going on with ${job.job_id}, which an earlier run began${begunWith}`);
    if (job !== ours) progress.say('  it is of another conversation: start that one again to have its report written');
    await resumeJob(embedded, job);
  }
  return ours && { jobId: ours.job_id, execution: executionOf(ours) };
}

/** A report that was completed while another was asked for: it is paid for, and only has to be written. */
async function unwritten({ embedded, data, progress, delivered }: Errand): Promise<Begun | undefined> {
  const [job] = (await completedJobs(embedded, data.report.report_id)).filter(({ job_id }) => !delivered.has(job_id));
  if (!job) return undefined;
  progress.say(`${job.job_id} was completed by an earlier run and its report not written: writing it now`);
  return { jobId: job.job_id, execution: executionOf(job) };
}

/** Plans and prices a new job, and puts its row as the server does. @returns undefined when declined */
async function begin({ embedded, data, progress, real, options }: Errand): Promise<Begun | undefined> {
  const row = jobFor(data, options);
  if (real) progress.say('reading the conversation, and asking the API whether it knows the model …');
  const { model, estimate, sections } = await estimateJob(embedded, row);
  const reused = sections - estimate.sections;
  if (reused > 0) progress.say(reusedLine(reused, sections));
  if (real && estimate.sections > 0) {
    progress.say(priceLine(model, estimate));
    if (!options.yes && !(await mayISpend())) return undefined;
  }
  progress.follow(executionOf(row));
  await putJob(embedded, row);
  progress.say(`job ${row.job_id} is PENDING; from here everything happens by itself`);
  return { jobId: row.job_id, execution: executionOf(row) };
}

/** Puts a completed job's report into files. @returns the exit code */
export async function write(
  { embedded, data, progress, real, options, out, delivered }: Errand,
  jobId: string,
  model: string,
): Promise<number> {
  const about = {
    note: real ? `Written by ${model}.` : SIMULATED,
    simulated: !real,
    method: options.export ? describeDerivation() : [],
  };
  const written = await writeReport(embedded, data, jobId, out, about);
  delivered.add(jobId);
  progress.say(`report to read:       ${written.markdown}`);
  progress.say(`as the web client's:  ${written.json}`);
  if (!real) progress.say(SIMULATED);
  return 0;
}
