import * as z from 'zod';
import { reportIdSchema } from '../job/put.ts';
import { readReports, reportsAnswer } from '../report/public.ts';
import type { Log } from '../shared/log.ts';
import { problems } from '../shared/parse.ts';
import { type ApiAnswer, type ApiRequest, refusal } from './http.ts';

export interface ApiReportsDeps {
  /** every row of one report, of all its runs, as the table has it */
  storedReports: (reportId: string) => Promise<readonly object[]>;
  log: Log;
}

const text = z.string().max(1_000, 'must be 1000 characters at most').optional();
const querySchema = z.object({ report_id: reportIdSchema, section: text, job_id: text });

/**
 * `GET /api/v3/delphi/reports?report_id=…[&section=…][&job_id=…]`: the sections of the newest run, or of the one asked
 * for. A report that is unknown or not written yet is a success without sections, as the Polis server has it.
 */
export async function answerReports(deps: ApiReportsDeps, { query }: ApiRequest): Promise<ApiAnswer> {
  const asked = querySchema.safeParse(query);
  if (!asked.success) return refusal(400, problems(asked.error));
  const { report_id, section, job_id } = asked.data;
  const rows = readReports(await deps.storedReports(report_id), (damaged) =>
    deps.log.warn('report row is damaged', { report_id, ...damaged }),
  );
  // an empty parameter is one that was not given
  const body = reportsAnswer(report_id, rows, {
    ...(section ? { section } : {}),
    ...(job_id ? { jobId: job_id } : {}),
  });
  const sections = Object.keys(body.reports).length;
  deps.log.info('report read', { report_id, job_id: body.current_job_id, sections, rows: rows.length });
  return { status: 200, body };
}
