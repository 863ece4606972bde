import { connectTables } from '../runtime/connect.ts';
import { connectPolis } from '../runtime/connect-polis.ts';
import { environment, LEDGER_DAYS } from '../runtime/environment.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { adopt } from '../steps/adopt.ts';

export const handler = stepHandler(adopt, async () => {
  const { db, jobs, ledger } = connectTables();
  const settings = { defaultModel: environment('DEFAULT_MODEL').DEFAULT_MODEL, ledgerDays: LEDGER_DAYS };
  return { jobs, ledger, settings, ...(await connectPolis(db)) };
});
