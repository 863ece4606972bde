import { setTimeout } from 'node:timers/promises';
import { main } from '../cli/main.ts';
import { stopSignal } from '../local/os.ts';

// a reader that stops reading (`| head`) is not a failure
process.stdout.on('error', () => undefined);
process.exitCode = await main(process.argv.slice(2), {
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  now: () => new Date(),
  stop: stopSignal,
  // an interrupted pause is not an error: it is over
  pause: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined),
});
