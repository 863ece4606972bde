import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ApiAnswer, answered, type Route, refusal } from '../lambdas/api/answer.ts';
import { answerBatchReports } from '../lambdas/api/batch-reports.ts';
import { answerCancel } from '../lambdas/api/cancel.ts';
import { answerReports } from '../lambdas/api/reports.ts';
import { ROUTES } from '../lambdas/api/routes.ts';
import type { PutJobAnswer, PutJobDeps } from '../lambdas/job/put.ts';
import type { Log } from '../lambdas/shared/log.ts';
import { executionName } from '../lambdas/shared/names.ts';
import { newJobTables } from '../lambdas/stores/guards.ts';
import { storedReports } from '../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../lib/names.ts';
import type { Embedded } from './embedded/embedded.ts';
import { endOfJob, unfinishedJobs } from './jobs.ts';
import { claimPort } from './os.ts';
import { markSimulated } from './output/write-report.ts';
import { figures, resultsOf } from './price.ts';
import { type Errand, write } from './report-on.ts';
import { given, STOPPED } from './run.ts';

const HOST = '127.0.0.1';
/** More than any request for a report; the route itself says so. */
const MOST_BODY_BYTES = 100_000;

export type Routes = Readonly<Record<keyof typeof ROUTES, Route>>;

/** The HTTP API on this machine. */
export interface LocalApi {
  url: string;
  /** answers requests from now on; until then they are told to come again */
  open(routes: Routes, log: Log): void;
  close(): Promise<void>;
}

/**
 * Listens for requests of this machine.
 * @throws InvalidSetting when the port cannot be had
 */
export async function listen(port: number): Promise<LocalApi> {
  await claimPort('--serve', port);
  let answer: (request: IncomingMessage) => Promise<ApiAnswer> = async () =>
    refusal(503, 'the report is being written: come again', { 'retry-after': '2' });
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
    open(routes, log) {
      answer = (request) => answered(log, () => dispatch(routes, request));
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function dispatch(routes: Routes, request: IncomingMessage): Promise<ApiAnswer> {
  // a page of another site whose name was pointed here must read nothing
  if (!isLocal(request.headers.host)) return refusal(403, 'ask by the address 127.0.0.1 or the name localhost');
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const found = routeOf(pathname);
  if (!found) {
    const known = Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`);
    return refusal(404, `there is no such address; there are ${known.join(', ')}`);
  }
  const { named, params } = found;
  const { method } = ROUTES[named];
  if (request.method !== method) return refusal(405, `this address takes ${method}`, { allow: method });
  // a browser sends this type across sites only after asking, which is not granted
  if (method === 'POST' && !/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return refusal(415, 'send JSON, with the header content-type: application/json');
  }
  // as API Gateway hands over a parameter that is given twice
  const query = Object.fromEntries([...searchParams.keys()].map((key) => [key, searchParams.getAll(key).join(',')]));
  return routes[named]({ query, params, body: await bodyOf(request) });
}

/** The route of a path, and what stands in it where the route has a name in braces. */
function routeOf(pathname: string): { named: keyof typeof ROUTES; params: Record<string, string> } | undefined {
  const parts = pathname.split('/');
  for (const named of Object.keys(ROUTES) as (keyof typeof ROUTES)[]) {
    const template = ROUTES[named].path.split('/');
    const params: Record<string, string> = {};
    const fits = template.every((part, at) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      const given = name === undefined ? parts[at] : decoded(parts[at]);
      if (name === undefined || !given) return part === given;
      params[name] = given;
      return true;
    });
    if (fits && parts.length === template.length) return { named, params };
  }
  return undefined;
}

function decoded(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

const isLocal = (host: string | undefined): boolean => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host ?? '');

/** Reads the body; one that is far too large is cut, which its route refuses. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (bytes < MOST_BODY_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { status, body, headers }: ApiAnswer): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(JSON.stringify(body));
}

export interface ServeOptions {
  log: Log;
  model: string;
  /** no model was asked: every section says so */
  simulated: boolean;
  /** false: a request may not start a job, which would have to be paid for */
  maySpend: boolean;
  /** hears of every job that a request has put */
  onJob: (jobId: string) => void;
}

/** The deployed routes over the embedded databases. */
export function embeddedRoutes({ db, world }: Pick<Embedded, 'db' | 'world'>, options: ServeOptions): Routes {
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
    const rows = await storedReports(db, TABLE_NAMES.reports, reportId);
    return simulated ? rows.map(markSimulated) : rows;
  };
  return {
    'api-reports': (request) => answerReports({ storedReports: rowsOf, log }, request),
    async 'api-batch-reports'(request) {
      if (!maySpend) return refusal(403, 'a report has to be paid for: start with --yes to let requests order one');
      const answer = await answerBatchReports(deps, request);
      const { job_id, deduplicated } = answer.body as Partial<PutJobAnswer>;
      if (job_id && deduplicated === false) onJob(job_id);
      return answer;
    },
    'api-cancel': (request) => answerCancel({ jobs: world.jobs, now: world.now, stage: '', log }, request),
  };
}

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
