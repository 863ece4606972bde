import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Running {
  url: string;
  stop: () => Promise<void>;
}

/** Ends one child process, and waits until it is gone. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** Starts a server in a process of its own; it prints its address on the first line of its output. */
export async function startServer(file: URL, ...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [file.pathname, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const url of createInterface(child.stdout)) return { url, stop: () => stopChild(child) };
  throw new Error(`${file.pathname} ended before it listened`);
}

/** What a measured run reports about itself. */
export interface Measured {
  /** wall-clock time by process.hrtime */
  ms: number;
  /** CPU time of the process in that time, user and system */
  cpuMs: number;
  /** peak resident memory of the whole process */
  peakMiB: number;
  /** how often a step was called, where it is called until it is done */
  invocations?: number;
}

/** Runs a bundle in a fresh process and reads the measurement it prints. */
export async function runFresh(bundle: string, input: object, env: Record<string, string>): Promise<Measured> {
  const profile = process.env.BENCH_CPU_PROF;
  const flags = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`, '--enable-source-maps'] : [];
  const child = spawn(process.execPath, [...flags, bundle, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  if (child.exitCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`${bundle} ended with ${child.exitCode ?? child.signalCode}`);
  return JSON.parse(text) as Measured;
}
