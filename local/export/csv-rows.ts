import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { CsvError, type Info, parse } from 'csv-parse';
import type { z } from 'zod';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';

const EXPORT_HOLDS = 'a Polis export folder contains comments.csv, votes.csv, participants-votes.csv and summary.csv';

/** Where a row was read, for errors found later on. */
export interface RowPlace {
  file: string;
  /** 1 is the first line of the file. */
  line: number;
}

export interface CsvRow<Row> {
  row: Row;
  place: RowPlace;
}

/** The one shape of every error about an export: file, line, column, what was expected. */
export function exportError(place: RowPlace, column: string, expected: string, options?: ErrorOptions): InvalidSetting {
  return new InvalidSetting(`${place.file} line ${place.line}, column "${column}": ${expected}`, options);
}

/**
 * The first of `names` that is a file in the folder.
 * @throws InvalidSetting when the folder does not exist, is not a folder, or contains no such file
 */
export async function fileOf(dir: string, names: [string, ...string[]]): Promise<string> {
  await checkFolder(dir);
  const found = await Promise.all(names.map((name) => lookAt(join(dir, name))));
  const file = names.find((_, index) => found[index]?.isFile());
  if (file !== undefined) return file;
  const other = names.find((_, index) => found[index] !== undefined);
  const problem = other === undefined ? `${names[0]} is missing in ${dir}` : `${other} in ${dir} is not a file`;
  throw new InvalidSetting(`${problem}: ${EXPORT_HOLDS}`);
}

async function checkFolder(dir: string): Promise<void> {
  const found = await lookAt(dir);
  if (found?.isDirectory()) return;
  throw new InvalidSetting(`${found ? `${dir} is not a folder` : `the folder ${dir} does not exist`}: ${EXPORT_HOLDS}`);
}

/** What is at a path; undefined when nothing is. @throws InvalidSetting without permission to look */
async function lookAt(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InvalidSetting(`${path} cannot be read (${code}): check its permissions`, { cause: error });
  }
}

/**
 * Streams a CSV file row by row, each parsed by `schema`; its keys are the columns needed, others are skipped unread.
 * Accepts LF and CRLF, a byte order mark, and quoted line breaks.
 * @throws InvalidSetting naming file, line, column and what was expected
 */
export async function* csvRows<Row>(
  dir: string,
  file: string,
  schema: z.ZodObject & { _output: Row },
): AsyncGenerator<CsvRow<Row>> {
  const wanted = Object.keys(schema.shape);
  const parser = parse({
    bom: true,
    info: true,
    skip_empty_lines: true,
    columns: (header) => columns(header, wanted, file),
  });
  let line = 2;
  try {
    // Errors of either stream reach the loop below, so the callback has nothing to do.
    for await (const { record, info } of pipeline(createReadStream(join(dir, file)), parser, nothing)) {
      yield { row: checked(schema, record, { file, line }), place: { file, line } };
      line = (info as Info).lines + 1;
    }
  } catch (error) {
    throw error instanceof CsvError ? brokenCsv(error, file) : error;
  }
}

function columns(header: string[], wanted: string[], file: string): (string | false)[] {
  const missing = wanted.find((name) => !header.includes(name));
  if (missing !== undefined) {
    throw exportError({ file, line: 1 }, missing, `is missing; expected the columns ${wanted.join(', ')}`);
  }
  return header.map((name) => (wanted.includes(name) ? name : false));
}

function checked<Row>(schema: z.ZodObject & { _output: Row }, record: unknown, place: RowPlace): Row {
  const result = schema.safeParse(record);
  if (result.success) return result.data as Row;
  const issue = result.error.issues[0];
  throw exportError(place, String(issue?.path[0] ?? '?'), `expected ${issue?.message ?? 'another value'}`);
}

function brokenCsv(error: CsvError, file: string): InvalidSetting {
  const line = typeof error.lines === 'number' ? error.lines : 1;
  const column = typeof error.column === 'string' ? error.column : '?';
  const expected = 'expected well-formed CSV, with as many cells as the first line and quotes closed';
  return exportError({ file, line }, column, `${expected} (${error.code})`);
}

function nothing(): void {}
