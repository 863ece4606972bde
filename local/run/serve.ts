import { ROUTES } from '../../lambdas/api/routes.ts';
import { executionName } from '../../lambdas/shared/names.ts';
import { embeddedRoutes } from '../serve/routes.ts';
import type { LocalApi } from '../serve/server.ts';
import { figures, resultsOf } from './figures.ts';
import { endOfJob, unfinishedJobs } from './jobs.ts';
import { type Errand, write } from './report-on.ts';
import { given, STOPPED } from './stop-signal.ts';

/**
 * Answers requests until it is stopped; a job that one of them puts goes through the stream and the state machine.
 * @returns the exit code: 0, or 130 when a job was left under way
 */
export async function serve(api: LocalApi, errand: Errand): Promise<number> {
  const { embedded, data, progress, real, options, stopped } = errand;
  const onJob = (jobId: string) => void follow(errand, jobId);
  const maySpend = !real || options.yes;
  embedded.start();
  const { log } = progress;
  api.open(embeddedRoutes(embedded, { log, model: options.model, simulated: !real, maySpend, onJob }), log);
  const { report_id } = data.report;
  progress.say(`serving ${api.url} to this machine until you press Ctrl-C:`);
  progress.say(`  curl "${api.url}${ROUTES['api-reports'].path}?report_id=${report_id}"`);
  if (maySpend) {
    const post = `curl -H "content-type: application/json" -d '${JSON.stringify({ report_id })}'`;
    progress.say(`  ${post} ${api.url}${ROUTES['api-batch-reports'].path}`);
  }
  await given(stopped);
  await api.close();
  if ((await unfinishedJobs(embedded)).length > 0) return STOPPED;
  progress.say('stopped serving; no job is under way');
  return 0;
}

/** Shows a job that a request has put, to its end, and writes its report as that of any other. */
async function follow(errand: Errand, jobId: string): Promise<void> {
  const { embedded, progress, real, stopped } = errand;
  const execution = executionName(jobId, 1);
  progress.follow(execution);
  progress.say(`job ${jobId} was put by a request`);
  try {
    const row = await endOfJob(embedded, jobId, execution, stopped);
    const results = resultsOf(row);
    progress.say(results ? `${row.status}: ${figures(results, real)}` : String(row.status));
    if (row.status === 'COMPLETED') await write(errand, jobId, String(row.model));
    else if (row.error_message) progress.say(`why: ${String(row.error_message)}`);
  } catch (error) {
    // stopped: what is left is told when serving ends
    if (!stopped.aborted) progress.say((error as Error).message);
  }
}
