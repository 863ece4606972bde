import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { answerBatchReports } from '../lambdas/api/batch-reports.ts';
import { answerCancel } from '../lambdas/api/cancel.ts';
import { type ApiAnswer, answered, bodyText, ROUTES, type Route, refusal } from '../lambdas/api/http.ts';
import { answerReportPage } from '../lambdas/api/report-page.ts';
import { answerReports } from '../lambdas/api/reports.ts';
import type { PutJobAnswer, PutJobDeps } from '../lambdas/job/put.ts';
import type { Log } from '../lambdas/shared/log.ts';
import { executionName } from '../lambdas/shared/names.ts';
import { newJobTables } from '../lambdas/stores/guards.ts';
import { storedReports } from '../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../lib/names.ts';
import type { Embedded } from './embedded/embedded.ts';
import { unfinishedJobs } from './jobs.ts';
import { aborted, claimPort, STOPPED } from './os.ts';
import { markSimulated } from './output/write-report.ts';
import { finishJob, type RunContext } from './report.ts';

const HOST = '127.0.0.1';
/** More than any request needs; the route itself refuses a body that is too large. */
const MAX_BODY_BYTES = 100_000;

type RouteName = keyof typeof ROUTES;
type Routes = Readonly<Record<RouteName, Route>>;

/** The HTTP API on this machine. */
export interface LocalApi {
  url: string;
  /** Answers requests from now on. Until then the answer is 503. */
  open: (routes: Routes, log: Log) => void;
  close: () => Promise<void>;
}

/**
 * Listens for requests from this machine.
 * @throws InvalidSetting when the port is not available
 */
export async function listen(port: number): Promise<LocalApi> {
  await claimPort('--serve', port);
  let answer: (request: IncomingMessage) => Promise<ApiAnswer> = async () =>
    refusal(503, 'the report is still being written: try again in 2 seconds', { 'retry-after': '2' });
  const server = createServer((request, response) => {
    answer(request).then(
      (given) => send(response, given),
      () => response.destroy(),
    );
  });
  server.listen(port, HOST);
  await once(server, 'listening');
  return {
    url: `http://${HOST}:${port}`,
    open: (routes, log) => {
      answer = (request) => answered(log, () => dispatch(routes, request));
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * Answers requests until it is stopped. A job that a request puts runs through the stream and the state machine.
 * @returns the exit code: 0, or 130 when a job is unfinished
 */
export async function serve(api: LocalApi, context: RunContext): Promise<number> {
  const { embedded, data, progress, real, options, stopped } = context;
  const { log } = progress;
  const maySpend = !real || options.yes;
  const onJob = (jobId: string) => void follow(context, jobId);
  embedded.start();
  api.open(embeddedRoutes(embedded, { log, model: options.model, simulated: !real, maySpend, onJob }), log);
  const { report_id } = data.report;
  progress.say(`serving ${api.url} to this machine until you press Ctrl-C:`);
  progress.say(`  curl "${api.url}${ROUTES['api-reports'].path}?report_id=${report_id}"`);
  if (maySpend) {
    const post = `curl -H "content-type: application/json" -d '${JSON.stringify({ report_id })}'`;
    progress.say(`  ${post} ${api.url}${ROUTES['api-batch-reports'].path}`);
  }
  await aborted(stopped);
  await api.close();
  if ((await unfinishedJobs(embedded)).length > 0) return STOPPED;
  progress.say('stopped serving; no job is running');
  return 0;
}

/** Shows a job that a request has put, until it ends, and writes its report like any other. */
async function follow(context: RunContext, jobId: string): Promise<void> {
  const { progress, stopped } = context;
  const execution = executionName(jobId, 1);
  progress.follow(execution);
  progress.say(`job ${jobId} was started by a request`);
  try {
    await finishJob(context, { jobId, execution });
  } catch (error) {
    // when the run was stopped, its last line says what is left
    if (!stopped.aborted) progress.say((error as Error).message);
  }
}

export interface RouteOptions {
  log: Log;
  model: string;
  /** no model was called: every section says so */
  simulated: boolean;
  /** false: a request may not start a job, because it would cost money */
  maySpend: boolean;
  /** called for every job that a request has put */
  onJob: (jobId: string) => void;
}

/** The deployed routes over the embedded databases. */
export function embeddedRoutes({ db, world }: Pick<Embedded, 'db' | 'world'>, options: RouteOptions): Routes {
  const { log, model, simulated, maySpend, onJob } = options;
  const deps: PutJobDeps = {
    ...newJobTables(db, { jobs: TABLE_NAMES.jobs, ledger: TABLE_NAMES.ledger }),
    conversations: world.conversations,
    now: world.now,
    randomHex: () => randomBytes(4).toString('hex'),
    defaultModel: model,
    log,
  };
  const rowsOf = async (reportId: string) => {
    const rows = await storedReports(db, TABLE_NAMES.reports, reportId, (damaged) =>
      log.warn('report row is damaged', { report_id: reportId, ...damaged }),
    );
    return simulated ? rows.map(markSimulated) : rows;
  };
  return {
    'api-reports': (request) => answerReports({ storedReports: rowsOf, log }, request),
    'api-report-page': (request) => answerReportPage({ ...world, storedReports: rowsOf, log }, request),
    async 'api-batch-reports'(request) {
      if (!maySpend) return refusal(403, 'a report costs money: start with --yes to allow requests to start one');
      const answer = await answerBatchReports(deps, request);
      const { job_id, deduplicated } = answer.body as Partial<PutJobAnswer>;
      if (job_id && deduplicated === false) onJob(job_id);
      return answer;
    },
    'api-cancel': (request) => answerCancel({ jobs: world.jobs, now: world.now, stage: '', log }, request),
  };
}

async function dispatch(routes: Routes, request: IncomingMessage): Promise<ApiAnswer> {
  // otherwise a page of another site could have its name point to this machine, and read the answers
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(request.headers.host ?? '')) {
    return refusal(403, 'use the address 127.0.0.1 or the name localhost');
  }
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const found = routeOf(pathname);
  if (!found) {
    const known = Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`);
    return refusal(404, `this address does not exist; the addresses are ${known.join(', ')}`);
  }
  const { method } = ROUTES[found.name];
  if (request.method !== method) return refusal(405, `use ${method} for this address`, { allow: method });
  // a browser sends this type to another site only after asking, which is not granted
  if (method === 'POST' && !/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return refusal(415, 'send JSON, with the header content-type: application/json');
  }
  // API Gateway joins the values of a parameter that is given twice in the same way
  const query = Object.fromEntries([...searchParams.keys()].map((key) => [key, searchParams.getAll(key).join(',')]));
  return routes[found.name]({ query, params: found.params, body: await bodyOf(request) });
}

const PATTERNS = (Object.keys(ROUTES) as RouteName[]).map((name) => ({
  name,
  pattern: new URLPattern({ pathname: ROUTES[name].path.replace(/\{(\w+)\}/g, ':$1') }),
}));

/** The route of a path, and what the path holds where the route has a name in braces. */
function routeOf(pathname: string): { name: RouteName; params: Record<string, string | undefined> } | undefined {
  for (const { name, pattern } of PATTERNS) {
    const groups = pattern.exec({ pathname })?.pathname.groups;
    if (!groups) continue;
    try {
      const params = Object.entries(groups).map(([key, value]) => [key, decodeURIComponent(value ?? '')]);
      return { name, params: Object.fromEntries(params) };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** Reads the body; one that is far too large is cut short, and its route refuses it. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (bytes < MAX_BODY_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, answer: ApiAnswer): void {
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...answer.headers,
  });
  response.end(bodyText(answer));
}
