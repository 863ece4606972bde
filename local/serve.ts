import { EventEmitter, once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { ROUTES } from '../lambdas/api/http.ts';
import type { Embedded } from './embedded/embedded.ts';
import { unfinishedJobs } from './jobs.ts';
import { RESUMES } from './messages.ts';
import { aborted, claimPort, STOPPED } from './os.ts';
import type { StartedJob } from './page/api-routes.ts';
import { type LocalAppDeps, localApp } from './page/app.ts';
import { appStores } from './page/stores.ts';
import { finishJob, type RunContext } from './report.ts';

const HOST = '127.0.0.1';

/** The page of jobs and the HTTP API on a port of this machine. */
export interface LocalServer {
  url: string;
  /** Answers requests from now on. Until then the answer is 503. */
  open: (app: Hono) => void;
  close: () => Promise<void>;
}

/**
 * Listens for requests from this machine.
 * @throws InvalidSetting when the port is not available
 */
export async function listen(port: number): Promise<LocalServer> {
  await claimPort('--serve', port);
  let app: Pick<Hono, 'fetch'> = { fetch: notYet };
  const server = createAdaptorServer({ fetch: (request, env) => app.fetch(request, env) });
  server.listen(port, HOST);
  await once(server, 'listening');
  return {
    url: `http://${HOST}:${port}`,
    open: (opened) => {
      app = opened;
    },
    close: async () => {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
    },
  };
}

const notYet = (): Response =>
  Response.json(
    { status: 'error', message: 'the databases are being started: try again in 2 seconds' },
    // a browser loads the page again by itself
    { status: 503, headers: { 'retry-after': '2', refresh: '2', 'cache-control': 'no-store' } },
  );

/** What a page and the API need of a run, beside its databases. */
export type Served = Pick<LocalAppDeps, 'maySpend' | 'busy' | 'onJob' | 'loaded' | 'changes'>;

/** The page and the API over the embedded databases. */
export const embeddedApp = ({ db, world }: Pick<Embedded, 'db' | 'world'>, simulated: boolean, served: Served): Hono =>
  localApp({ ...appStores(db, world, simulated), ...served, stage: '' });

/** A page and an API that show a run as it goes, and start jobs once its own report is written. */
export function serveRun(server: LocalServer, context: RunContext, changes: Served['changes']) {
  const { embedded, data, progress, real, options, stopped } = context;
  const { report_id } = data.report;
  const maySpend = !real || options.yes;
  let busy: string | undefined = 'the report of this run is still being written: try again when it is done';
  const served: Served = {
    maySpend,
    busy: () => busy,
    onJob: (job) => void follow(context, job),
    loaded: [{ report_id, title: data.conversation.topic }],
    changes,
  };
  server.open(embeddedApp(embedded, !real, served));
  const page = server.url.replace(HOST, 'localhost');
  progress.say(`jobs and reports in your browser: ${page}/`);
  return {
    /**
     * Lets jobs be started, and answers requests until it is stopped. A job that a request puts runs through the stream
     * and the state machine.
     * @returns the exit code: 0, or 130 when a job is unfinished
     */
    async untilStopped(): Promise<number> {
      busy = undefined;
      embedded.start();
      progress.rest();
      progress.ifStopped('');
      progress.say(`serving ${page}/ to this machine until you press Ctrl-C; the HTTP API:`);
      progress.say(`  curl "${server.url}${ROUTES['api-reports'].path}?report_id=${report_id}"`);
      if (maySpend) {
        const post = `curl -H "content-type: application/json" -d '${JSON.stringify({ report_id })}'`;
        progress.say(`  ${post} ${server.url}${ROUTES['api-batch-reports'].path}`);
      }
      await aborted(stopped);
      await server.close();
      const unfinished = (await unfinishedJobs(embedded)).length > 0;
      progress.end(unfinished ? RESUMES : 'stopped serving; no job is running');
      return unfinished ? STOPPED : 0;
    },
  };
}

/** Shows a job that a request has started until it ends, and writes its report like any other. */
async function follow(context: RunContext, { job_id: jobId, report_id, execution }: StartedJob): Promise<void> {
  const { progress, stopped, data } = context;
  if (report_id !== data.report.report_id) {
    progress.say(`job ${jobId} was started by a request; its report is of another conversation: the page shows it`);
    return;
  }
  progress.follow(execution);
  progress.say(`job ${jobId} was started by a request`);
  try {
    await finishJob(context, { jobId, execution });
    progress.rest();
  } catch (error) {
    // when the run was stopped, its last line says what is left
    if (!stopped.aborted) progress.say((error as Error).message);
  }
}

export const newChanges = (): Served['changes'] => new EventEmitter();
