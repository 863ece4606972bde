import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { cancelJob } from '../../lambdas/job/cancel.ts';
import { publishStopped } from '../../lambdas/job/publish-stopped.ts';
import { batchReportsSchema, putJob } from '../../lambdas/job/put.ts';
import { redriveJob } from '../../lambdas/job/redrive.ts';
import { executionName } from '../../lambdas/shared/names.ts';
import { problems } from '../../lambdas/shared/parse.ts';
import { putDeps, WOULD_COST } from './api-routes.ts';
import type { LocalAppDeps } from './app.ts';
import { pathOfJob } from './job-parts.ts';
import { problem } from './problem.ts';

/** For the log of a row: who asked. */
const BY = 'from the page of jobs';

/** Fields of the form that starts a report, as a browser sends them: an empty field was left empty. */
const field = z
  .string()
  .trim()
  .optional()
  .transform((text) => text || undefined);
const startSchema = z.object({ report_id: field, model: field, no_cache: z.literal('true').optional() });

/** What the forms of the pages ask for. Each answers with the page of its job, or says why not. */
export function asRoutes(app: Hono, deps: LocalAppDeps): void {
  app.post('/jobs', async (c) => {
    const refused = mayNotStart(deps);
    if (refused) return problem(c, refused.status, 'Not started', refused.why, '/');
    // what is no form has no fields
    const form = startSchema.safeParse(await c.req.parseBody().catch(() => undefined));
    if (!form.success) return problem(c, 400, 'Not started', 'Use the form of this page.', '/');
    const asked = batchReportsSchema.safeParse({ ...form.data, no_cache: form.data.no_cache === 'true' });
    if (!asked.success) return problem(c, 400, 'Not started', problems(asked.error), '/');
    const { job_id, report_id, deduplicated } = await putJob(putDeps(deps), asked.data);
    if (!deduplicated) deps.onJob({ job_id, report_id, execution: executionName(job_id, 1, deps.stage) });
    return changed(c, deps, job_id);
  });

  app.post('/jobs/:job_id/cancel', async (c) => {
    const jobId = c.req.param('job_id');
    const answer = await cancelJob({ ...deps, by: BY }, jobId);
    if (answer.kind === 'unknown') return unknownJob(c, jobId);
    if (answer.kind === 'refused') return problem(c, 409, 'Not cancelled', answer.why, pathOfJob(jobId));
    return changed(c, deps, jobId);
  });

  app.post('/jobs/:job_id/redrive', async (c) => {
    const jobId = c.req.param('job_id');
    const refused = mayNotStart(deps);
    if (refused) return problem(c, refused.status, 'Not redriven', refused.why, pathOfJob(jobId));
    const answer = await redriveJob({ ...deps, by: BY }, jobId);
    if (answer.kind === 'unknown') return unknownJob(c, jobId);
    if (answer.kind !== 'redriven') return problem(c, 409, 'Not redriven', answer.why, pathOfJob(jobId));
    const row = await deps.jobs.get(jobId);
    const report_id = typeof row?.report_id === 'string' ? row.report_id : undefined;
    deps.onJob({ job_id: jobId, report_id, execution: answer.redriven.execution });
    return changed(c, deps, jobId);
  });

  app.post('/jobs/:job_id/publish', async (c) => {
    const jobId = c.req.param('job_id');
    const answer = await publishStopped({ ...deps, by: `by a person, ${BY},` }, jobId);
    if (answer.kind === 'unknown') return unknownJob(c, jobId);
    if (answer.kind === 'refused') return problem(c, 409, 'Not published', answer.why, pathOfJob(jobId));
    return changed(c, deps, jobId);
  });
}

function mayNotStart({ maySpend, busy }: LocalAppDeps): { status: 403 | 503; why: string } | undefined {
  if (!maySpend) return { status: 403, why: WOULD_COST };
  const why = busy();
  return why === undefined ? undefined : { status: 503, why };
}

export const unknownJob = (c: Context, jobId: string): Response =>
  problem(c, 404, 'No such job', `There is no job ${jobId}.`, '/');

/** The browser gets the job's page by itself, so that a reload does not ask again. */
function changed(c: Context, { changes }: LocalAppDeps, jobId: string): Response {
  changes.emit('change');
  return c.redirect(pathOfJob(jobId), 303);
}
