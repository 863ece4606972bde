/**
 * Every figure the functions publish, by its unit in CloudWatch. Namespace `DelphiNarratives`, dimension `service`
 * (the stage's name, or `narratives`); where a second dimension is given, it is named here.
 */
export const METRICS = {
  JobsCompleted: 'Count',
  /** by `error`: the name of the error */
  JobsFailed: 'Count',
  SectionsStored: 'Count',
  /** by `reason` of `domain/outcome.ts` */
  SectionsFailed: 'Count',
  /** rounds of asking that a job took */
  Rounds: 'Count',
  InputTokens: 'Count',
  OutputTokens: 'Count',
  CacheReadTokens: 'Count',
  CacheWriteTokens: 'Count',
  /** US dollars: CloudWatch has no unit for money */
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
