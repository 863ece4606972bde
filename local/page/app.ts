import type { EventEmitter } from 'node:events';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { except } from 'hono/combine';
import { csrf } from 'hono/csrf';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { secureHeaders } from 'hono/secure-headers';
import { answered, ROUTES, refusal } from '../../lambdas/api/http.ts';
import { BadInput, NothingStored } from '../../lambdas/shared/errors.ts';
import type { Reports } from '../../lambdas/stores/reports.ts';
import { type ApiDeps, apiRoutes, honoPath, MAX_BODY_BYTES, sendAnswer } from './api-routes.ts';
import { asRoutes } from './ask-routes.ts';
import { pageRoutes } from './page-routes.ts';
import { problem } from './problem.ts';
import type { StateDeps } from './read-state.ts';

/** What the pages and the HTTP API on a port of this machine work with. */
export type LocalAppDeps = StateDeps &
  ApiDeps & {
    reports: Reports;
    /** emits `change` whenever a job may have changed: pages that are open then read it again */
    changes: EventEmitter<{ change: [] }>;
  };

const OUR_HOSTS = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

const POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

const HEADERS = {
  xFrameOptions: 'DENY',
  // with no-referrer a browser does not say which page a form comes from
  referrerPolicy: 'same-origin',
  // the port speaks plain HTTP
  strictTransportSecurity: false,
} as const;

/**
 * The page of jobs and the HTTP API, for a port that only this machine can reach. A request has to name this machine, so
 * that no page of another site can have its name point here and read the answers; a form has to come from a page of this
 * very address.
 */
export function localApp(deps: LocalAppDeps): Hono {
  const app = new Hono();
  // every open page waits for the next change
  deps.changes.setMaxListeners(0);
  const reportPage = honoPath(ROUTES['api-report-page'].path);
  app.use(except(reportPage, secureHeaders({ ...HEADERS, contentSecurityPolicy: POLICY })));
  // the page of a report is one file, which holds a policy of its own
  app.use(reportPage, secureHeaders(HEADERS));
  app.use(async (c, next) => {
    if (!OUR_HOSTS.test(c.req.header('host') ?? ''))
      return sendAnswer(c, refusal(403, 'use the address 127.0.0.1 or the name localhost'));
    return isAddress(c) ? next() : notFound(c);
  });
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        // hono adds HEAD to every GET
        const allow = methods.filter((method) => method !== 'HEAD').join(', ');
        return sendAnswer(c, refusal(405, `use ${allow} for this address`, { allow }));
      },
    }),
  );
  // what a browser sends to another site without asking first; the API takes JSON only, which it has to ask for
  app.use('/jobs/*', csrf());
  const tooLarge = 'What was sent is larger than any form of this page.';
  app.use(
    '/jobs/*',
    bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => problem(c, 413, 'Not done', tooLarge, '/') }),
  );
  apiRoutes(app, deps);
  asRoutes(app, deps);
  pageRoutes(app, deps);
  app.notFound(notFound);
  app.onError((error, c) => failed(c, deps, error));
  return app;
}

/** Longest id that a key of a table has room for, in bytes. */
const MAX_ID_BYTES = 1_024;

/** A path such as /%ZZ names nothing, and neither does one with an id that no table could hold. */
function isAddress(c: Context): boolean {
  try {
    const parts = decodeURIComponent(new URL(c.req.url).pathname).split('/');
    return parts.every((part) => Buffer.byteLength(part) <= MAX_ID_BYTES);
  } catch {
    return false;
  }
}

const isApi = (c: Context): boolean => c.req.path.startsWith('/api/');

function notFound(c: Context): Response {
  if (!isApi(c)) return problem(c, 404, 'No such page', 'This address does not exist.', '/');
  const known = Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`);
  return sendAnswer(c, refusal(404, `this address does not exist; the addresses are ${known.join(', ')}`));
}

/** A page that could not be made or an order that could not be carried out. Only our own messages are shown. */
async function failed(c: Context, { log }: LocalAppDeps, error: Error): Promise<Response> {
  if (error instanceof HTTPException) {
    const why = 'This form does not come from a page of this address. Open the page again, and use the form there.';
    return problem(c, error.status as 403, 'Refused', why, '/');
  }
  if (error instanceof BadInput || error instanceof NothingStored)
    return problem(c, 409, 'Not done', error.message, '/');
  const { status, body } = await answered(log, () => Promise.reject(error));
  if (isApi(c)) return sendAnswer(c, { status, body });
  return problem(c, status as 500, 'This did not work', (body as { message: string }).message, '/');
}
