import { once } from 'node:events';
import { createServer } from 'node:net';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';

const HOST = '127.0.0.1';

/**
 * A port to listen on: the one asked for, or one that is free.
 * @param flag the command-line flag that names the port
 * @throws InvalidSetting when the port asked for cannot be had
 */
export async function claimPort(flag: string, wanted = 0): Promise<number> {
  const server = createServer();
  try {
    server.listen(wanted, HOST);
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address ? address.port : wanted;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'is in use: stop what uses it, or' : `cannot be listened on (${code}):`;
    throw new InvalidSetting(`port ${wanted} ${why} name another with ${flag}`, { cause: error });
  } finally {
    await new Promise((done) => server.close(done));
  }
}
