import { batchReportsSchema, type PutJobDeps, putJob } from '../job/put.ts';
import { ReportMismatch } from '../shared/errors.ts';
import { jsonOrUndefined, problems } from '../shared/parse.ts';
import { type ApiAnswer, type ApiRequest, refusal } from './http.ts';

/** A body holds six small fields. */
const MAX_CHARACTERS = 65_536;

/**
 * `POST /api/v3/delphi/batchReports`: puts a narrative job, or names the one that is under way. Job ids are made from
 * the report's public id: the answer holds no zid.
 */
export async function answerBatchReports(deps: PutJobDeps, { body }: ApiRequest): Promise<ApiAnswer> {
  if (body.length > MAX_CHARACTERS) return refusal(413, 'the body is larger than any request for a report');
  const json = jsonOrUndefined(body);
  if (json === undefined) return refusal(400, 'the body must be JSON, such as {"report_id": "r…"}');
  const asked = batchReportsSchema.safeParse(json);
  if (!asked.success) return refusal(400, problems(asked.error));
  try {
    const { job_id, report_id, model, deduplicated } = await putJob(deps, asked.data);
    const message = deduplicated ? 'A narrative job for this report already exists' : 'Narrative job created';
    const answer = { status: 'success', message, report_id, job_id, batch_id: job_id, model, deduplicated };
    return { status: 200, body: answer };
  } catch (error) {
    if (error instanceof ReportMismatch) return refusal(404, error.message);
    throw error;
  }
}
