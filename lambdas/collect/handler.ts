import { reportsTable } from '../clients/reports-table.ts';
import { connectTables } from '../runtime/connect.ts';
import { connectAnthropic } from '../runtime/connect-anthropic.ts';
import { environment } from '../runtime/environment.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { collect } from './collect.ts';

export const handler = stepHandler(collect, async () => {
  const tables = connectTables();
  const reports = reportsTable(tables.db, environment('REPORTS_TABLE').REPORTS_TABLE);
  return { ...tables, reports, batches: await connectAnthropic() };
});
