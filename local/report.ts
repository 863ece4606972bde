import { coverageIn, trustLines } from '../lambdas/report/claims/trust.ts';
import type { ConversationData } from './conversation.ts';
import type { Embedded } from './embedded/embedded.ts';
import { loadPostgres, loadTopics } from './embedded/polis.ts';
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
import { RESUMES } from './messages.ts';
import type { Options } from './options.ts';
import { writeReport } from './output/write-report.ts';
import { confirmSpending, expectedText, priceLine, resultsLine, resultsOf, reusedLine } from './price.ts';
import type { Progress } from './progress.ts';
import type { Delivered } from './state-folder.ts';

export const SIMULATED =
  'SIMULATED: a stand-in writes the text from the vote counts. No model is called, and nothing is paid.';

/** What a run works with. */
export interface RunContext {
  embedded: Embedded;
  options: Options;
  data: ConversationData;
  progress: Progress;
  /** whether the real API is called, and money spent */
  real: boolean;
  /** the folder that reports are written to */
  out: string;
  /** jobs whose report has been written */
  delivered: Delivered;
  logFile: string;
  stopped: AbortSignal;
  /** asks on the terminal; undefined when there is none */
  ask: (question: string) => Promise<boolean | undefined>;
}

/** A job and the execution that runs it. */
interface StartedJob {
  jobId: string;
  execution: string;
}

/**
 * Loads the conversation, runs a job for it (an unfinished one of an earlier run, or a new one), and writes its report.
 * @returns the exit code
 */
export async function reportOn(context: RunContext): Promise<number> {
  const { embedded, data, progress, stopped } = context;
  progress.doing('loading the conversation');
  await loadPostgres(embedded.pool, data);
  await loadTopics(embedded.db, data);
  stopped.throwIfAborted();
  const job = (await resumeUnfinished(context)) ?? (await completedNotWritten(context)) ?? (await putNewJob(context));
  if (job === undefined) {
    progress.say('nothing was sent and nothing was paid');
    return 0;
  }
  embedded.start();
  return finishJob(context, job);
}

/** Waits for a job to end, says how it ended, and writes its report. @returns the exit code */
export async function finishJob(context: RunContext, { jobId, execution }: StartedJob): Promise<number> {
  const { embedded, progress, real, logFile, stopped } = context;
  const row = await endOfJob(embedded, jobId, execution, stopped);
  const results = resultsOf(row);
  progress.say(results ? `${row.status}: ${resultsLine(results, real)}` : row.status);
  for (const line of trustLines(row.job_results)) progress.say(line);
  for (const { section, message } of results?.failed ?? []) progress.say(`not written: ${section} (${message})`);
  if (row.status === 'COMPLETED') return write(context, jobId, row);
  progress.say(`reason: ${String(row.error_message ?? 'none was given')}`);
  progress.say(`log of every step: ${logFile}`);
  return 1;
}

/** Resumes the jobs that earlier runs left unfinished. @returns the job of this report, if there is one */
async function resumeUnfinished(context: RunContext): Promise<StartedJob | undefined> {
  const { embedded, data, progress, real, options } = context;
  const unfinished = await unfinishedJobs(embedded);
  if (unfinished.length === 0) return undefined;
  progress.ifStopped(RESUMES);
  // with a wrong key the job would fail, and the batch that it has paid for would be lost
  if (real) {
    progress.say('checking the API key …');
    await checkKey(embedded, options.model);
  }
  const ours = unfinished.find((job) => job.report_id === data.report.report_id && job.status !== 'CANCELLED');
  if (ours) progress.follow(executionOf(ours));
  for (const job of unfinished) {
    const { job_id, model, status } = job;
    if (status === 'CANCELLED') {
      progress.say(`finishing ${job_id}, which was cancelled in an earlier run`);
    } else {
      const otherModel = model && model !== options.model ? ` with ${model} (--model applies to new jobs only)` : '';
      progress.say(`resuming ${job_id}, which an earlier run started${otherModel}`);
      if (job !== ours) progress.say('  it belongs to another conversation: start that one again to write its report');
    }
    await resumeJob(embedded, job);
  }
  return ours && { jobId: ours.job_id, execution: executionOf(ours) };
}

/** A job that was completed while another report was asked for: it is paid for, and only has to be written. */
async function completedNotWritten({
  embedded,
  data,
  progress,
  delivered,
}: RunContext): Promise<StartedJob | undefined> {
  const [job] = (await completedJobs(embedded, data.report.report_id)).filter(({ job_id }) => !delivered.has(job_id));
  if (!job) return undefined;
  progress.say(`${job.job_id} was completed in an earlier run, but its report was not written: writing it now`);
  return { jobId: job.job_id, execution: executionOf(job) };
}

/** Plans and prices a new job, and puts its row as the server does. @returns undefined when the user declines */
async function putNewJob(context: RunContext): Promise<StartedJob | undefined> {
  const { embedded, data, progress, real, options, stopped, ask } = context;
  const row = jobFor(data, options);
  progress.doing('planning the report');
  if (real) progress.say('reading the conversation and checking the model with the API …');
  const { model, estimate, sections, notes } = await estimateJob(embedded, row);
  for (const note of notes) progress.say(note);
  const reused = sections - estimate.sections;
  if (reused > 0) progress.say(reusedLine(reused, sections));
  if (real && estimate.sections > 0) {
    progress.say(priceLine(model, estimate));
    if (!options.yes && !(await confirmSpending(ask))) return undefined;
  }
  stopped.throwIfAborted();
  progress.follow(executionOf(row), expectedText(estimate));
  progress.ifStopped(RESUMES);
  await putJob(embedded, row);
  progress.say(`job ${row.job_id} is in the queue (PENDING)`);
  return { jobId: row.job_id, execution: executionOf(row) };
}

/** Writes a completed job's report to files. @returns the exit code */
async function write(
  { embedded, data, progress, real, out, delivered }: RunContext,
  jobId: string,
  row: Awaited<ReturnType<typeof endOfJob>>,
): Promise<number> {
  const model = String(row.model);
  const written = await writeReport(embedded, data, jobId, out, {
    note: real ? `Written by ${model}.` : SIMULATED,
    simulated: !real,
    model,
    costUsd: resultsOf(row)?.cost_usd ?? undefined,
    coverage: coverageIn(row.job_results),
  });
  delivered.add(jobId);
  progress.say(`report to read, in a browser:    ${written.html}`);
  progress.say(`report as Markdown:              ${written.markdown}`);
  progress.say(`report as the HTTP API sends it: ${written.json}`);
  if (!real) progress.say(SIMULATED);
  return 0;
}
