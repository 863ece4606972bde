import { httpHandler } from '../api/http.ts';
import { answerReports } from '../api/reports.ts';
import { environment } from '../runtime/environment.ts';
import { log } from '../runtime/log.ts';
import { documentClient } from '../stores/dynamodb.ts';
import { reportRows } from '../stores/reports.ts';

let db: ReturnType<typeof documentClient> | undefined;

export const handler = httpHandler(log, async () => {
  const { REPORTS_TABLE } = environment('REPORTS_TABLE');
  db ??= documentClient();
  const client = db;
  return (request) =>
    answerReports({ storedReports: (reportId) => reportRows(client, REPORTS_TABLE, reportId), log }, request);
});
