import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { COMPILED } from './command.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CTRL_C = '\u0003';
/** Stands for an escape of the terminal. */
const DRAWN = '\u0001';

/** The command on a real terminal, as a person starts it; `script` makes the terminal. */
export class OnTerminal {
  said = '';
  readonly ended: Promise<number | null>;
  readonly #child;

  /** @param env more of the environment @param preload a module that is loaded first, as JavaScript */
  constructor(args: readonly string[], { env = {}, preload }: { env?: NodeJS.ProcessEnv; preload?: string } = {}) {
    const flags =
      preload === undefined
        ? []
        : ['--import', `data:text/javascript,${encodeURIComponent(preload).replaceAll("'", '%27')}`];
    const words = [process.execPath, ...flags, 'local/start.ts', ...args].map((word) => `'${word}'`);
    this.#child = spawn('script', ['-qefc', `stty cols 100; exec ${words.join(' ')}`, '/dev/null'], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        NODE_COMPILE_CACHE: COMPILED,
        TERM: 'xterm',
        SHELL: '/bin/sh',
        ...env,
      },
      stdio: 'pipe',
    });
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.said += chunk;
    });
    this.ended = once(this.#child, 'close').then(([code]) => code);
  }

  /** Resolves once the output matches. @throws Error when the process ends without it */
  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.said)) {
      const more = once(this.#child.stdout, 'data').then(() => false);
      if ((await Promise.race([more, this.ended.then(() => true)])) && !pattern.test(this.said))
        throw new Error(`never said ${pattern}: ${this.said}`);
    }
  }

  press(): void {
    this.#child.stdin.write(CTRL_C);
  }

  /** Lines that stay, without what moves and without colours. */
  lines(): string[] {
    return (
      this.said
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes of a terminal begin with one
        .replace(/\u001b\[[?\d;]*[A-Za-z]/g, DRAWN)
        .split(/\r?\n/)
        // what moves is cleared before a line is written in its place
        .map((line) => line.slice(line.lastIndexOf(DRAWN) + 1))
        .filter((line) => line.trim() !== '')
    );
  }
}
