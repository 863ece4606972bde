import { connectTables } from '../runtime/connect.ts';
import { connectAnthropic } from '../runtime/connect-anthropic.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { checkStatus } from '../steps/check-status.ts';

export const handler = stepHandler(checkStatus, async () => ({
  ...connectTables(),
  batches: await connectAnthropic(),
}));
