import { reportsTable } from '../clients/reports-table.ts';
import { connectTables } from '../runtime/connect.ts';
import { environment } from '../runtime/environment.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { complete } from './complete.ts';

export const handler = stepHandler(complete, async () => {
  const tables = connectTables();
  return { ...tables, reports: reportsTable(tables.db, environment('REPORTS_TABLE').REPORTS_TABLE) };
});
