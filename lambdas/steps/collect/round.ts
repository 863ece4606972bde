import type { AskedSections } from '../../job/asked-sections.ts';
import type { Plan } from '../../shared/ledger-rows.ts';
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Batches } from '../../stores/anthropic.ts';
import type { JobTable } from '../../stores/jobs.ts';
import type { Ledger } from '../../stores/ledger.ts';
import type { Reports } from '../../stores/reports.ts';
import type { Spending } from '../../stores/spending.ts';
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
  /** when this invocation began: answers are priced by the list of that time */
  at: Date;
  sections: AskedSections;
  board: TallyBoard;
  /** ledger keys of lines that could not be filed: each is written once */
  unfiled: Set<string>;
  /** rows of the ledger that this invocation wrote for lines not seen before */
  found: number;
}
