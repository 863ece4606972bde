import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ApiAnswer, answered, type Route, refusal } from '../../lambdas/api/answer.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import { claimPort } from '../embedded/ports.ts';

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
