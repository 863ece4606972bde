/**
 * A run has two threads: the main one has the terminal and the signals, and does nothing else, so that Ctrl-C is answered
 * and the display moves whatever the other one is busy with. These are the messages between them.
 */

/** What is being done, for the line that moves on a terminal. */
export interface Doing {
  /** in a few words */
  what: string;
  sections?: { stored: number; planned: number } | undefined;
  /** when the next check is due, in ms since the epoch */
  until?: number;
  /** what it costs, or is expected to */
  price?: string | undefined;
}

/** From the run to the terminal. */
export type ToTerminal =
  | { kind: 'line'; text: string }
  | { kind: 'doing'; doing: Doing | undefined }
  /** what is said when it is stopped from now on; empty: the run says it itself */
  | { kind: 'if-stopped'; text: string }
  | { kind: 'ask'; question: string }
  /** a process that must not outlive this one */
  | { kind: 'process'; pid: number; running: boolean }
  /** the run has heard that it is to stop, and closes what is open */
  | { kind: 'stopping' }
  /** @param error one line for stderr */
  | { kind: 'end'; code: number; error?: string };

/** From the terminal to the run. */
export type ToRun =
  | { kind: 'stop' }
  /** undefined: there is no terminal to ask on */
  | { kind: 'answer'; yes: boolean | undefined };

/** What is said of a run that is stopped when a job of it is under way. */
export const RESUMES =
  'stopped. A batch that was already sent is still being processed: run the same command to resume it';
/** The same before that. */
export const NOTHING_SENT =
  'stopped before anything was sent. The same command starts again, and resumes what earlier runs have left';
