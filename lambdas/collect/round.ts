import type { Plan } from '../domain/ledger-entries.ts';
import type { Batches, JobTable, Ledger, Log, Metrics, Reports, Spending } from '../ports.ts';
import type { AskedSections } from './asked-sections.ts';
import type { TallyBoard } from './tally-board.ts';

/** What collecting needs of the outside world. */
export interface CollectDeps {
  jobs: JobTable;
  ledger: Ledger;
  reports: Reports;
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
  sections: AskedSections;
  board: TallyBoard;
  /** ledger keys of lines that could not be filed: each is written once */
  unfiled: Set<string>;
  /** rows of the ledger that this invocation wrote for lines not seen before */
  found: number;
}
