import { appendFileSync } from 'node:fs';
import type { JobEvent, Log } from '../lambdas/shared/log.ts';
import { printable } from '../lambdas/shared/plain-text.ts';
import { STATE } from '../lib/names.ts';
import type { MachineEvent } from './machine/execution.ts';
import type { Doing, ToTerminal } from './messages.ts';
import { withoutZeros } from './page/words.ts';

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

/**
 * Tells the terminal how a run goes: a line for each phase and figure, and what is being done now. Every line of the steps'
 * logs goes to a file.
 */
export class Progress {
  readonly #tell: (message: ToTerminal) => void;
  readonly #logFile: string;
  #logBroken = false;
  #ended = false;
  #execution = '';
  #lastStatus = '';
  /** of the batch under way, for the line that moves */
  #counts = '';
  #sections: Doing['sections'];
  #price: string | undefined;

  constructor(logFile: string, tell: (message: ToTerminal) => void) {
    this.#logFile = logFile;
    this.#tell = tell;
  }

  /** The log that steps are given. */
  readonly log: Log = {
    info: (message, fields) => this.#take('INFO', message, fields),
    warn: (message, fields) => this.#take('WARN', message, fields),
    error: (message, fields) => this.#take('ERROR', message, fields),
  };

  /** One line for a person. */
  say(text: string): void {
    if (!this.#ended) this.#tell({ kind: 'line', text: printable(text) });
  }

  /** The last line: what still happens after it is only in the log. */
  end(text: string): void {
    this.say(text);
    this.#ended = true;
  }

  /** What is being done from now on. */
  doing(what: string, until?: number): void {
    const doing = { what: printable(what), sections: this.#sections, price: this.#price };
    this.#tell({ kind: 'doing', doing: until === undefined ? doing : { ...doing, until } });
  }

  /** Nothing is being done that takes time. */
  rest(): void {
    this.#tell({ kind: 'doing', doing: undefined });
  }

  /** What is said when the run is stopped from now on; empty: the run says it itself. */
  ifStopped(text: string): void {
    this.#tell({ kind: 'if-stopped', text });
  }

  /** Shows this execution from now on, and no other that the stream may start. @param price what its job is expected to cost */
  follow(execution: string, price?: string): void {
    this.#execution = execution;
    this.#sections = undefined;
    this.#price = price;
  }

  /** What happens in the state machine. */
  readonly onEvent = (execution: string, { type, state, stateType, input }: MachineEvent): void => {
    if (execution !== this.#execution) return;
    if (type === 'StateRetried') this.say(`${state}: trying again`);
    if (type !== 'StateEntered' || !state) return;
    if (stateType === 'Task' && state !== STATE.checkBatchStatus) this.say(state);
    if (stateType === 'Task') this.doing(state);
    if (stateType === 'Wait') this.#wait(state, (input as { wait_seconds?: number }).wait_seconds ?? 0);
  };

  #wait(state: string, seconds: number): void {
    const until = Date.now() + seconds * 1_000;
    if (state !== STATE.wait)
      this.say(`  it is not clear yet whether the batch was sent: looking for it again in ${seconds} s`);
    this.doing(`waiting: ${state === STATE.wait ? this.#counts || 'an earlier batch' : 'no clear answer'}`, until);
  }

  #take(level: string, message: string, fields: Fields = {}): void {
    const line = { time: new Date().toISOString(), level, message, ...fields };
    this.#keep(`${JSON.stringify(line)}\n`);
    // other jobs are not shown
    if (typeof fields.job_id === 'string' && !this.#execution.startsWith(fields.job_id)) return;
    const event = fields.event as JobEvent | undefined;
    if (!event) return;
    this.#count(event, fields);
    const shown = LINES[event](fields);
    if (shown === this.#lastStatus) return;
    if (event === 'batch_status') {
      this.#lastStatus = shown;
      this.#counts = shown.slice(shown.indexOf('; ') + 2);
    }
    if (event === 'batch_submitted') this.#counts = `${fields.requests} processing`;
    this.say(`  ${shown}`);
  }

  /** Keeps how many sections are stored of all that are planned. */
  #count(event: JobEvent, { planned, reused, stored }: Fields): void {
    if (event === 'job_planned') this.#sections = { stored: Number(reused) || 0, planned: Number(planned) || 0 };
    if (event !== 'round_collected' || !this.#sections) return;
    const sum = this.#sections.stored + (Number(stored) || 0);
    this.#sections = { ...this.#sections, stored: Math.min(sum, this.#sections.planned) };
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
