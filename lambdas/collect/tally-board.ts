import { ordinalOf } from '../domain/keys.ts';
import type { AnsweredFacts } from '../domain/ledger-entries.ts';

const NOT_ASKED = 0;
const ASKED = 1;
const ASK_AGAIN = 2;
const FAILED = 3;
const STORED = 4;
const CODE = { ask_again: ASK_AGAIN, failed: FAILED, stored: STORED } as const;

/** How every section of one round stands: one byte a section, so that 100,000 of them take 100 KB. */
export class TallyBoard {
  readonly #of: Uint8Array;

  constructor(sections: number) {
    this.#of = new Uint8Array(sections);
  }

  asked(ordinal: number): void {
    if (this.#of[ordinal] === NOT_ASKED) this.#of[ordinal] = ASKED;
  }

  /** Takes an answer in; a section that is stored stays stored. */
  answered(ordinal: number, kind: AnsweredFacts['kind']): void {
    if (this.#of[ordinal] !== STORED) this.#of[ordinal] = CODE[kind];
  }

  /** Takes in what an earlier attempt wrote; a line that was missing then may still come now. */
  recall(answer: AnsweredFacts): void {
    const ordinal = ordinalOf(answer.entry);
    if (answer.reason === 'missing') this.asked(ordinal);
    else this.answered(ordinal, answer.kind);
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
