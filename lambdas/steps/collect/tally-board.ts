import type { AnsweredFacts } from '../../shared/ledger-rows.ts';
import { ordinalOf } from '../../shared/names.ts';

const NOT_ASKED = 0;
const ASKED = 1;
const ASK_AGAIN = 2;
const FAILED = 3;
const STORED = 4;
// of two answers the higher one holds: asking again after an answer that says it would not get better would cost for nothing
const CODE = { ask_again: ASK_AGAIN, failed: FAILED, stored: STORED } as const;

/**
 * The state of every section of one round, and the line that it comes from: nine bytes a section, so that 100,000 of them take 900 KB.
 * Of several lines for one section the best holds, and of equally good ones that with the smallest mark: the order in which lines come
 * makes no difference.
 */
export class TallyBoard {
  readonly #of: Uint8Array;
  readonly #marks: Float64Array;

  constructor(sections: number) {
    this.#of = new Uint8Array(sections);
    this.#marks = new Float64Array(sections);
  }

  asked(ordinal: number): void {
    if (this.#of[ordinal] === NOT_ASKED) this.#of[ordinal] = ASKED;
  }

  /**
   * Takes an answer in.
   * @param mark hex, of the line that it was read from; absent when there was none
   * @returns whether it is now the section's answer
   */
  answered(ordinal: number, kind: AnsweredFacts['kind'], mark?: string): boolean {
    const [code, number] = [CODE[kind], numberOf(mark)];
    const now = this.#of[ordinal];
    if (now === undefined || code < now || (code === now && number >= (this.#marks[ordinal] as number))) return false;
    this.#of[ordinal] = code;
    this.#marks[ordinal] = number;
    return true;
  }

  /** Takes in what an earlier attempt wrote; a line that was missing then may still come now. */
  recall(answer: AnsweredFacts): void {
    const ordinal = ordinalOf(answer.entry);
    if (answer.reason === 'missing') this.asked(ordinal);
    else this.answered(ordinal, answer.kind, answer.line_mark);
  }

  /** Whether the section's answer was read from this very line. */
  holds = (ordinal: number, mark: string): boolean =>
    this.hasAnswer(ordinal) && this.#marks[ordinal] === numberOf(mark);
  /** The section whose answer was read from this line. */
  holderOf(mark: string): number | undefined {
    const found = this.#marks.indexOf(numberOf(mark));
    return found >= 0 && this.holds(found, mark) ? found : undefined;
  }
  isStored = (ordinal: number): boolean => this.#of[ordinal] === STORED;
  hasAnswer = (ordinal: number): boolean => (this.#of[ordinal] ?? NOT_ASKED) >= ASK_AGAIN;

  /** Sections asked for and not answered, in order. */
  unanswered(): number[] {
    return [...this.#of.keys()].filter((ordinal) => this.#of[ordinal] === ASKED);
  }

  counts(): { stored: number; askAgain: number; failed: number; unanswered: number } {
    const counts = [0, 0, 0, 0, 0];
    for (const code of this.#of) counts[code] = (counts[code] as number) + 1;
    const [, unanswered = 0, askAgain = 0, failed = 0, stored = 0] = counts;
    return { stored, askAgain, failed, unanswered };
  }
}

/** The first 48 bits of a mark; 0 for none. */
const numberOf = (mark: string | undefined): number => (mark ? Number.parseInt(mark.slice(0, 12), 16) : 0);
