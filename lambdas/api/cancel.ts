import * as z from 'zod';
import { type CancelDeps, cancelJob, cancelledText } from '../job/cancel.ts';
import type { Log } from '../shared/log.ts';
import { problems } from '../shared/parse.ts';
import { type ApiAnswer, type ApiRequest, refusal } from './http.ts';

export type ApiCancelDeps = Omit<CancelDeps, 'by'> & { log: Log };

const paramsSchema = z.object({ job_id: z.string().min(1).max(500, 'must be 500 characters at most') });

/**
 * `POST /api/v3/delphi/batchReports/{job_id}/cancel`: sets a narrative job CANCELLED, as the command line does. Nothing is
 * read of a body. 404 for a job that does not exist, 409 for one that cannot be cancelled.
 */
export async function answerCancel(deps: ApiCancelDeps, { params }: ApiRequest): Promise<ApiAnswer> {
  const asked = paramsSchema.safeParse(params ?? {});
  if (!asked.success) return refusal(400, problems(asked.error));
  const { job_id } = asked.data;
  const answer = await cancelJob({ ...deps, by: 'by a request to the HTTP API' }, job_id);
  if (answer.kind === 'unknown') return refusal(404, `there is no job ${job_id}`);
  if (answer.kind === 'refused') return refusal(409, answer.why);
  deps.log.info('job cancelled by a request', { ...answer.cancelled });
  const { status: job_status, ...facts } = answer.cancelled;
  const message = cancelledText(answer.cancelled);
  return { status: 200, body: { status: 'success', message, ...facts, job_status } };
}
