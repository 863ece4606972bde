import { httpHandler } from '../api/http.ts';
import { answerReportPage } from '../api/report-page.ts';
import { connectConversations } from '../runtime/connect-polis.ts';
import { environment } from '../runtime/environment.ts';
import { log } from '../runtime/log.ts';
import { documentClient } from '../stores/dynamodb.ts';
import { jobTable } from '../stores/jobs.ts';
import { ledgerTable } from '../stores/ledger.ts';
import { reportRows } from '../stores/reports.ts';

let db: ReturnType<typeof documentClient> | undefined;

export const handler = httpHandler(log, async () => {
  const { REPORTS_TABLE, LEDGER_TABLE, JOB_TABLE } = environment('REPORTS_TABLE', 'LEDGER_TABLE', 'JOB_TABLE');
  db ??= documentClient();
  const client = db;
  const deps = {
    storedReports: (reportId: string) => reportRows(client, REPORTS_TABLE, reportId),
    ledger: ledgerTable(client, LEDGER_TABLE),
    jobs: jobTable(client, JOB_TABLE),
    conversations: await connectConversations(),
    log,
  };
  return (request) => answerReportPage(deps, request);
});
