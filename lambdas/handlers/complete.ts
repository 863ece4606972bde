import { connectTables } from '../runtime/connect.ts';
import { environment } from '../runtime/environment.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { complete } from '../steps/complete.ts';
import { reportsTable } from '../stores/reports.ts';

export const handler = stepHandler(complete, async () => {
  const tables = connectTables();
  return { ...tables, reports: reportsTable(tables.db, environment('REPORTS_TABLE').REPORTS_TABLE) };
});
