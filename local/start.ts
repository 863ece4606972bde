import { Worker } from 'node:worker_threads';
import { NOTHING_SENT, RESUMES, type ToRun, type ToTerminal } from './messages.ts';
import { STOPPED, stopSignal } from './os.ts';
import { Terminal } from './terminal.ts';

/** `npm start`: exit code 0 done, 1 failed, 2 usage error, 130 stopped. */

/** How long a run that is stopped may take to hear of it, and then to close its databases. */
const HEARS_MS = 1_000;
const CLOSES_MS = 10_000;

const { signal: stopped } = stopSignal();
const processes = new Set<number>();
// however this ends, nothing that it started stays behind
process.on('exit', () => {
  for (const pid of processes) killed(pid);
});

const run = new Worker(new URL('./run-thread.ts', import.meta.url), { argv: process.argv.slice(2) });
const tell = (message: ToRun) => run.postMessage(message);
const terminal = new Terminal();
let ifStopped = NOTHING_SENT;
let unwilling: NodeJS.Timeout | undefined;

stopped.addEventListener('abort', () => {
  tell({ kind: 'stop' });
  unwilling = setTimeout(endNow, HEARS_MS);
  if (ifStopped === '') return;
  terminal.doing(undefined);
  terminal.line(ifStopped);
  terminal.close();
});

run.on('message', (message: ToTerminal) => {
  switch (message.kind) {
    case 'line':
      return terminal.line(message.text);
    case 'doing':
      return terminal.doing(message.doing);
    case 'if-stopped':
      ifStopped = message.text;
      return;
    case 'ask':
      return void terminal.ask(message.question).then((yes) => tell({ kind: 'answer', yes }));
    case 'process':
      if (message.running) processes.add(message.pid);
      else processes.delete(message.pid);
      return;
    case 'stopping':
      clearTimeout(unwilling);
      unwilling = setTimeout(endNow, CLOSES_MS);
      return;
    case 'end':
      terminal.close();
      process.exitCode = message.code;
      if (message.error && !stopped.aborted) console.error(message.error);
  }
});
run.once('error', (error) => {
  terminal.close();
  throw error;
});
run.once('exit', () => {
  // everything is closed by now, and nothing else is waited for
  if (stopped.aborted) process.exit(process.exitCode ?? STOPPED);
});
await terminal.start();

/** Ends a run that does not end by itself. */
function endNow(): never {
  // a run that would have said it itself has not
  if (ifStopped === '') terminal.line(RESUMES);
  terminal.close();
  return process.exit(STOPPED);
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}
