import { connectTables } from '../runtime/connect.ts';
import { stepHandler } from '../runtime/step-handler.ts';
import { executionChanged } from '../watchdog/execution-changed.ts';

export const handler = stepHandler(executionChanged, async () => connectTables());
