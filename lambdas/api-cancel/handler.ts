import { documentClient } from '../clients/dynamo.ts';
import { jobTable } from '../clients/job-table.ts';
import { httpHandler } from '../http/handler.ts';
import { environment } from '../runtime/environment.ts';
import { log } from '../runtime/log.ts';
import { answerCancel } from './api-cancel.ts';

let db: ReturnType<typeof documentClient> | undefined;

export const handler = httpHandler(log, async () => {
  const { JOB_TABLE, STAGE } = environment('JOB_TABLE', 'STAGE');
  db ??= documentClient();
  const jobs = jobTable(db, JOB_TABLE);
  return (request) => answerCancel({ jobs, now: () => new Date(), stage: STAGE, log }, request);
});
