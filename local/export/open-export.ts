import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import { InvalidExport } from './invalid-export.ts';
import { checkedText } from './text.ts';

const EXPORT_HOLDS =
  'a Polis export is a folder or a zip file with comments.csv, votes.csv, participant-votes.csv and summary.csv';

/** What each file is called, after the date and the name of the conversation that the report page puts before it. */
const KIND_OF_NAME = {
  'summary.csv': 'summary',
  'comments.csv': 'comments',
  'votes.csv': 'votes',
  'participant-votes.csv': 'participants',
  'participants-votes.csv': 'participants',
  'comment-groups.csv': 'groups',
} as const;
export type ExportFileKind = (typeof KIND_OF_NAME)[keyof typeof KIND_OF_NAME];

/** A browser numbers a second download: `votes (1).csv`. */
const FILE_NAME =
  /^(?:(?<prefix>.*?)-)??(?<name>participants?-votes|comment-groups|summary|comments|votes)(?: \(\d+\))?(?<end>\.csv)$/i;
/** The report page writes the time of the download first; files of one export can differ in it. */
const DOWNLOADED_AT = /^\d{4}-\d{1,2}-\d{1,2}-\d{3,6}(-|$)/;

/** All files of an export together: more than any conversation, and less than what fits into memory. */
const MAX_EXPORT_BYTES = 400 * 2 ** 20;
const MAX_ZIP_ENTRIES = 10_000;

/** A file of an export. */
export interface ExportFile {
  /** as it is called in the folder or zip file */
  name: string;
  /** UTF-8, with LF at the end of each line */
  bytes: Buffer;
}

/** The files of an export; an export made before 2025 has no `comment-groups.csv`. */
export type OpenExport = Record<Exclude<ExportFileKind, 'groups'>, ExportFile> & { groups: ExportFile | undefined };

interface Listed {
  /** with the folder inside the zip file */
  path: string;
  size: number;
  read: () => Promise<Buffer>;
}

/**
 * Reads the files of one export from a folder or a zip file, as UTF-8.
 * @throws InvalidSetting when there is no export at `path`, more than one, or it is too large
 * @throws InvalidExport when a file is not readable text
 */
export async function openExport(path: string): Promise<OpenExport> {
  const found = await lookAt(path);
  if (found === undefined) throw new InvalidSetting(`${path} does not exist: ${EXPORT_HOLDS}`);
  if (found.isDirectory()) return readChosen(chosenFiles(await listFolder(path), path), path);
  const handle = await open(path);
  try {
    return await readChosen(chosenFiles(await listZip(handle, path), path), path);
  } finally {
    await handle.close();
  }
}

/** What is at a path; undefined when nothing is. @throws InvalidSetting without permission to look */
async function lookAt(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(path, error);
  }
}

const unreadable = (path: string, cause: unknown): InvalidSetting =>
  new InvalidSetting(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code}): check its permissions`, {
    cause,
  });

async function listFolder(folder: string): Promise<Listed[]> {
  const names = await readdir(folder).catch((error) => {
    throw unreadable(folder, error);
  });
  const listed: Listed[] = [];
  for (const path of names.filter((name) => placeOf(name) !== undefined)) {
    const file = join(folder, path);
    const found = await lookAt(file);
    if (!found?.isFile()) continue;
    const read = () =>
      readFile(file).catch((error) => {
        throw unreadable(file, error);
      });
    listed.push({ path, size: found.size, read });
  }
  return listed;
}

/** @throws InvalidSetting when the file is no zip file, or one that cannot be read */
async function listZip(handle: FileHandle, path: string): Promise<Listed[]> {
  const { fromFdPromise } = await import('yauzl');
  try {
    const zip = await fromFdPromise(handle.fd, { autoClose: false });
    if (zip.entryCount > MAX_ZIP_ENTRIES) {
      throw new RangeError(`it holds ${zip.entryCount.toLocaleString('en')} files`);
    }
    const listed: Listed[] = [];
    for await (const entry of zip.eachEntry()) {
      const read = async () => {
        const bytes = await buffer(await zip.openReadStreamPromise(entry));
        if (crc32(bytes) !== entry.crc32) throw new RangeError('its check sum is wrong');
        return bytes;
      };
      const readOrName = () =>
        read().catch((cause) => {
          throw new InvalidExport(
            { file: basename(entry.fileName) },
            `cannot be unpacked from ${path} (${cause.message}): download the zip file again`,
            { cause },
          );
        });
      listed.push({ path: entry.fileName, size: entry.uncompressedSize, read: readOrName });
    }
    return listed;
  } catch (cause) {
    throw new InvalidSetting(
      `${path} is not a zip file that can be read (${(cause as Error).message}): ${EXPORT_HOLDS}`,
      {
        cause,
      },
    );
  }
}

/** Which file of an export a path names, and of which export; undefined for other files and for those that systems hide. */
function placeOf(path: string): { kind: ExportFileKind; exportName: string } | undefined {
  const parts = path.split(/[/\\]/);
  const file = parts.pop() ?? '';
  if (file.startsWith('.') || parts.some((part) => part === '__MACOSX' || part.startsWith('.'))) return undefined;
  const groups = FILE_NAME.exec(file)?.groups;
  const kind = KIND_OF_NAME[`${groups?.name}${groups?.end}`.toLowerCase() as keyof typeof KIND_OF_NAME];
  if (!kind) return undefined;
  return { kind, exportName: [...parts, (groups?.prefix ?? '').replace(DOWNLOADED_AT, '')].join('/') };
}

/** @throws InvalidSetting when a file is missing, is there twice, or belongs to another export */
function chosenFiles(listed: Listed[], where: string): Partial<Record<ExportFileKind, Listed>> {
  const chosen: Partial<Record<ExportFileKind, Listed>> = {};
  let first: { path: string; exportName: string } | undefined;
  for (const file of listed.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const place = placeOf(file.path);
    if (place === undefined) continue;
    first ??= { path: file.path, exportName: place.exportName };
    const twin = first.exportName === place.exportName ? chosen[place.kind] : first;
    if (twin !== undefined) {
      throw new InvalidSetting(
        `${where} holds more than one export: it has both ${twin.path} and ${file.path}. Put each export into a folder of its own`,
      );
    }
    chosen[place.kind] = file;
  }
  return chosen;
}

async function readChosen(chosen: Partial<Record<ExportFileKind, Listed>>, where: string): Promise<OpenExport> {
  const size = Object.values(chosen).reduce((sum, file) => sum + file.size, 0);
  if (size > MAX_EXPORT_BYTES) {
    const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MB`;
    throw new InvalidSetting(
      `${where} is too large: its files hold ${megabytes(size)}, and at most ${megabytes(MAX_EXPORT_BYTES)} are read`,
    );
  }
  const read = async (kind: ExportFileKind): Promise<ExportFile | undefined> => {
    const listed = chosen[kind];
    if (listed === undefined) return undefined;
    const name = basename(listed.path);
    return { name, bytes: checkedText(await listed.read(), name) };
  };
  const needed = async (kind: ExportFileKind): Promise<ExportFile> => {
    const file = await read(kind);
    if (file !== undefined) return file;
    const names = Object.entries(KIND_OF_NAME).flatMap(([name, of]) => (of === kind ? [name] : []));
    throw new InvalidSetting(`${names.join(' or ')} is missing in ${where}: ${EXPORT_HOLDS}`);
  };
  return {
    summary: await needed('summary'),
    comments: await needed('comments'),
    votes: await needed('votes'),
    participants: await needed('participants'),
    groups: await read('groups'),
  };
}
