import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Ora } from 'ora';
import type { Doing } from './messages.ts';

const SECOND = 1_000;
/** Without a terminal, a start that takes longer than this says what it is doing. */
const QUIET_MS = 3_000;
const BAR_CELLS = 12;
const CLEAR_LINE = '\r\u001b[2K';

/**
 * Shows a run: lines that stay, each with the time since the start, and on a terminal one below them that moves. Without a
 * terminal, in CI, and where NO_COLOR or TERM=dumb ask for plain text, there are only the lines.
 */
export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #began = Date.now();
  readonly #moving: boolean;
  readonly #quiet: NodeJS.Timeout | undefined;
  #spinner: Ora | undefined;
  #doing: Doing | undefined = { what: 'starting' };
  #closed = false;

  constructor(out: NodeJS.WriteStream = process.stdout, env: NodeJS.ProcessEnv = process.env) {
    this.#out = out;
    // when the reader of the output ends (`| head`), the run must still finish its batch
    out.on('error', () => undefined);
    this.#moving = canMove(out, env);
    if (!this.#moving)
      this.#quiet = setTimeout(() => this.line(`${this.#doing?.what ?? 'starting'} …`), QUIET_MS).unref();
  }

  /** Starts the line that moves; loading what draws it takes a moment. */
  async start(): Promise<void> {
    if (!this.#moving) return;
    this.#out.write(`${this.#time()}  starting`);
    const { default: ora } = await import('ora');
    this.#out.write(CLEAR_LINE);
    if (this.#closed) return;
    this.#spinner = ora({
      stream: this.#out,
      // the cursor keys and Ctrl-C stay with the terminal
      discardStdin: false,
      isEnabled: true,
      prefixText: () => this.#time(),
      suffixText: () => liveText(this.#doing, Date.now(), this.#columns() - LEFT_OF_TEXT),
    });
    if (this.#doing) this.#spinner.start();
  }

  /** Writes a line that stays. */
  line(text: string): void {
    if (this.#closed) return;
    clearTimeout(this.#quiet);
    this.#out.write(`${this.#time()}  ${text}\n`);
  }

  /** Shows what is being done from now on; undefined: nothing that takes time. */
  doing(doing: Doing | undefined): void {
    this.#doing = doing;
    if (this.#closed) return;
    if (doing) this.#spinner?.start();
    else this.#spinner?.stop();
  }

  /**
   * Asks a question; Ctrl-C and Ctrl-D mean no.
   * @returns undefined when there is no terminal to ask on
   */
  async ask(question: string): Promise<boolean | undefined> {
    if (!process.stdin.isTTY) return undefined;
    this.#spinner?.stop();
    const terminal = createInterface({ input: process.stdin, output: this.#out });
    const closed = once(terminal, 'close').then(() => undefined);
    // a question that is still open is rejected when the terminal closes
    const answered = terminal.question(question).catch(() => undefined);
    try {
      const answer = await Promise.race([answered, closed]);
      if (answer === undefined) this.#out.write('\n');
      return /^y(es)?$/i.test((answer ?? '').trim());
    } finally {
      terminal.close();
      this.doing(this.#doing);
    }
  }

  /** Ends what moves; nothing is written after it. */
  close(): void {
    clearTimeout(this.#quiet);
    this.#spinner?.stop();
    this.#closed = true;
  }

  #time(): string {
    return `${((Date.now() - this.#began) / SECOND).toFixed(1).padStart(6)} s`;
  }

  #columns(): number {
    return this.#out.columns;
  }
}

/** Time, spinner and blanks; the last column stays empty. */
const LEFT_OF_TEXT = 13;

/** A terminal that does not say how wide it is could not be drawn on. */
const MIN_COLUMNS = 40;

const canMove = ({ isTTY, columns }: NodeJS.WriteStream, { CI, NO_COLOR, TERM }: NodeJS.ProcessEnv): boolean =>
  isTTY && columns >= MIN_COLUMNS && !NO_COLOR && TERM !== 'dumb' && (!CI || CI === 'false');

/**
 * What is being done, in one line that is cut to the width: a line that wraps could not be drawn again in place.
 * @param now ms since the epoch
 */
export function liveText(doing: Doing | undefined, now: number, width: number): string {
  if (!doing) return '';
  const { what, sections, until, price } = doing;
  const parts = [
    ...(sections ? [`${bar(sections)} ${sections.stored}/${sections.planned} sections`] : []),
    what,
    ...(price ? [price] : []),
    ...(until === undefined ? [] : [`check in ${Math.max(0, Math.ceil((until - now) / SECOND))} s`]),
  ];
  return parts.join(' · ').slice(0, Math.max(0, width));
}

function bar({ stored, planned }: { stored: number; planned: number }): string {
  const full = planned === 0 ? 0 : Math.round((stored / planned) * BAR_CELLS);
  return '█'.repeat(full) + '░'.repeat(BAR_CELLS - full);
}
