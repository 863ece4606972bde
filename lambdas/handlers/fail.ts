import { connectTables } from '../runtime/connect.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { fail } from '../steps/fail.ts';

export const handler = stepHandler(fail, async () => connectTables());
