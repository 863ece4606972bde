import { marksSchema } from '../../lambdas/job/marks.ts';
import { daysBefore } from '../../lambdas/shared/days.ts';
import type { JobFinder } from '../../lambdas/stores/jobs.ts';
import { DAYS_OF_RESULTS } from '../../lambdas/watchdog/sweep/rule.ts';
import { type Finding, ok, warn } from './finding.ts';

const MOST_NAMED = 5;

/** Whether a job ended with a paid batch that nobody watches; its results can be had for 29 days. */
export async function checkUnwatched(finder: JobFinder, now: Date): Promise<Finding> {
  const what = 'unwatched paid batches';
  const jobs: string[] = [];
  for await (const indexed of finder.withStatus('FAILED', daysBefore(now, DAYS_OF_RESULTS))) {
    const row = marksSchema.safeParse(indexed).data;
    if (row?.checker_schedule_failed) jobs.push(row.job_id);
  }
  if (jobs.length === 0) return ok(what, 'none');
  const named = `${jobs.slice(0, MOST_NAMED).join(', ')}${jobs.length > MOST_NAMED ? ', …' : ''}`;
  return warn(what, `${jobs.length} FAILED job(s) left one: ${named}`, 'narratives redrive JOB_ID goes on with each');
}
