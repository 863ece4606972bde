import { appendFileSync } from 'node:fs';
import type { JobEvent, Log } from '../lambdas/shared/log.ts';
import { printable } from '../lambdas/shared/plain-text.ts';
import { STATE } from '../lib/names.ts';
import type { MachineEvent } from './machine/execution.ts';

type Fields = Record<string, unknown>;

/** Sections that no comment belongs to. */
const without = (titles: unknown): string =>
  Array.isArray(titles) && titles.length > 0
    ? `; left out because no comment belongs to them: ${titles.join('; ')}`
    : '';

/** Sections whose prompt was answered in an earlier job. */
const unchanged = (reused: unknown, left: unknown): string =>
  Number(reused) > 0 ? `${reused} of them reused, ${left} to buy, ` : '';

/** Lines of a step's log that a person wants to see while waiting. */
const LINES: Record<JobEvent, (fields: Fields) => string> = {
  job_planned: ({ planned, sections, reused, input_tokens, left_out }) =>
    `${planned} sections planned, ${unchanged(reused, sections)}about ${Number(input_tokens).toLocaleString('en')} input tokens${without(left_out)}`,
  batch_submitted: ({ batch_id, requests, adopted }) =>
    `batch ${batch_id} holds ${requests} requests${adopted ? ' (found again after an unclear answer)' : ''}`,
  batch_status: ({ progress }) => withoutZeros(String(progress)),
  batch_not_confirmed: ({ why }) => `no clear answer (${why}); looking for the batch before anything is sent again`,
  section_unproven: ({ section, failed, first }) =>
    `the votes do not bear out ${failed} ${failed === 1 ? 'clause' : 'clauses'} of ${section}: ${first}`,
  round_collected: ({ round, stored, unproven, askAgain, failed }) =>
    `round ${round}: ${stored} good, ${unproven} with clauses that fail, ${askAgain} to ask again, ${failed} failed`,
  api_unavailable: ({ why, wait_seconds }) => `${why}; next try in ${wait_seconds} s`,
};

/** `0 errored, 0 canceled` says nothing. */
const withoutZeros = (progress: string): string => progress.replace(/(?<=; )0 [a-z]+, |, 0 [a-z]+/g, '');

/**
 * Shows a run as it goes: a line for each phase and figure; on a terminal the waiting line is redrawn in place. Every
 * line of the steps' logs goes to a file.
 */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #logFile: string;
  #logBroken = false;
  readonly #began = Date.now();
  readonly #waiting: WaitingLine;
  #execution = '';
  #lastStatus = '';
  /** of the batch under way, for the waiting line */
  #counts = '';

  constructor(logFile: string, out: NodeJS.WriteStream = process.stdout) {
    this.#logFile = logFile;
    this.#out = out;
    this.#waiting = new WaitingLine(out, () => this.#time());
    // when the reader of the output ends (`| head`), the run must still finish its batch
    out.on('error', () => undefined);
  }

  /** The log that steps are given. */
  readonly log: Log = {
    info: (message, fields) => this.#take('INFO', message, fields),
    warn: (message, fields) => this.#take('WARN', message, fields),
    error: (message, fields) => this.#take('ERROR', message, fields),
  };

  /** One line for a person. */
  say(text: string): void {
    this.#waiting.clear();
    this.#out.write(`${this.#time()}  ${printable(text)}\n`);
  }

  /** Shows this execution from now on, and no other that the stream may start. */
  follow(execution: string): void {
    this.#execution = execution;
  }

  /** Ends what is drawn on the terminal. */
  close(): void {
    this.#waiting.clear();
  }

  /** What happens in the state machine. */
  readonly onEvent = (execution: string, { type, state, stateType, input }: MachineEvent): void => {
    if (execution !== this.#execution) return;
    if (type === 'StateRetried') this.say(`${state}: trying again`);
    if (type !== 'StateEntered' || !state) return;
    if (stateType === 'Task' && state !== STATE.checkBatchStatus) this.say(state);
    if (stateType === 'Wait') this.#wait(state, (input as { wait_seconds?: number }).wait_seconds ?? 0);
  };

  #time(): string {
    return `${((Date.now() - this.#began) / 1000).toFixed(1).padStart(6)} s`;
  }

  #wait(state: string, seconds: number): void {
    if (state === STATE.wait) this.#waiting.draw(this.#counts, seconds);
    else this.say(`  it is not clear yet whether the batch was sent: looking for it again in ${seconds} s`);
  }

  #take(level: string, message: string, fields: Fields = {}): void {
    const line = { time: new Date().toISOString(), level, message, ...fields };
    this.#keep(`${JSON.stringify(line)}\n`);
    // other jobs are not shown
    if (typeof fields.job_id === 'string' && !this.#execution.startsWith(fields.job_id)) return;
    const event = fields.event as JobEvent | undefined;
    if (!event) return;
    const shown = LINES[event](fields);
    if (shown === this.#lastStatus) return;
    if (event === 'batch_status') {
      this.#lastStatus = shown;
      this.#counts = shown.slice(shown.indexOf('; ') + 2);
    }
    if (event === 'batch_submitted') {
      this.#waiting.began();
      this.#counts = `${fields.requests} processing`;
    }
    this.say(`  ${shown}`);
  }

  /** A log that cannot be written, on a full disk for instance, must not fail the step that logs. */
  #keep(line: string): void {
    try {
      appendFileSync(this.#logFile, line);
    } catch (error) {
      if (!this.#logBroken)
        this.say(`the log ${this.#logFile} cannot be written (${(error as NodeJS.ErrnoException).code})`);
      this.#logBroken = true;
    }
  }
}

const SECOND = 1_000;

/** The line that a person watches while a batch is under way: redrawn each second on a terminal, and nowhere else. */
export class WaitingLine {
  readonly #out: NodeJS.WriteStream;
  readonly #time: () => string;
  #since = Date.now();
  #timer: NodeJS.Timeout | undefined;

  /** @param time what every line begins with */
  constructor(out: NodeJS.WriteStream, time: () => string) {
    this.#out = out;
    this.#time = time;
  }

  /** A batch was sent: elapsed time counts from here. */
  began(): void {
    this.#since = Date.now();
  }

  /**
   * Shows the batch's counts, the time since it was sent, and the time until the next check.
   * @param counts as last shown
   * @param seconds until the next check
   */
  draw(counts: string, seconds: number): void {
    if (!this.#out.isTTY) return;
    this.clear();
    const next = Date.now() + seconds * SECOND;
    const redraw = () => {
      const left = Math.max(0, Math.ceil((next - Date.now()) / SECOND));
      const elapsed = Math.round((Date.now() - this.#since) / SECOND);
      const line = `${this.#time()}    waiting for ${elapsed} s, next check in ${left} s: ${printable(counts) || 'an earlier batch'}`;
      // a line that wraps could not be redrawn in place
      this.#out.write(`\r\u001b[2K${line.slice(0, (this.#out.columns || 80) - 1)}`);
    };
    redraw();
    this.#timer = setInterval(redraw, SECOND).unref();
  }

  /** Removes the line. */
  clear(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#out.write('\r\u001b[2K');
  }
}
