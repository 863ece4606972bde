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
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { StepName } from '../functions.ts';
import type { Watched } from './watched.ts';

const WHOLE = 24;
const THIRD = 8;
const HIGH = 6;
const hour = Duration.hours(1);
const five = Duration.minutes(5);

/** One page: alarms, jobs, sections, money, times, what stands still, functions, and the last warnings. */
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

function jobs({ machine, figures }: Watched): IWidget[] {
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
      figures.of('JobsCompleted', { period, label: 'completed' }),
      figures.of('JobsFailed', { period, label: 'failed' }),
      figures.of('JobsCancelled', { period, label: 'cancelled' }),
      figures.of('JobsResumed', { period, label: 'resumed by the sweep' }),
    ]),
    graph('Failed jobs by error', [search(figures.each('JobsFailed', 'error', hour), hour)], { stacked: true }),
  ];
}

function sections({ figures, config }: Watched): IWidget[] {
  const period = hour;
  const day = Duration.days(1);
  return [
    graph('Sections', [
      figures.of('SectionsStored', { period, label: 'stored' }),
      figures.of('SectionsReused', { period, label: 'of them reused' }),
      figures.of('SectionsFailed', { period, label: 'failed' }),
      figures.of('Rounds', { period, label: 'rounds' }),
    ]),
    graph('Failed sections by reason', [search(figures.each('SectionsFailed', 'reason', hour), hour)], {
      stacked: true,
    }),
    graph('US dollars a day', [figures.of('CostUsd', { period: day, label: 'spent' })], {
      right: [
        figures.of('InputTokens', { period: day, label: 'input tokens' }),
        figures.of('OutputTokens', { period: day, label: 'output tokens' }),
        figures.of('CacheReadTokens', { period: day, label: 'cache read tokens' }),
        figures.of('CacheWriteTokens', { period: day, label: 'cache write tokens' }),
      ],
      rightYAxis: { min: 0 },
      leftAnnotations: [{ value: config.spendAlarmUsdPerDay, label: 'alarm' }],
    }),
  ];
}

function waiting({ figures, deadLetters, functions: { dispatch } }: Watched): IWidget[] {
  const most = { period: five, statistic: Stats.MAXIMUM };
  return [
    graph('Seconds', [
      figures.of('BatchSeconds', { period: hour, statistic: Stats.AVERAGE, label: 'batch, mean' }),
      figures.of('BatchSeconds', { period: hour, statistic: Stats.MAXIMUM, label: 'batch, longest' }),
      figures.of('StoreSeconds', { period: hour, statistic: Stats.MAXIMUM, label: 'batch end to stored, longest' }),
    ]),
    graph('Left alone', [figures.of('OldestJobSeconds', { ...most, label: 'oldest job, seconds' })], {
      right: [figures.of('UnwatchedBatches', { ...most, label: 'unwatched batches' })],
      rightYAxis: { min: 0 },
    }),
    graph('Stream', [dispatch.metric('IteratorAge', { ...most, label: 'dispatch behind, ms' })], {
      right: [deadLetters.metricApproximateNumberOfMessagesVisible({ ...most, label: 'dead letters' })],
      rightYAxis: { min: 0 },
    }),
  ];
}

function functions({ functions: lambdas }: Watched): IWidget[] {
  const all = Object.entries(lambdas) as [StepName, Lambda][];
  return [
    graph(
      'Function errors',
      all.map(([label, lambda]) => lambda.metricErrors({ period: five, label })),
      { stacked: true },
    ),
    graph(
      'Throttles',
      all.map(([label, lambda]) => lambda.metricThrottles({ period: five, label })),
      { stacked: true },
    ),
    graph(
      'Longest run of each function, ms',
      all.map(([label, lambda]) => lambda.metricDuration({ period: five, statistic: Stats.MAXIMUM, label })),
    ),
  ];
}

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
