import { accessSync, constants, existsSync, linkSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { jsonOrUndefined } from '../lambdas/shared/parse.ts';
import type { ApiKind } from './options.ts';
import { commandLineOf, readOr } from './os.ts';

/** Raise it when the format of the folder's content changes. */
const STATE_VERSION = 1;
const ROOM_NEEDED = 200 * 1024 * 1024;

const markSchema = z.object({ version: z.number() });

/** The folder that keeps databases and batches between runs, held by one run at a time. */
export interface StateFolder {
  path(...parts: string[]): string;
  release(): void;
}

/**
 * Opens the state folder, or makes it.
 * @param kind runs with different APIs are kept apart, because each API knows only its own batches
 * @throws InvalidSetting when it is of another version, in use, not writable, or the disk is full
 */
export function openStateFolder(root: string, kind: ApiKind): StateFolder {
  const folder = join(root, kind);
  const lock = join(folder, 'lock');
  writable(folder, '--state', () => {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < ROOM_NEEDED) {
      throw new InvalidSetting(
        `the disk of ${folder} has less than the 200 MB free that a run needs: free some space, or choose another folder with --state`,
      );
    }
    const holder = takeLock(lock);
    if (holder !== undefined) {
      throw new InvalidSetting(
        `the state folder ${folder} is in use by process ${holder}: wait for it, stop it, or choose another folder with --state`,
      );
    }
    try {
      checkVersion(folder);
    } catch (error) {
      rmSync(lock, { force: true });
      throw error;
    }
  });
  return { path: (...parts) => join(folder, ...parts), release: () => rmSync(lock, { force: true }) };
}

/**
 * Makes the folder that reports go to, before anything is spent on one.
 * @throws InvalidSetting when it cannot be written
 */
export function openReportFolder(folder: string): string {
  writable(folder, '--out', () => undefined);
  return folder;
}

function writable(folder: string, flag: string, use: () => void): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    use();
  } catch (error) {
    if (error instanceof InvalidSetting) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new InvalidSetting(
      `the folder ${folder} cannot be written (${code}): check its permissions, or choose another with ${flag}`,
      { cause: error },
    );
  }
}

function checkVersion(folder: string): void {
  const file = join(folder, 'state.json');
  const text = readOr(file);
  if (text === undefined) {
    writeFileSync(file, `${JSON.stringify({ version: STATE_VERSION })}\n`);
    return;
  }
  const mark = markSchema.safeParse(jsonOrUndefined(text));
  if (mark.data?.version === STATE_VERSION) return;
  const found = mark.success ? `version ${mark.data.version}` : 'an unknown version';
  throw new InvalidSetting(
    `the state folder ${folder} has ${found}, but this program needs version ${STATE_VERSION}: finish its jobs with the version of the program that made it, or choose another folder with --state`,
  );
}

/** Jobs whose report has been written, each remembered by an empty file. */
export interface Delivered {
  has(jobId: string): boolean;
  add(jobId: string): void;
}

export function deliveredJobs(folder: StateFolder): Delivered {
  mkdirSync(folder.path('delivered'), { recursive: true });
  return {
    has: (jobId) => existsSync(folder.path('delivered', jobId)),
    add: (jobId) => writeFileSync(folder.path('delivered', jobId), ''),
  };
}

/** Names the program in its process' command line. */
const PROGRAM = 'start.ts';

/**
 * Takes a lock file for this process. A lock whose process has ended is replaced.
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

/** Linking creates the lock with its content in one step, so that nobody reads half a lock. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether this program still runs under that id: after a restart of the machine the id may belong to another one. */
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
