import { connectTables } from '../runtime/connect.ts';
import { connectAnthropic } from '../runtime/connect-anthropic.ts';
import { environment } from '../runtime/environment.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { collect } from '../steps/collect/collect.ts';
import { spendingTable } from '../stores/spending.ts';

export const handler = stepHandler(collect, async () => {
  const tables = connectTables();
  const env = environment('LEDGER_TABLE');
  const spending = spendingTable(tables.db, env.LEDGER_TABLE);
  return { ...tables, spending, batches: await connectAnthropic() };
});
