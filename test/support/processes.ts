import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const GENTLE_MS = 5_000;
const groups = new Set<number>();

// whatever ends this process, nothing that it started stays behind
process.on('exit', () => {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
});

/** Starts a program at the head of a process group of its own, so that it and all it starts can be ended by one id. */
export function startGroup(file: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(file, args, { ...options, detached: true });
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  // without a listener a program that is not there would be an uncaught error; its exit code stays null
  child.on('error', () => undefined);
  return child;
}

/** Ends a group gently, then not. */
export async function endGroup(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
  signalGroup(pid, 'SIGTERM');
  await Promise.race([gone, pause(GENTLE_MS, undefined, { ref: false })]);
  signalGroup(pid, 'SIGKILL');
  await gone;
  groups.delete(pid);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Runs a program to its end.
 * @returns what it printed, both streams as they came
 * @throws Error with the end of that when it fails
 */
export async function runToEnd(file: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
  const child = startGroup(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  }
  const [code, signal] = await once(child, 'close');
  await endGroup(child);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code ?? signal}:\n${said.slice(-4_000)}`);
  return said;
}

/** A port that somebody else listens on until the server is closed. */
export async function takenPort(): Promise<{ port: number; server: Server }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

/**
 * A port that is free, for a program that is started later, or more than once. It is none of those that the system gives
 * to whoever asks for any (on Linux from 32,768), so that no other program gets it in the meantime.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
