import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from '../../lambdas/shared/errors.ts';

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
