import { InvalidSetting } from '../../lambdas/shared/errors.ts';

/** Where in an export something is wrong. */
export interface ExportPlace {
  /** the file as it is named in the folder or zip file */
  file: string;
  /** 1 is the first line of the file */
  line?: number;
  column?: string;
}

/** An export that is incomplete, damaged or contradicts itself. The fields say where, the message what and what to do. */
export class InvalidExport extends InvalidSetting {
  readonly file: string;
  readonly line: number | undefined;
  readonly column: string | undefined;

  constructor({ file, line, column }: ExportPlace, problem: string, options?: ErrorOptions) {
    const where = `${file}${line === undefined ? '' : ` line ${line}`}${column === undefined ? '' : `, column "${column}"`}`;
    super(`${where}: ${problem}`, options);
    this.file = file;
    this.line = line;
    this.column = column;
  }
}

/** What to do about files that do not fit together. */
export const DOWNLOAD_AGAIN = 'Download all files of the export again, one right after the other';
