import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';

/** What is served: the health of a worker as JSON, and its figures as Prometheus reads them. */
export interface Served {
  /** @returns `ok` decides about the status: 200, or 503 */
  health(): { ok: boolean } & Record<string, unknown>;
  metrics(): string;
}

/**
 * Serves `GET /healthz` and `GET /metrics`. Neither holds a secret or a text of anybody.
 * @throws InvalidSetting when the address or the port is not available
 */
export async function serveHealth(
  { health, metrics }: Served,
  host: string,
  port: number,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const answer = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'text/plain', 'use GET\n');
    if (path === '/metrics') return answer(200, 'text/plain; version=0.0.4; charset=utf-8', metrics());
    if (path !== '/healthz') return answer(404, 'text/plain', 'the addresses are /healthz and /metrics\n');
    const found = health();
    answer(found.ok ? 200 : 503, 'application/json; charset=utf-8', `${JSON.stringify(found)}\n`);
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
      server.closeAllConnections();
    },
  };
}
