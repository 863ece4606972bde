#!/usr/bin/env node
import { setTimeout } from 'node:timers/promises';
import { main } from '../cli/main.ts';
import { stopSignal } from '../local/os.ts';

// a reader that goes away (`| head`) is no failure
process.stdout.on('error', () => undefined);
process.exitCode = await main(process.argv.slice(2), {
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  now: () => new Date(),
  stop: stopSignal,
  // a pause that is broken off is over
  pause: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined),
});
