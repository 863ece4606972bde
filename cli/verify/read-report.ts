import * as z from 'zod';
import { type StoredSection, storedReportSchema } from '../../lambdas/report/shape.ts';
import { jsonOrUndefined, parseOr } from '../../lambdas/shared/parse.ts';
import { InvalidReport } from '../errors.ts';
import { type Changed, readPage } from './read-page.ts';

/** A section of a report: with claims and what they are proven from, or with the reason why there is nothing to prove. */
export type ReadSection =
  | { section: string; state: 'checked'; report: StoredSection; evidence: NonNullable<StoredSection['evidence']> }
  | { section: string; state: 'not checked' | 'no text' };

/** A report as it is stored, as far as its claims are concerned. */
export interface ReadReport {
  reportId: string;
  sections: ReadSection[];
  /** what of a page is not as it was published, by its own fingerprints */
  changed?: Changed | undefined;
}

const WHAT = 'a report is the JSON that npm start or GET /api/v3/delphi/reports writes, or the HTML page of the report';

const answerSchema = z.object({
  request_report_id: z.string().default('(unnamed)'),
  reports: z.record(z.string(), z.unknown()),
});
const sectionSchema = z.object({ report_data: z.string().nullish(), errors: z.unknown().optional() });

/**
 * Reads a report from the text of a file: JSON, or the page of a report.
 * @param name of the file, for errors, which quote nothing of it
 * @throws InvalidReport
 */
export function readReportFile(text: string, name: string): ReadReport {
  if (/^\s*</.test(text)) {
    const page = readPage(text);
    if (!page) throw new InvalidReport(`${name} is a page without the data of a report, or damaged: ${WHAT}`);
    return { ...readReport(page.answer, name), changed: page.changed };
  }
  const value = jsonOrUndefined(text);
  if (value === undefined) throw new InvalidReport(`${name} is not JSON, or cut off: ${WHAT}`);
  return readReport(value, name);
}

/**
 * Reads a report from the body of `GET /api/v3/delphi/reports`.
 * @param name of where it comes from, for errors
 * @throws InvalidReport naming the field or section that cannot be read
 */
export function readReport(answer: unknown, name: string): ReadReport {
  const { request_report_id, reports } = parseOr(
    answerSchema,
    answer,
    (line) => new InvalidReport(`${name} is no report (${line}): ${WHAT}`),
  );
  const sections = Object.entries(reports).map(([section, stored]): ReadSection => {
    const fail = (line: string) => new InvalidReport(`${name}: section ${section} cannot be read (${line})`);
    const { report_data, errors } = parseOr(sectionSchema, stored, fail);
    // what has an error has a sentence for readers in place of a text
    if (errors !== undefined && errors !== null) return { section, state: 'no text' };
    const report = parseOr(storedReportSchema, jsonOrUndefined(report_data ?? ''), fail);
    const { evidence } = report;
    return evidence ? { section, state: 'checked', report, evidence } : { section, state: 'not checked' };
  });
  return { reportId: request_report_id, sections };
}
