import { connectTables } from '../runtime/connect.ts';
import { environment } from '../runtime/environment.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { stepFunctions } from '../stores/executions.ts';
import { jobFinder } from '../stores/jobs.ts';
import { sweep } from '../watchdog/sweep.ts';

export const handler = stepHandler(sweep, async () => {
  const env = environment('JOB_TABLE', 'STATE_MACHINE_ARN', 'STAGE');
  const tables = connectTables();
  const executions = stepFunctions(env.STATE_MACHINE_ARN);
  return { ...tables, finder: jobFinder(tables.db, env.JOB_TABLE), executions, stage: env.STAGE };
});
