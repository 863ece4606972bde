import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type GraphWidgetProps,
  type IMetric,
  type IWidget,
  LogQueryWidget,
  MathExpression,
  Metric,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { FUNCTIONS, type FunctionName } from '../functions.ts';
import type { Watched } from './metrics.ts';

const WHOLE = 24;
const THIRD = 8;
const HIGH = 6;
const hour = Duration.hours(1);
const five = Duration.minutes(5);

/**
 * One page: alarms, jobs, sections, money, times, jobs that nobody works on, functions, and the last warnings. A dashboard of up to 50
 * metrics is free, three in an account; a larger one costs $3 a month. What the two searches find is counted among them.
 */
export function narrativesDashboard(
  scope: Construct,
  dashboardName: string,
  watched: Watched,
  alarms: readonly Alarm[],
): Dashboard {
  return new Dashboard(scope, 'Dashboard', {
    dashboardName,
    defaultInterval: Duration.days(3),
    widgets: [
      [new TextWidget({ width: WHOLE, height: 2, markdown: heading(watched) })],
      [new AlarmStatusWidget({ width: WHOLE, height: 4, title: 'Alarms', alarms: [...alarms] })],
      jobs(watched),
      sections(watched),
      waiting(watched),
      functions(watched),
      [troubles(watched)],
    ],
  });
}

const heading = ({ config }: Watched): string =>
  `# Delphi narratives${config.stage ? ` (${config.stage})` : ''}\nWhat each alarm means and what to do: \`docs/runbook.md\` of the project. One job: \`narratives job JOB_ID\`.`;

const graph = (title: string, left: IMetric[], more: GraphWidgetProps = {}): GraphWidget =>
  new GraphWidget({ title, left, width: THIRD, height: HIGH, leftYAxis: { min: 0 }, ...more });

const search = (expression: string, period: Duration): MathExpression =>
  new MathExpression({ expression, period, label: '', usingMetrics: {} });

function jobs({ machine, metrics }: Watched): IWidget[] {
  const period = hour;
  return [
    graph('Executions', [
      machine.metricStarted({ period, label: 'started' }),
      machine.metricSucceeded({ period, label: 'succeeded' }),
      machine.metricFailed({ period, label: 'failed' }),
      machine.metricTimedOut({ period, label: 'timed out' }),
      machine.metricAborted({ period, label: 'stopped' }),
    ]),
    graph('Jobs ended', [
      metrics.of('JobsCompleted', { period, label: 'completed' }),
      metrics.of('JobsFailed', { period, label: 'failed' }),
      metrics.of('JobsCancelled', { period, label: 'cancelled' }),
      metrics.of('JobsResumed', { period, label: 'resumed by the sweep' }),
    ]),
    graph('Failed jobs by error', [search(metrics.mostFrequent('JobsFailed', 'error', hour), hour)], { stacked: true }),
  ];
}

function sections({ metrics, config }: Watched): IWidget[] {
  const period = hour;
  const day = Duration.days(1);
  return [
    graph('Sections', [
      metrics.of('SectionsStored', { period, label: 'stored' }),
      metrics.of('SectionsReused', { period, label: 'of them reused' }),
      metrics.of('SectionsFailed', { period, label: 'failed' }),
      metrics.of('Rounds', { period, label: 'rounds' }),
    ]),
    graph('Clauses', [
      metrics.of('ClausesProven', { period, label: 'proven by the votes' }),
      metrics.of('ClausesContent', { period, label: 'only tell what comments say' }),
      metrics.of('ClausesThin', { period, label: 'say that few voted' }),
      metrics.of('ClausesTakenOut', { period, label: 'taken out' }),
    ]),
    graph('Failed sections by reason', [search(metrics.mostFrequent('SectionsFailed', 'reason', hour), hour)], {
      stacked: true,
    }),
    graph('US dollars a day', [metrics.of('CostUsd', { period: day, label: 'spent' })], {
      right: [
        metrics.of('InputTokens', { period: day, label: 'input tokens' }),
        metrics.of('OutputTokens', { period: day, label: 'output tokens' }),
        metrics.of('CacheReadTokens', { period: day, label: 'cache read tokens' }),
        metrics.of('CacheWriteTokens', { period: day, label: 'cache write tokens' }),
      ],
      rightYAxis: { min: 0 },
      leftAnnotations: [{ value: config.spendAlarmUsdPerDay, label: 'alarm' }],
    }),
  ];
}

function waiting({ metrics, deadLetters, functions: { dispatch } }: Watched): IWidget[] {
  const most = { period: five, statistic: Stats.MAXIMUM };
  return [
    graph('Seconds', [
      metrics.of('BatchSeconds', { period: hour, statistic: Stats.AVERAGE, label: 'batch, mean' }),
      metrics.of('BatchSeconds', { period: hour, statistic: Stats.MAXIMUM, label: 'batch, longest' }),
      metrics.of('StoreSeconds', { period: hour, statistic: Stats.MAXIMUM, label: 'batch end to stored, longest' }),
    ]),
    graph('Left alone', [metrics.of('OldestJobSeconds', { ...most, label: 'oldest job, seconds' })], {
      right: [metrics.of('UnwatchedBatches', { ...most, label: 'unwatched batches' })],
      rightYAxis: { min: 0 },
    }),
    graph('Stream', [dispatch.metric('IteratorAge', { ...most, label: 'dispatch behind, ms' })], {
      right: [deadLetters.metricApproximateNumberOfMessagesVisible({ ...most, label: 'dead letters' })],
      rightYAxis: { min: 0 },
    }),
  ];
}

/** Throttles of the whole account: functions share one limit. */
const throttles = new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: Stats.SUM, period: five });

function functions({ functions: lambdas }: Watched): IWidget[] {
  const all = Object.entries(lambdas) as [FunctionName, Lambda][];
  const longest = { period: five, statistic: Stats.MAXIMUM };
  return [
    graph(
      'Function errors',
      all.map(([label, lambda]) => lambda.metricErrors({ period: five, label })),
      { stacked: true },
    ),
    graph('Throttles, all functions of the account', [throttles]),
    graph('Longest run, ms', [
      lambdas.submit.metricDuration({ ...longest, label: `submit, of ${limit('submit')}` }),
      lambdas.collect.metricDuration({ ...longest, label: `collect, of ${limit('collect')}` }),
      lambdas.sweep.metricDuration({ ...longest, label: `sweep, of ${limit('sweep')}` }),
    ]),
  ];
}

/** A function's time limit in milliseconds, as the graph has it. */
const limit = (name: FunctionName): number => FUNCTIONS[name].timeoutSeconds * 1_000;

/** Warnings and errors of every function, newest first. */
function troubles({ functions: lambdas }: Watched): IWidget {
  return new LogQueryWidget({
    title: 'Warnings and errors',
    width: WHOLE,
    height: 8,
    logGroupNames: Object.values(lambdas).map(({ logGroup }) => logGroup.logGroupName),
    queryLines: [
      'fields @timestamp, level, service, job_id, report_id, batch_id, message, why',
      'filter level in ["WARN", "ERROR"] or ispresent(errorType)',
      'sort @timestamp desc',
      'limit 50',
    ],
  });
}
