import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidSetting, StoreUnavailable } from '../lambdas/shared/errors.ts';

const GENTLE_MS = 5_000;
const LOOK_MS = 20;

/**
 * The words of a process' command line.
 * @returns an empty list when it is gone or has ended; undefined where the system has no /proc to tell
 */
export function commandLineOf(pid: number): string[] | undefined {
  if (!existsSync('/proc/self/cmdline')) return undefined;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  } catch {
    return [];
  }
}

/**
 * Ends one process, gently and then not, if it still is the one meant.
 * @param isMeant looks at its command line: a process id may have been given to another program since
 * @throws StoreUnavailable when it cannot be ended
 */
export async function endProcess(pid: number, isMeant: (words: string[]) => boolean): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const deadline = Date.now() + GENTLE_MS;
    if (!isMeant(commandLineOf(pid) ?? [])) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH')
        throw new StoreUnavailable(`process ${pid} of an earlier run cannot be ended: end it yourself`, {
          cause: error,
        });
    }
    while (Date.now() < deadline) {
      if (!isMeant(commandLineOf(pid) ?? [])) return;
      await sleep(LOOK_MS);
    }
  }
  throw new StoreUnavailable(`process ${pid} of an earlier run does not end: end it yourself`);
}

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

/** A file's text, or undefined when there is no such file. */
export function readOr(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
