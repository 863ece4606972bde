import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonOrUndefined } from '../../lambdas/shared/parse.ts';

const MAX_CHARACTERS = 60;

/**
 * The name of a report's files without their ends, such as `harbour-front-2026-05-27`: letters and digits of any script, in lower case.
 * @param date ISO 8601
 */
export function reportFileName(title: string, date: string, reportId: string): string {
  const words = title
    .normalize('NFC')
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu);
  let name = '';
  for (const word of words ?? []) {
    const longer = name === '' ? [...word].slice(0, MAX_CHARACTERS).join('') : `${name}-${word}`;
    if ([...longer].length > MAX_CHARACTERS) break;
    name = longer;
  }
  return `${name || reportId}-${date.slice(0, 10)}`;
}

const reportSchema = z.object({ request_report_id: z.string() });

/** The same; two reports of one title and day do not write to one file. @param folder where reports are written */
export function freeFileName(folder: string, title: string, date: string, reportId: string): string {
  const name = reportFileName(title, date, reportId);
  const there = reportSchema.safeParse(jsonOrUndefined(textOf(join(folder, `${name}.json`)))).data;
  return there === undefined || there.request_report_id === reportId ? name : `${name}-${reportId}`;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
