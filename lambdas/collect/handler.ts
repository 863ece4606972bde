import { reportsTable } from '../clients/reports-table.ts';
import { spendingTable } from '../clients/spending.ts';
import { connectTables } from '../runtime/connect.ts';
import { connectAnthropic } from '../runtime/connect-anthropic.ts';
import { environment } from '../runtime/environment.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { collect } from './collect.ts';

export const handler = stepHandler(collect, async () => {
  const tables = connectTables();
  const env = environment('REPORTS_TABLE', 'LEDGER_TABLE');
  const reports = reportsTable(tables.db, env.REPORTS_TABLE);
  const spending = spendingTable(tables.db, env.LEDGER_TABLE);
  return { ...tables, reports, spending, batches: await connectAnthropic() };
});
