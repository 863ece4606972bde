/** Figures for dashboards and alarms. Adding is all a step does; they are published when the invocation ends. */
export interface Metrics {
  /** @param dimensions at most one, such as a section's failure reason: each value is a metric of its own */
  add(name: MetricName, value: number, dimensions?: Record<string, string>): void;
}

/** The namespace of every figure in CloudWatch. */
export const METRICS_NAMESPACE = 'DelphiNarratives';

/** The value of the dimension `service`, which every figure has: one series a stage, whatever function it comes from. */
export const metricsService = (stage?: string): string => (stage ? `narratives-${stage}` : 'narratives');

/**
 * Every figure the functions publish, by its unit in CloudWatch; where a second dimension is given, it is named here.
 * A figure is added right after the conditional write that it counts: a step that runs again finds that write made, and adds
 * nothing. A process killed between the two loses the figure: the job row and the ledger are the record, figures are for monitoring.
 */
export const METRICS = {
  JobsCompleted: 'Count',
  /** in total, and by `error`: the name of the error */
  JobsFailed: 'Count',
  /** cancelled jobs that had a plan or a batch, when they are closed */
  JobsCancelled: 'Count',
  /** the reused ones included */
  SectionsStored: 'Count',
  /** sections whose text an earlier job bought */
  SectionsReused: 'Count',
  /** sections that a job ended without, in total and by `reason` (`lambdas/shared/outcome.ts`); a job that is redriven and ends again counts again */
  SectionsFailed: 'Count',
  /** clauses of published reports whose claim the votes prove, that only tell what comments say, and that only say that few voted */
  ClausesProven: 'Count',
  ClausesContent: 'Count',
  ClausesThin: 'Count',
  /** clauses of sentences that were taken out before the report was published, because a clause of theirs fails */
  ClausesTakenOut: 'Count',
  /** rounds of asking that a job took */
  Rounds: 'Count',
  InputTokens: 'Count',
  OutputTokens: 'Count',
  CacheReadTokens: 'Count',
  CacheWriteTokens: 'Count',
  /** US dollars, counted when a job ends: CloudWatch has no unit for money. Answers of a model without a price are not in it */
  CostUsd: 'None',
  /** from a batch's creation to its end */
  BatchSeconds: 'Seconds',
  /** from a batch's end to its sections being stored */
  StoreSeconds: 'Seconds',
  /** age of the oldest job that is PENDING or PROCESSING, as the sweep finds it */
  OldestJobSeconds: 'Seconds',
  /** paid batches that nobody watches, as the sweep finds them */
  UnwatchedBatches: 'Count',
  /** jobs that the sweep started or resumed */
  JobsResumed: 'Count',
} as const;

export type MetricName = keyof typeof METRICS;
