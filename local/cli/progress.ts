import { appendFileSync } from 'node:fs';
import type { Log } from '../../lambdas/ports.ts';
import { STATE } from '../../lib/state-names.ts';
import type { MachineEvent } from '../machine/machine-event.ts';

type Fields = Record<string, unknown>;

/** Lines of a step's log that a person wants to see while waiting. */
const TOLD: Record<string, (fields: Fields) => string> = {
  'job planned': ({ sections, input_tokens }) => `${sections} sections planned, about ${Number(input_tokens).toLocaleString('en')} input tokens`,
  'batch submitted': ({ batch_id, requests, adopted }) => `${batch_id} holds ${requests} sections${adopted ? ' (found again after an unclear answer)' : ''}`,
  'batch status': ({ progress }) => String(progress),
  'batch not confirmed': ({ why }) => `no clear answer (${why}); looking for the batch before anything is sent again`,
  'results broke off': ({ lines }) => `the results broke off after ${lines} lines; reading again`,
  'round collected': ({ round, stored, askAgain, failed }) => `round ${round}: ${stored} stored, ${askAgain} to ask again, ${failed} failed`,
  'the API is in trouble; waiting': ({ why, wait_seconds }) => `${why}; next try in ${wait_seconds} s`,
  'job failed': ({ why }) => String(why),
};

/**
 * Shows a run as it goes: a line for each phase and figure; on a terminal the waiting line is redrawn in place. Every
 * line of the steps' logs goes to a file.
 */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #logFile: string;
  readonly #began = Date.now();
  #redrawn = false;
  #jobId = '';

  constructor(logFile: string, out: NodeJS.WriteStream = process.stdout) {
    this.#logFile = logFile;
    this.#out = out;
  }

  /** The log that steps are given. */
  readonly log: Log = {
    info: (message, fields) => this.#take('INFO', message, fields),
    warn: (message, fields) => this.#take('WARN', message, fields),
    error: (message, fields) => this.#take('ERROR', message, fields),
  };

  /** One line for a person. */
  say(text: string): void {
    this.#clear();
    const seconds = ((Date.now() - this.#began) / 1000).toFixed(1);
    this.#out.write(`${seconds.padStart(6)} s  ${text}\n`);
  }

  /** Shows this job's execution from now on; others that the stream starts again (and that find nothing to do) are not shown. */
  follow(jobId: string): void {
    this.#jobId = jobId;
  }

  /** What happens in the state machine. */
  readonly onEvent = (execution: string, event: MachineEvent): void => {
    if (!execution.startsWith(this.#jobId)) return;
    if (event.type === 'StateRetried') this.say(`${event.state}: trying again`);
    if (event.type !== 'StateEntered' || !event.state) return;
    if (event.stateType === 'Task' && event.state !== STATE.checkBatchStatus) this.say(event.state);
    if (event.stateType === 'Wait') this.#waiting(event);
  };

  #waiting(event: MachineEvent): void {
    const seconds = (event.input as { wait_seconds?: number }).wait_seconds ?? 0;
    if (!this.#out.isTTY) return;
    this.#clear();
    this.#out.write(`          waiting ${seconds} s for the batch …`);
    this.#redrawn = true;
  }

  #clear(): void {
    if (this.#redrawn) this.#out.write('\r\u001b[2K');
    this.#redrawn = false;
  }

  #take(level: string, message: string, fields: Fields = {}): void {
    appendFileSync(this.#logFile, `${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
    const told = TOLD[message];
    if (told) this.say(`  ${told(fields)}`);
  }
}
