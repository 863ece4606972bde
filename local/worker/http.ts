import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';

/** What is served: the health of a worker as JSON, its figures as Prometheus reads them, and the page of jobs. */
export interface Served {
  /** @returns `ok` decides about the status: 200, or 503 */
  health(): { ok: boolean } & Record<string, unknown>;
  metrics(): string;
  /** undefined: there is none */
  page?: Pick<Hono, 'fetch'> | undefined;
}

/**
 * Serves `GET /healthz` and `GET /metrics`, which hold no secret and no text of anybody, and the page at all other addresses.
 * @throws InvalidSetting when the address or the port is not available
 */
export async function serveHealth(
  { health, metrics, page }: Served,
  host: string,
  port: number,
): Promise<{ url: string; close(): Promise<void> }> {
  const own = ({ method, url }: Request): Response | undefined => {
    const { pathname } = new URL(url);
    const known = pathname === '/healthz' || pathname === '/metrics';
    if (!known && page) return undefined;
    if (method !== 'GET' && method !== 'HEAD') return answer(405, 'text/plain', 'use GET\n');
    if (pathname === '/metrics') return answer(200, 'text/plain; version=0.0.4; charset=utf-8', metrics());
    if (!known) return answer(404, 'text/plain', 'the addresses are /healthz and /metrics\n');
    const found = health();
    return answer(found.ok ? 200 : 503, 'application/json; charset=utf-8', `${JSON.stringify(found)}\n`);
  };
  const server = createAdaptorServer({
    fetch: (request, env) => own(request) ?? (page as Pick<Hono, 'fetch'>).fetch(request, env),
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InvalidSetting(`HTTP_PORT ${port} on ${host} cannot be used (${code}): choose another with --http-port`, {
      cause: error,
    });
  }
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    async close() {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
    },
  };
}

const answer = (status: number, type: string, body: string): Response =>
  new Response(body, { status, headers: { 'content-type': type, 'cache-control': 'no-store' } });
