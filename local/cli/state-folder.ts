import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InvalidSetting } from '../../lambdas/domain/errors.ts';
import { jsonOrUndefined } from '../../lambdas/domain/parse.ts';

/** Raise it when what the folder holds changes its shape. */
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
 * @param kind simulated and real runs keep apart: a batch of one is unknown to the other
 * @throws InvalidSetting when it is of another version, in use, not writable, or the disk is full
 */
export function openStateFolder(root: string, kind: 'simulated' | 'real'): StateFolder {
  const folder = join(root, kind);
  try {
    mkdirSync(folder, { recursive: true });
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < ROOM_NEEDED) throw new InvalidSetting(`the disk of ${folder} is full (less than 200 MB free): make room, or name another folder with --state`);
    checkVersion(folder);
    takeLock(folder);
  } catch (error) {
    if (error instanceof InvalidSetting) throw error;
    throw new InvalidSetting(`the state folder ${folder} cannot be written (${(error as NodeJS.ErrnoException).code}): mend it, or name another with --state`, { cause: error });
  }
  return {
    path: (...parts) => join(folder, ...parts),
    release: () => rmSync(join(folder, 'lock'), { force: true }),
  };
}

function checkVersion(folder: string): void {
  const file = join(folder, 'state.json');
  const text = readOr(file);
  if (text === undefined) return writeFileSync(file, `${JSON.stringify({ version: STATE_VERSION })}\n`);
  const mark = markSchema.safeParse(jsonOrUndefined(text));
  if (mark.data?.version === STATE_VERSION) return;
  const found = mark.success ? `version ${mark.data.version}` : 'an unknown version';
  throw new InvalidSetting(`the state folder ${folder} is of ${found}, and this program writes version ${STATE_VERSION}: finish its job with the program that made it, or name another folder with --state`);
}

/** A lock whose process is gone is taken over. */
function takeLock(folder: string): void {
  const file = join(folder, 'lock');
  const holder = Number(readOr(file));
  if (holder > 0 && holder !== process.pid && isAlive(holder)) {
    throw new InvalidSetting(`the state folder ${folder} is in use by process ${holder}: wait for it, stop it, or name another folder with --state`);
  }
  writeFileSync(file, String(process.pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readOr(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
