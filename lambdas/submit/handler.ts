import { connectTables } from '../runtime/connect.ts';
import { connectAnthropic } from '../runtime/connect-anthropic.ts';
import { connectPolis } from '../runtime/connect-polis.ts';
import { environment } from '../runtime/environment.ts';
import { LEDGER_DAYS } from '../runtime/ledger-days.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { submit } from './submit.ts';

export const handler = stepHandler(submit, async () => {
  const { db, jobs, ledger } = connectTables();
  const env = environment('DEFAULT_MODEL', 'JOB_BUDGET_USD');
  const settings = { defaultModel: env.DEFAULT_MODEL, jobBudgetUsd: env.JOB_BUDGET_USD, ledgerDays: LEDGER_DAYS };
  return { jobs, ledger, settings, ...(await connectPolis(db)), batches: await connectAnthropic() };
});
