import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import { readExport } from '../../local/export/read-export.ts';

/** A small export of thirteen comments. */
export const EXPORT = join(import.meta.dirname, 'fixtures/export');
export const EXPORT_FILES = ['comments.csv', 'votes.csv', 'participants-votes.csv', 'summary.csv'] as const;

const made: string[] = [];

/** An empty folder that {@link removeFolders} removes. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'export-'));
  made.push(folder);
  return folder;
}

export async function removeFolders(): Promise<void> {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true });
}

/** How the files of an export are changed; undefined takes a file away. */
export type Changes = Partial<Record<(typeof EXPORT_FILES)[number], (text: string) => string | Buffer | undefined>>;

/** A copy of the export with files changed. */
export async function changedExport(changes: Changes): Promise<string> {
  const folder = await newFolder();
  await cp(EXPORT, folder, { recursive: true });
  for (const [file, change] of Object.entries(changes)) {
    const changed = change(await readFile(join(folder, file), 'utf8'));
    if (changed === undefined) await rm(join(folder, file));
    else await writeFile(join(folder, file), changed);
  }
  return folder;
}

/** The one line that an export is refused with. */
export async function refusal(path: string): Promise<string> {
  const error = await readExport(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InvalidSetting);
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  return message;
}

/** Rewrites the rows of a file, each an array of cells; the first is the header. Quoted line breaks are not understood. */
export const rows =
  (change: (rows: string[][]) => string[][]) =>
  (text: string): string =>
    `${change(
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.split(',')),
    )
      .map((cells) => cells.join(','))
      .join('\n')}\n`;

const flipped = (vote: string): string => (vote === '1' ? '-1' : vote === '-1' ? '1' : vote);

/** votes.csv with agree and disagree exchanged. */
export const flipVotes = rows(([header = [], ...votes]) => [
  header,
  ...votes.map((cells) => [...cells.slice(0, -1), flipped(cells.at(-1) ?? '')]),
]);

/** participants-votes.csv with agree and disagree exchanged: in its cells, and in its counts if these are to fit. */
export const flipCells = (counts: 'with counts' | 'without counts') =>
  rows(([header = [], ...people]) => [
    header,
    ...people.map(([pid = '', gid = '', comments = '', votes = '', agree = '', disagree = '', ...cells]) => {
      const counted = counts === 'with counts' ? [disagree, agree] : [agree, disagree];
      return [pid, gid, comments, votes, ...counted, ...cells.map(flipped)];
    }),
  ]);

/** comments.csv with agrees and disagrees exchanged. */
export const flipCounts = (text: string): string =>
  text.replace(
    /^((?:[^,\n]*,){4})(\d+),(\d+),/gm,
    (_, before, agrees, disagrees) => `${before}${disagrees},${agrees},`,
  );
