import { connectTables } from '../runtime/connect.ts';
import { conversationsWhenAsked } from '../runtime/connect-polis.ts';
import { environment } from '../runtime/environment.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { complete } from '../steps/complete.ts';
import { reportsTable } from '../stores/reports.ts';

export const handler = stepHandler(complete, async () => {
  const tables = connectTables();
  const reports = reportsTable(tables.db, environment('REPORTS_TABLE').REPORTS_TABLE);
  return { ...tables, reports, conversations: conversationsWhenAsked };
});
