import { NarrativesError } from '../lambdas/domain/errors.ts';
import { parseEnvironment, parseOptions } from './cli/options.ts';
import { run } from './cli/run.ts';

/** `npm start`: exit code 0 done, 1 failed, 2 wrong use. */
try {
  const options = parseOptions(process.argv.slice(2));
  if (options) process.exitCode = await run(options, parseEnvironment(process.env));
} catch (error) {
  if (!(error instanceof NarrativesError)) throw error;
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = error.name === 'InvalidSetting' ? 2 : 1;
}
