import { ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { Watched } from './metrics.ts';

/** One alarm. Its name in the runbook is its anchor. */
export interface AlarmRule {
  /** `docs/runbook.md#<anchor>`; the alarm's own name is made from it */
  readonly anchor: string;
  /** one line: what it means when the alarm goes off */
  readonly means: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly comparison: ComparisonOperator;
  /** periods of the metric that are looked at, of which all must be over the threshold */
  readonly periods?: number;
  /** what missing data means; unless given, that nothing is wrong */
  readonly missing?: TreatMissingData;
}

const AT_LEAST = ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
const OVER = ComparisonOperator.GREATER_THAN_THRESHOLD;
const BELOW = ComparisonOperator.LESS_THAN_THRESHOLD;

/** Two sweeps may fall into one period and none into the next: the state after the last sweep is kept. */
const UNTIL_THE_NEXT_SWEEP = TreatMissingData.IGNORE;

const HOURS = 3_600;
/** A batch may take 24 hours; what comes before and after it takes minutes. */
const OLDEST_JOB_HOURS = 26;
const STREAM_BEHIND_MINUTES = 10;
const MISSED_SWEEPS = 3;

const five = Duration.minutes(5);

/**
 * Every alarm, each with its entry in docs/runbook.md. Each costs $0.10 a month, and the first ten of an account nothing. So there is
 * one for each kind of harm, and none for its causes: a function that fails or is throttled is retried, and what comes of it when the
 * retries end is a failed job, a stream that is behind, or a sweep that does not run.
 */
export const alarmRules = (watched: Watched): AlarmRule[] => [
  ...executionAlarms(watched),
  ...forgottenAlarms(watched),
  ...resultAlarms(watched),
];

function executionAlarms({ machine }: Watched): AlarmRule[] {
  return [
    {
      anchor: 'execution-failed',
      means: 'A job ended FAILED; its row says why.',
      metric: machine.metricFailed({ period: five }),
      threshold: 1,
      comparison: AT_LEAST,
    },
    {
      anchor: 'execution-timed-out',
      means: 'An execution ran for 76 hours and was ended by Step Functions.',
      metric: machine.metricTimedOut({ period: five }),
      threshold: 1,
      comparison: AT_LEAST,
    },
  ];
}

function forgottenAlarms({ config, metrics, deadLetters, functions }: Watched): AlarmRule[] {
  const sweep = Duration.minutes(config.sweepMinutes);
  return [
    {
      anchor: 'dead-letters',
      means: 'New job rows could not be handed to the state machine for a day, and are in the dead-letter queue.',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period: five, statistic: Stats.MAXIMUM }),
      threshold: 0,
      comparison: OVER,
    },
    {
      anchor: 'row-refused',
      means: 'A job row was not in the agreed shape, and was marked FAILED.',
      metric: metrics.withValue('JobsFailed', 'error', 'InvalidJobRow'),
      threshold: 1,
      comparison: AT_LEAST,
    },
    {
      anchor: 'stream-behind',
      means: `Dispatch is more than ${STREAM_BEHIND_MINUTES} minutes behind the job table: new jobs do not start.`,
      metric: functions.dispatch.metric('IteratorAge', { period: five, statistic: Stats.MAXIMUM }),
      threshold: STREAM_BEHIND_MINUTES * 60_000,
      comparison: OVER,
    },
    {
      anchor: 'job-too-old',
      means: `A job has been PENDING or PROCESSING for more than ${OLDEST_JOB_HOURS} hours.`,
      metric: metrics.of('OldestJobSeconds', { period: sweep, statistic: Stats.MAXIMUM }),
      threshold: OLDEST_JOB_HOURS * HOURS,
      comparison: OVER,
      missing: UNTIL_THE_NEXT_SWEEP,
    },
    {
      anchor: 'unwatched-batch',
      means: 'Two sweeps in a row found a paid batch that no execution will collect.',
      metric: metrics.of('UnwatchedBatches', { period: sweep, statistic: Stats.MAXIMUM }),
      threshold: 0,
      comparison: OVER,
      // the first sweep that finds one resumes its job where it can
      periods: 2,
      missing: UNTIL_THE_NEXT_SWEEP,
    },
    {
      anchor: 'sweep-not-running',
      means: 'The sweep for forgotten jobs has reported nothing: alarms on its metrics cannot go off.',
      metric: metrics.of('OldestJobSeconds', { period: sweep, statistic: Stats.SAMPLE_COUNT }),
      threshold: 1,
      comparison: BELOW,
      periods: MISSED_SWEEPS,
      missing: TreatMissingData.BREACHING,
    },
  ];
}

function resultAlarms({ config, metrics }: Watched): AlarmRule[] {
  return [
    {
      anchor: 'sections-failed',
      means: 'A job ended without some of its sections.',
      metric: metrics.of('SectionsFailed', { period: Duration.hours(1) }),
      threshold: 1,
      comparison: AT_LEAST,
    },
    {
      anchor: 'spend-too-high',
      means: `Jobs that ended within a day have cost more than ${config.spendAlarmUsdPerDay} US dollars.`,
      metric: metrics.of('CostUsd', { period: Duration.days(1) }),
      threshold: config.spendAlarmUsdPerDay,
      comparison: OVER,
    },
  ];
}
