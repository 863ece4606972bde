import { pipeline, Readable } from 'node:stream';
import { CsvError, type Info, parse } from 'csv-parse';
import type { z } from 'zod';
import { type ExportPlace, InvalidExport } from './invalid-export.ts';
import type { ExportFile } from './open-export.ts';

/** Where a row was read, for errors found later on. */
export interface RowPlace extends ExportPlace {
  line: number;
}

export interface CsvRow<Row> {
  row: Row;
  /** all cells, in the order of the file */
  cells: string[];
  place: RowPlace;
}

/** The one shape of every error about a cell: file, line, column, what was expected. */
export const cellError = (place: ExportPlace, column: string, expected: string): InvalidExport =>
  new InvalidExport({ ...place, column }, expected);

const PIECE = 2 ** 16;

/**
 * Reads a CSV file row by row, each parsed by `schema`; its keys are the columns needed, in any order, and those that
 * accept undefined may be missing. Accepts a byte order mark and quoted line breaks.
 * @param onHeader is told the names of all columns, and may refuse them
 * @throws InvalidExport naming file, line, column and what was expected
 */
export async function* csvRows<Row>(
  { name: file, bytes }: ExportFile,
  schema: z.ZodObject & { _output: Row },
  onHeader?: (header: string[]) => void,
): AsyncGenerator<CsvRow<Row>> {
  // the parser is ahead of the loop below
  let parsed = 0;
  const parser = parse({
    bom: true,
    info: true,
    skip_empty_lines: true,
    record_delimiter: '\n',
    on_record: (record, { lines }) => {
      parsed = lines;
      return record;
    },
  });
  let wanted: [name: string, index: number][] | undefined;
  let line = 1;
  try {
    // Errors of either stream reach the loop below, so the callback has nothing to do.
    for await (const { record, info } of pipeline(Readable.from(pieces(bytes)), parser, nothing)) {
      const cells = record as string[];
      if (wanted === undefined) {
        const header = cells.map((cell) => cell.trim());
        wanted = columnsOf(header, schema, { file, line });
        onHeader?.(header);
      } else {
        const named = Object.fromEntries(wanted.map(([name, index]) => [name, cells[index]]));
        yield { row: checked(schema, named, { file, line }), cells, place: { file, line } };
      }
      line = (info as Info).lines + 1;
    }
  } catch (error) {
    throw error instanceof CsvError ? brokenCsv(error, file, parsed, bytes) : error;
  }
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

function columnsOf(header: string[], schema: z.ZodObject, place: RowPlace): [name: string, index: number][] {
  const twice = header.find((name, index) => name !== '' && header.indexOf(name) !== index);
  if (twice !== undefined) throw cellError(place, twice, 'expected each column once, but it is there twice');
  return Object.entries(schema.shape).flatMap(([name, type]): [string, number][] => {
    const index = header.indexOf(name);
    if (index !== -1) return [[name, index]];
    if (type.safeParse(undefined).success) return [];
    throw cellError(place, name, `is missing${otherDelimiter(header)}; expected the columns ${required(schema)}`);
  });
}

const required = (schema: z.ZodObject): string =>
  Object.keys(schema.shape)
    .filter((name) => !schema.shape[name]?.safeParse(undefined).success)
    .join(', ');

function otherDelimiter(header: string[]): string {
  const [delimiter] = (
    [
      [';', 'semicolons'],
      ['\t', 'tabs'],
      ['|', 'bars'],
    ] as const
  ).filter(([sign]) => header.length < 3 && header.join(',').includes(sign));
  return delimiter ? `: the cells seem to be separated by ${delimiter[1]}, and must be by commas` : '';
}

function checked<Row>(schema: z.ZodObject & { _output: Row }, record: unknown, place: RowPlace): Row {
  const result = schema.safeParse(record);
  if (result.success) return result.data as Row;
  const issue = result.error.issues[0];
  throw cellError(place, String(issue?.path[0] ?? '?'), `expected ${issue?.message ?? 'another value'}`);
}

/** @param parsed the last line of the last row that is whole */
function brokenCsv(error: CsvError, file: string, parsed: number, bytes: Buffer): InvalidExport {
  const options = { cause: error };
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
    return new InvalidExport(
      { file, line: parsed + 1 },
      'a quotation mark is not closed: the file may be cut off',
      options,
    );
  }
  const { lines: line = 1, record } = error as CsvError & { lines?: number; record?: unknown[] };
  if (error.code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH') {
    const cut = isLastLine(bytes, line) ? ': the file is cut off' : '';
    const found = record ? `, but it has ${record.length}` : '';
    return new InvalidExport({ file, line }, `expected as many cells as the first line has${found}${cut}`, options);
  }
  return new InvalidExport({ file, line }, `expected well-formed CSV, with quotes closed (${error.code})`, options);
}

function isLastLine(bytes: Buffer, line: number): boolean {
  let at = -1;
  for (let passed = 0; passed < line; passed += 1) {
    at = bytes.indexOf(10, at + 1);
    if (at === -1) return true;
  }
  return at === bytes.length - 1;
}

function nothing(): void {}
