import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { InvalidSetting } from '../lambdas/shared/errors.ts';

/** A file's text, or undefined when there is no such file. */
export function readOr(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The words of a process' command line.
 * @returns an empty list when the process has ended; undefined where the system has no /proc to read it from
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
 * Whether a process holds no file and no port any more. One that is ending loses its command line first, and its ports
 * some milliseconds later, when its last thread is a zombie or gone. Needs /proc.
 */
export function hasEnded(pid: number): boolean {
  const isOver = (task: string) => {
    try {
      // "id (name) state …", and a name may hold anything
      return /\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8'));
    } catch {
      return true;
    }
  };
  try {
    return readdirSync(`/proc/${pid}/task`).every(isOver);
  } catch {
    return true;
  }
}

/**
 * A port to listen on: the one asked for, or one that is free.
 * @param flag the command-line flag that names the port
 * @throws InvalidSetting when the port asked for is not available
 */
export async function claimPort(flag: string, wanted = 0): Promise<number> {
  const server = createServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address ? address.port : wanted;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'is in use: stop the program that uses it, or' : `cannot be used (${code}):`;
    throw new InvalidSetting(`port ${wanted} ${why} choose another with ${flag}`, { cause: error });
  } finally {
    await new Promise((done) => server.close(done));
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm sends a second SIGINT for the same Ctrl-C. Only a later one means "end at once". */
const SAME_KEYPRESS_MS = 300;

/** Exit code of a run that was stopped, as shells report Ctrl-C. */
export const STOPPED = 130;

/**
 * Turns Ctrl-C, a termination and a closed terminal into an abort, so that databases are closed in order. A second
 * Ctrl-C ends the process at once.
 */
export function stopSignal(): { signal: AbortSignal; release: () => void } {
  const stopped = new AbortController();
  let since = 0;
  const onSignal = () => {
    if (stopped.signal.aborted && Date.now() - since > SAME_KEYPRESS_MS) process.exit(STOPPED);
    if (!stopped.signal.aborted) since = Date.now();
    stopped.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: stopped.signal,
    release: () => {
      for (const name of SIGNALS) process.removeListener(name, onSignal);
    },
  };
}

/** Resolves to the exit code of a stopped run once the signal aborts, also when it already has. */
export const aborted = (signal: AbortSignal): Promise<typeof STOPPED> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(STOPPED);
    signal.addEventListener('abort', () => resolve(STOPPED), { once: true });
  });
