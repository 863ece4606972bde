import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { commandLineOf } from '../embedded/processes.ts';
import { readOr } from '../embedded/read-or.ts';

/** Names the program in its process' command line. */
const PROGRAM = 'start.ts';

/**
 * Takes a lock file for this process; a lock whose process is gone is taken over.
 * @returns the process that holds it, or undefined when it is ours now
 * @throws the file system's error when it cannot be written
 */
export function takeLock(file: string): number | undefined {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    for (;;) {
      if (linked(mine, file)) return undefined;
      const holder = Number(readOr(file));
      if (holder > 0 && holder !== process.pid && isRunning(holder)) return holder;
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Linking makes the lock with its content in one step, so that nobody reads half a lock. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether this very program still runs under that id: ids are given again after a restart of the machine. */
function isRunning(pid: number): boolean {
  const command = commandLineOf(pid);
  if (command) return command.some((word) => word.endsWith(PROGRAM));
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
