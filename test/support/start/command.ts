import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const EXPORT = fileURLToPath(new URL('../fixtures/export', import.meta.url));
/** Spares every start a quarter of a second. */
export const COMPILED = join(ROOT, 'node_modules', '.cache', 'cli-tests');
/** Under a pipe, Node takes this for no terminal; the program asks on it all the same. */
const PRETEND_TERMINAL = 'data:text/javascript,process.stdin.isTTY=true';

const children = new Set<ChildProcess>();
const folders: string[] = [];
afterAll(async () => {
  for (const child of children) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that goes when the file's tests are done. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'narratives-cli-'));
  folders.push(folder);
  return folder;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The command as a person starts it, in a process of its own with nothing but the given environment. */
export class Command {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(
    args: readonly string[],
    { env = {}, terminal = false }: { env?: NodeJS.ProcessEnv; terminal?: boolean } = {},
  ) {
    const flags = terminal ? ['--import', PRETEND_TERMINAL] : [];
    this.child = spawn(process.execPath, [...flags, 'local/start.ts', ...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE: COMPILED, ...env },
      stdio: 'pipe',
    });
    children.add(this.child);
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      children.delete(this.child);
      return { code, signal, stdout: this.stdout, stderr: this.stderr };
    });
  }

  /** Resolves once the output matches. @throws Error when the process ends without it */
  async said(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stdout)) {
      const more = once(this.child.stdout as NodeJS.ReadableStream, 'data').then(() => false);
      const over = await Promise.race([more, this.ended.then(() => true)]);
      if (over && !pattern.test(this.stdout)) throw new Error(`never said ${pattern}: ${this.stdout}${this.stderr}`);
    }
  }
}

/** Runs the command to its end. */
export const command = (args: readonly string[], options?: ConstructorParameters<typeof Command>[1]): Promise<Ended> =>
  new Command(args, options).ended;

/** What a start says while it takes long. */
const STARTING = /^( *\d+\.\d s {2}[a-z ]+ …\n)?$/;

/** The one line on stderr of a command that could not be used so. */
export const wrongUse = (line: RegExp) => ({
  code: 2,
  stdout: expect.stringMatching(STARTING),
  stderr: oneLine(line),
});

/** A pattern for exactly one line that holds the given. */
export const oneLine = (line: RegExp) => ({
  asymmetricMatch: (text: unknown) => typeof text === 'string' && /^[^\n]+\n$/.test(text) && line.test(text),
  toString: () => 'oneLine',
  toAsymmetricMatcher: () => `one line that matches ${line}`,
});

/** Flags of a run whose simulated batch does not end by itself. */
export const HELD = ['--batch-seconds', '86400'];

/** Lets the simulated batches of a state folder end, while nothing runs on it. */
export function endBatches(state: string): void {
  const folder = join(state, 'simulated', 'anthropic');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.state.json'))) {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), dueAt: 0 }));
  }
}

/** Batches that the stand-in of a simulated run has received. */
export const batchesIn = (state: string): string[] =>
  readdirSync(join(state, 'simulated', 'anthropic')).filter((name) => name.endsWith('.requests.json'));
