import { randomBytes } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { answerBatchReports } from '../../lambdas/api/batch-reports.ts';
import { answerCancel } from '../../lambdas/api/cancel.ts';
import { type ApiAnswer, answered, bodyText, ROUTES, type Route, refusal } from '../../lambdas/api/http.ts';
import { answerReportPage } from '../../lambdas/api/report-page.ts';
import { answerReports } from '../../lambdas/api/reports.ts';
import type { PutJobAnswer, PutJobDeps } from '../../lambdas/job/put.ts';
import type { StoredReport } from '../../lambdas/report/public.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import { executionName } from '../../lambdas/shared/names.ts';
import type { ActiveJobs, JobGuards } from '../../lambdas/stores/guards.ts';
import type { JobTable } from '../../lambdas/stores/jobs.ts';
import type { Ledger } from '../../lambdas/stores/ledger.ts';
import type { PageConversations } from '../../lambdas/stores/postgres.ts';

/** A job that a request has started or redriven. */
export interface StartedJob {
  job_id: string;
  report_id: string | undefined;
  execution: string;
}

export interface ApiDeps {
  jobs: JobTable & ActiveJobs;
  guards: JobGuards;
  ledger: Pick<Ledger, 'plan' | 'prompts'>;
  conversations: Pick<PageConversations, 'report' | 'comments' | 'about'>;
  /** every row of one report, of all its runs */
  storedReports: (reportId: string) => Promise<StoredReport[]>;
  settings: { defaultModel: string };
  /** of the deployment; empty: none */
  stage: string;
  /** false: a request may not start a job, because it would cost money */
  maySpend: boolean;
  /** why nothing can be started at the moment; undefined: it can */
  busy: () => string | undefined;
  /** called for every job that a request has started or redriven */
  onJob: (job: StartedJob) => void;
  now: () => Date;
  log: Log;
}

/** Why a request that would cost money is refused. */
export const WOULD_COST = 'a report costs money: start with --yes to allow requests to start one';

/** More than any request needs. */
export const MAX_BODY_BYTES = 100_000;

/** A path of the HTTP API as the server here writes it: `:name` for `{name}`. */
export const honoPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

/** The deployed routes of the HTTP API. */
export function apiRoutes(app: Hono, deps: ApiDeps): void {
  const routes = routesOver(deps);
  const limited = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (c) => sendAnswer(c, refusal(413, 'the body is larger than any request for a report')),
  });
  for (const name of Object.keys(ROUTES) as (keyof typeof ROUTES)[]) {
    const { method, path } = ROUTES[name];
    app.on(method, honoPath(path), limited, async (c) => {
      const busy = deps.busy();
      if (busy) return sendAnswer(c, refusal(503, busy, { 'retry-after': '2' }));
      // a browser sends this type to another site only after asking, which is not granted
      if (method === 'POST' && !/^application\/json\b/i.test(c.req.header('content-type') ?? ''))
        return sendAnswer(c, refusal(415, 'send JSON, with the header content-type: application/json'));
      // API Gateway joins the values of a parameter that is given twice in the same way
      const query = Object.fromEntries(Object.entries(c.req.queries()).map(([key, values]) => [key, values.join(',')]));
      const request = { query, params: c.req.param(), body: method === 'POST' ? await c.req.text() : '' };
      return sendAnswer(c, await answered(deps.log, () => routes[name](request)));
    });
  }
}

/** What putting a job needs of them. */
export const putDeps = ({ jobs, guards, conversations, settings, now, log }: ApiDeps): PutJobDeps => ({
  jobs,
  guards,
  conversations,
  now,
  randomHex: () => randomBytes(4).toString('hex'),
  defaultModel: settings.defaultModel,
  log,
});

function routesOver(deps: ApiDeps): Readonly<Record<keyof typeof ROUTES, Route>> {
  const { jobs, now, log, stage } = deps;
  return {
    'api-reports': (request) => answerReports({ storedReports: deps.storedReports, log }, request),
    'api-report-page': (request) => answerReportPage(deps, request),
    async 'api-batch-reports'(request) {
      if (!deps.maySpend) return refusal(403, WOULD_COST);
      const answer = await answerBatchReports(putDeps(deps), request);
      const { job_id, report_id, deduplicated } = answer.body as Partial<PutJobAnswer>;
      if (job_id && deduplicated === false)
        deps.onJob({ job_id, report_id, execution: executionName(job_id, 1, stage) });
      return answer;
    },
    'api-cancel': (request) => answerCancel({ jobs, now, stage, log }, request),
  };
}

/** An answer of the HTTP API as it goes out. */
export const sendAnswer = (c: Context, answer: ApiAnswer): Response =>
  c.body(bodyText(answer), answer.status as ContentfulStatusCode, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...answer.headers,
  });
