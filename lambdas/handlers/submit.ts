import { connectTables } from '../runtime/connect.ts';
import { connectAnthropic } from '../runtime/connect-anthropic.ts';
import { connectPolis } from '../runtime/connect-polis.ts';
import { environment, LEDGER_DAYS } from '../runtime/environment.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { submit } from '../steps/submit.ts';
import { spendingTable } from '../stores/spending.ts';

export const handler = stepHandler(submit, async () => {
  const { db, jobs, ledger } = connectTables();
  const env = environment(
    'LEDGER_TABLE',
    'DEFAULT_MODEL',
    'MODEL_ALIASES',
    'UNKNOWN_MODEL',
    'CLAIMS',
    'CLAIMS_READ_BACK',
    'JOB_BUDGET_USD',
    'DAY_BUDGET_USD',
    'UNPRICED_MODELS',
  );
  const settings = {
    defaultModel: env.DEFAULT_MODEL,
    modelAliases: env.MODEL_ALIASES,
    unknownModel: env.UNKNOWN_MODEL,
    claims: env.CLAIMS === 'on',
    claimsReadBack: env.CLAIMS_READ_BACK === 'true',
    jobBudget: env.JOB_BUDGET_USD,
    dayBudget: env.DAY_BUDGET_USD,
    unpricedModels: env.UNPRICED_MODELS,
    ledgerDays: LEDGER_DAYS,
  };
  const spending = spendingTable(db, env.LEDGER_TABLE);
  const batches = await connectAnthropic();
  return { jobs, ledger, spending, settings, ...(await connectPolis(db)), batches };
});
