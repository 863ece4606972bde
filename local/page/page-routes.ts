import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { h } from 'preact';
import { modelOf, runIdOf, type StoredReport } from '../../lambdas/report/public.ts';
import { whyOf } from '../../lambdas/shared/errors.ts';
import type { LocalAppDeps } from './app.ts';
import { unknownJob } from './ask-routes.ts';
import assets from './assets.json' with { type: 'json' };
import { compareRuns } from './compare-runs.ts';
import { ICON_PATH, livePage, plainPage, SCRIPT_PATH, STYLE_PATH } from './document.ts';
import { pathOfJob, pathOfReport } from './job-parts.ts';
import { problem, sendPage } from './problem.ts';
import { readJob, readJobs } from './read-state.ts';
import { CompareView, ReportView, type ShownRun } from './report-views.ts';
import type { LiveState } from './state.ts';

/** The pages, and the events by which those of jobs follow what happens. */
export function pageRoutes(app: Hono, deps: LocalAppDeps): void {
  const jobs = async (): Promise<LiveState> => ({ view: 'jobs', ...(await readJobs(deps)) });
  const job = async (jobId: string): Promise<LiveState | undefined> => {
    const found = await readJob(deps, jobId);
    return found && { view: 'job', ...found };
  };
  app.get('/', async (c) => sendPage(c, livePage('Jobs', await jobs(), deps.now().getTime(), '/events')));
  app.get('/events', (c) => sendStates(c, deps, jobs));
  app.get('/jobs/:job_id', async (c) => {
    const jobId = c.req.param('job_id');
    const state = await job(jobId);
    if (!state) return unknownJob(c, jobId);
    return sendPage(c, livePage(`Job ${jobId}`, state, deps.now().getTime(), `${pathOfJob(jobId)}/events`));
  });
  app.get('/jobs/:job_id/events', (c) => sendStates(c, deps, () => job(c.req.param('job_id'))));
  app.get('/reports/:report_id', (c) => sendReport(c, deps, c.req.param('report_id')));
  app.get('/reports/:report_id/compare', (c) => sendComparison(c, deps, c.req.param('report_id')));
  assetRoutes(app);
}

/** Least time between two states, and most time without a word, in ms: a row may change without anybody telling. */
const STATE_MS = 200;
const QUIET_MS = 15_000;

/** Sends the state at once, and again whenever it has changed, until the page is closed. */
const sendStates = (c: Context, deps: LocalAppDeps, read: () => Promise<LiveState | undefined>): Response =>
  streamSSE(c, async (stream) => {
    const closed = new AbortController();
    stream.onAbort(() => closed.abort());
    const { signal } = closed;
    let sent = '';
    while (!signal.aborted) {
      // before reading, so that a change during it is not missed
      const change = once(deps.changes, 'change', { signal }).catch(() => undefined);
      const state = await read().catch((error: unknown) => {
        deps.log.warn('the state of a page cannot be read', { why: whyOf(error) });
        return undefined;
      });
      const data = state ? JSON.stringify(state) : sent;
      if (data === sent) await stream.write(': nothing new\n\n');
      else await stream.writeSSE({ event: 'state', data });
      sent = data;
      await Promise.race([change, sleep(QUIET_MS, undefined, { signal, ref: false }).catch(() => undefined)]);
      await sleep(STATE_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  });

/** Rows of a report by run, the newest first. */
async function runsOf(deps: LocalAppDeps, reportId: string): Promise<{ run: ShownRun; rows: StoredReport[] }[]> {
  const byRun = Map.groupBy(await deps.storedReports(reportId), runIdOf);
  return [...byRun]
    .map(([job_id, rows]) => {
      const timestamp =
        rows
          .map((row) => row.timestamp)
          .sort()
          .at(-1) ?? '';
      const gaps = rows.filter(({ errors }) => errors).length;
      const [first] = rows;
      const model = first ? modelOf(first) : '';
      return { run: { job_id, timestamp, model, sections: rows.length, gaps, has_job: Boolean(first?.job_id) }, rows };
    })
    .sort((a, b) => b.run.timestamp.localeCompare(a.run.timestamp));
}

async function sendReport(c: Context, deps: LocalAppDeps, reportId: string): Promise<Response> {
  const runs = (await runsOf(deps, reportId)).map(({ run }) => run);
  return sendPage(c, plainPage(`Report ${reportId}`, h(ReportView, { reportId, runs, simulated: deps.simulated })));
}

async function sendComparison(c: Context, deps: LocalAppDeps, reportId: string): Promise<Response> {
  const runs = await runsOf(deps, reportId);
  const [earlier, later] = ['earlier', 'later'].map((name) => runs.find(({ run }) => run.job_id === c.req.query(name)));
  if (!earlier || !later) {
    const why = `Choose two runs of report ${reportId}: the address has to name both, as earlier and later.`;
    return problem(c, 404, 'Nothing to compare', why, pathOfReport(reportId));
  }
  const comparison = compareRuns(earlier.rows, later.rows);
  const texts = await textsOf(deps, reportId);
  const view = h(CompareView, { reportId, earlier: earlier.run, later: later.run, comparison, texts });
  return sendPage(c, plainPage('Two runs compared', view));
}

/** Text of the comments of a report; none when the database does not answer. */
async function textsOf({ conversations, log }: LocalAppDeps, reportId: string): Promise<Map<number, string>> {
  try {
    const report = await conversations.report(reportId);
    const comments = report ? await conversations.comments(report.zid, report.rid) : [];
    return new Map(comments.map(({ tid, txt }) => [tid, txt]));
  } catch (error) {
    log.warn('the comments of a report cannot be read', { report_id: reportId, why: whyOf(error) });
    return new Map();
  }
}

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5fa8"/><path d="M7 22V10M13 22v-7M19 22V8M25 22v-5" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>';

function assetRoutes(app: Hono): void {
  const files = [
    [SCRIPT_PATH, 'text/javascript; charset=utf-8', assets.script],
    [STYLE_PATH, 'text/css; charset=utf-8', assets.style],
    [ICON_PATH, 'image/svg+xml', ICON],
  ] as const;
  for (const [path, type, body] of files) app.get(path, (c) => c.body(body, 200, { 'content-type': type }));
}
