import { answerCancel } from '../api/cancel.ts';
import { httpHandler } from '../api/http.ts';
import { environment } from '../runtime/environment.ts';
import { log } from '../runtime/log.ts';
import { documentClient } from '../stores/dynamodb.ts';
import { jobTable } from '../stores/jobs.ts';

let db: ReturnType<typeof documentClient> | undefined;

export const handler = httpHandler(log, async () => {
  const { JOB_TABLE, STAGE } = environment('JOB_TABLE', 'STAGE');
  db ??= documentClient();
  const jobs = jobTable(db, JOB_TABLE);
  return (request) => answerCancel({ jobs, now: () => new Date(), stage: STAGE, log }, request);
});
