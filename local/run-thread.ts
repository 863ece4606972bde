import { EventEmitter, once } from 'node:events';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { NarrativesError } from '../lambdas/shared/errors.ts';
import type { ToRun, ToTerminal } from './messages.ts';
import { aborted, STOPPED } from './os.ts';

/** The thread of a run: everything but the terminal and the signals. */

// spares the second run a quarter of a second
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/start', import.meta.url)));

/** whether the run itself ends in order when it is stopped, and says how */
let endsItself = false;
function tell(message: ToTerminal): void {
  if (message.kind === 'if-stopped') endsItself = message.text === '';
  parentPort?.postMessage(message);
}
const stop = new AbortController();
const answers = new EventEmitter<{ answer: [boolean | undefined] }>();
parentPort?.on('message', (message: ToRun) => {
  if (message.kind === 'answer') answers.emit('answer', message.yes);
  else {
    tell({ kind: 'stopping' });
    stop.abort();
  }
});

/** Asks on the terminal. @returns undefined when there is none */
async function ask(question: string): Promise<boolean | undefined> {
  const answered = once(answers, 'answer');
  tell({ kind: 'ask', question });
  const [yes] = await answered;
  return yes;
}

const parts = new AsyncDisposableStack();
try {
  const running = start();
  // what it is at when it is stopped is dropped
  running.catch(() => undefined);
  const stopped = aborted(stop.signal).then((code) => (endsItself ? running : code));
  const code = await Promise.race([stopped, running]);
  await parts.disposeAsync();
  tell({ kind: 'end', code });
} catch (error) {
  await parts.disposeAsync();
  if (!(error instanceof NarrativesError)) throw error;
  const code = error.name === 'InvalidSetting' ? 2 : 1;
  tell({ kind: 'end', code, error: `${error.name}: ${error.message}` });
}
// a stopped run must not wait for a call that the API has not answered
if (stop.signal.aborted) process.exit(STOPPED);
parentPort?.unref();

async function start(): Promise<number> {
  const { parseEnvironment, parseOptions } = await import('./options.ts');
  const options = parseOptions(process.argv.slice(2));
  if (!options) return 0;
  const env = parseEnvironment(process.env);
  const { openRun } = await import('./open-run.ts');
  const opened = await openRun(options, env, { parts, stopped: stop.signal, tell, ask });
  tell({ kind: 'doing', doing: { what: 'loading' } });
  const { run } = await import('./run.ts');
  return run(options, env, opened);
}
