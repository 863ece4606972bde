import type { JobSections } from '../../job/sections.ts';
import type { AnsweredFacts, Plan } from '../../shared/ledger-rows.ts';
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import { ordinalOf } from '../../shared/names.ts';
import type { Batches } from '../../stores/anthropic.ts';
import type { JobTable } from '../../stores/jobs.ts';
import type { Ledger } from '../../stores/ledger.ts';
import type { Spending } from '../../stores/spending.ts';

/** What collecting needs of the outside world. */
export interface CollectDeps {
  jobs: JobTable;
  ledger: Ledger;
  spending: Pick<Spending, 'settle'>;
  batches: Pick<Batches, 'results'>;
  log: Log;
  metrics: Metrics;
  now: () => Date;
  /** milliseconds until this invocation is ended from outside */
  remainingMs: () => number;
}

/** What one round's collecting works with. */
export interface Round {
  plan: Plan;
  round: number;
  /** when this invocation began: answers are priced by the list of that time */
  at: Date;
  sections: JobSections;
  /** ordinals of requests that read the claims of a section back */
  reads: ReadonlySet<number>;
  answers: RoundAnswers;
  /** ledger keys of lines that could not be filed: each is written once */
  unfiled: Set<string>;
  /** rows of the ledger that this invocation wrote for lines not seen before */
  found: number;
}

type Kind = AnsweredFacts['kind'];
// asking again after an answer that says it would not get better would cost for nothing
const RANK: Record<Kind, number> = { ask_again: 1, failed: 2, unproven: 3, stored: 4 };

/**
 * The answer of every section of one round, and the line that it was read from. Of several lines for one section the best holds, and
 * of equally good ones that with the smallest mark: the order in which lines come makes no difference.
 */
export class RoundAnswers {
  readonly #asked: Set<number>;
  readonly #held = new Map<number, { kind: Kind; mark: string }>();

  /** @param asked ordinals of the sections that the round asks for */
  constructor(asked: Iterable<number>) {
    this.#asked = new Set(asked);
  }

  /**
   * Takes an answer in.
   * @param mark of the line that it was read from; empty when there was none
   * @returns whether it is now the section's answer
   */
  take(ordinal: number, kind: Kind, mark: string): boolean {
    const held = this.#held.get(ordinal);
    if (held && (RANK[kind] < RANK[held.kind] || (kind === held.kind && mark >= held.mark))) return false;
    this.#held.set(ordinal, { kind, mark });
    return true;
  }

  /** Takes in what an earlier attempt wrote; a line that was missing then may still come now. */
  recall({ entry, kind, reason, line_mark = '' }: AnsweredFacts): void {
    if (reason === 'missing') this.#asked.add(ordinalOf(entry));
    else this.take(ordinalOf(entry), kind, line_mark);
  }

  /** The mark of the line that a section's answer was read from; undefined when it has no answer. */
  markOf = (ordinal: number): string | undefined => this.#held.get(ordinal)?.mark;

  /** The section whose answer was read from this line. */
  holderOf(mark: string): number | undefined {
    for (const [ordinal, held] of this.#held) if (held.mark === mark) return ordinal;
    return undefined;
  }

  /** Sections asked for and not answered, in order. */
  unanswered(): number[] {
    return [...this.#asked].filter((ordinal) => !this.#held.has(ordinal)).sort((a, b) => a - b);
  }

  counts(): { stored: number; unproven: number; askAgain: number; failed: number; unanswered: number } {
    const kinds = [...this.#held.values()].map(({ kind }) => kind);
    const count = (wanted: Kind) => kinds.filter((kind) => kind === wanted).length;
    return {
      stored: count('stored'),
      unproven: count('unproven'),
      askAgain: count('ask_again'),
      failed: count('failed'),
      unanswered: this.unanswered().length,
    };
  }
}
