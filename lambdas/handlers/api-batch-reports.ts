import { randomBytes } from 'node:crypto';
import { answerBatchReports } from '../api/batch-reports.ts';
import { httpHandler } from '../api/http.ts';
import { connectTables } from '../runtime/connect.ts';
import { connectConversations } from '../runtime/connect-polis.ts';
import { environment } from '../runtime/environment.ts';
import { log } from '../runtime/log.ts';
import { newJobTables } from '../stores/guards.ts';

export const handler = httpHandler(log, async () => {
  const { JOB_TABLE, LEDGER_TABLE, DEFAULT_MODEL } = environment('JOB_TABLE', 'LEDGER_TABLE', 'DEFAULT_MODEL');
  const deps = {
    ...newJobTables(connectTables().db, { jobs: JOB_TABLE, ledger: LEDGER_TABLE }),
    conversations: await connectConversations(),
    now: () => new Date(),
    randomHex: () => randomBytes(4).toString('hex'),
    defaultModel: DEFAULT_MODEL,
    log,
  };
  return (request) => answerBatchReports(deps, request);
});
