import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { NarrativesError } from '../lambdas/shared/errors.ts';
import { parseEnvironment, parseOptions } from './options.ts';

// spares the second run a quarter of a second
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/start', import.meta.url)));

/** `npm start`: exit code 0 done, 1 failed, 2 usage error, 130 stopped. */
try {
  const options = parseOptions(process.argv.slice(2));
  if (options) {
    const env = parseEnvironment(process.env);
    // loading the rest takes a second or more, which a wrong flag should not have to wait for
    if (process.stdout.isTTY) console.log('   0.0 s  loading …');
    const { openRun } = await import('./open-run.ts');
    await using parts = new AsyncDisposableStack();
    const opened = await openRun(options, env, parts);
    const { run } = await import('./run.ts');
    process.exitCode = await run(options, env, opened);
  }
} catch (error) {
  if (!(error instanceof NarrativesError)) throw error;
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = error.name === 'InvalidSetting' ? 2 : 1;
}
// everything is closed by now; a stopped run must not wait for a call that the API has not answered
if (process.exitCode === 130) process.exit();
