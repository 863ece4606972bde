import { readFileSync } from 'node:fs';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { Stack } from 'aws-cdk-lib/core';
import { describe, expect, it } from 'vitest';
import { OverBudget } from '../../../lambdas/money/limits.ts';
import * as errors from '../../../lambdas/shared/errors.ts';
import { METRICS } from '../../../lambdas/shared/metrics.ts';
import { stacks } from '../../support/stacks.ts';

function monitoring(context: Record<string, unknown> = {}): Template {
  const { app } = stacks(context);
  const stack = app.node.children.find(({ node }) => node.id.startsWith('DelphiNarrativesMonitoring'));
  return Template.fromStack(stack as Stack);
}

interface AlarmProperties {
  AlarmName: string;
  AlarmDescription: string;
  AlarmActions?: unknown[];
  Namespace?: string;
  MetricName?: string;
  Metrics?: unknown[];
  Period: number;
  Threshold: number;
}

const alarmsOf = (template: Template): AlarmProperties[] =>
  Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);

/** The dashboard's body, with references left out. */
function dashboardOf(template: Template): string {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  return JSON.stringify(dashboard?.Properties.DashboardBody);
}

/** The metrics that the graphs list, a statistic each, and the most that each search finds. */
function metricsOnDashboard(template: Template) {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const parts: unknown[] = dashboard?.Properties.DashboardBody['Fn::Join'][1];
  const text = parts.map((part) => (typeof part === 'string' ? part : 'REFERENCE')).join('');
  const { widgets } = JSON.parse(text) as { widgets: { properties: { metrics?: unknown[][] } }[] };
  const rows = widgets.flatMap(({ properties }) => properties.metrics ?? []);
  const searches = rows.flatMap(([first]) => (first as { expression?: string }).expression ?? []);
  return {
    listed: rows.length - searches.length,
    found: searches.map((search) => Number(/^SLICE\(SORT\(SEARCH\(.*\), SUM, DESC\), 0, (\d+)\)$/.exec(search)?.[1])),
  };
}

/** A name with the region behind it, as a template has it. */
const inItsRegion = (name: string) => ({ 'Fn::Join': ['', [`${name}-`, { Ref: 'AWS::Region' }]] });

const plain = monitoring();
const STAGE = { 'narratives:stage': 'preprod', 'narratives:createTables': 'true' };
const staged = monitoring(STAGE);
const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');

const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll('`', '').replaceAll(' ', '-');

/** Headings of one section of the runbook, as the anchors that a reader of Markdown makes of them. */
function anchorsUnder(section: string): string[] {
  const [, body = ''] = runbook.split(`\n## ${section}\n`);
  const headings = (body.split('\n## ')[0] ?? '').matchAll(/^### (.+)$/gm);
  return [...headings].map(([, heading = '']) => anchorOf(heading));
}

describe('alarms', () => {
  const alarms = alarmsOf(plain);

  it('each say what they mean and link to their entry in the runbook', () => {
    const linked = alarms.map(
      ({ AlarmDescription }) => /^[A-Z].+\. See docs\/runbook\.md#([a-z-]+)$/.exec(AlarmDescription)?.[1],
    );
    expect([...new Set(linked)].toSorted()).toEqual(anchorsUnder('Alarms').toSorted());
  });

  it('are named after their entries', () => {
    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual([
      'DelphiNarratives-ExecutionFailed',
      'DelphiNarratives-ExecutionTimedOut',
      'DelphiNarratives-DeadLetters',
      'DelphiNarratives-RowRefused',
      'DelphiNarratives-StreamBehind',
      'DelphiNarratives-JobTooOld',
      'DelphiNarratives-UnwatchedBatch',
      'DelphiNarratives-SweepNotRunning',
      'DelphiNarratives-SectionsFailed',
      'DelphiNarratives-SpendTooHigh',
    ]);
  });

  it('watch metrics that the functions publish', () => {
    const ours = alarms.filter(({ Namespace }) => Namespace === 'DelphiNarratives');
    expect(ours).toHaveLength(6);
    for (const { MetricName } of ours) expect(Object.keys(METRICS)).toContain(MetricName);
  });

  it('treat missing data as breaching only for the sweep', () => {
    plain.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'DelphiNarratives-SweepNotRunning',
      MetricName: 'OldestJobSeconds',
      Statistic: 'SampleCount',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
    });
    plain.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'DelphiNarratives-ExecutionFailed',
      TreatMissingData: 'notBreaching',
    });
  });

  it.each([
    ['JobTooOld', 'OldestJobSeconds', 26 * 3600, 'GreaterThanThreshold'],
    ['UnwatchedBatch', 'UnwatchedBatches', 0, 'GreaterThanThreshold'],
    ['SectionsFailed', 'SectionsFailed', 1, 'GreaterThanOrEqualToThreshold'],
    ['DeadLetters', 'ApproximateNumberOfMessagesVisible', 0, 'GreaterThanThreshold'],
    ['StreamBehind', 'IteratorAge', 600_000, 'GreaterThanThreshold'],
  ])('%s goes off when %s passes %i', (name, MetricName, Threshold, ComparisonOperator) => {
    plain.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: `DelphiNarratives-${name}`,
      MetricName,
      Threshold,
      ComparisonOperator,
    });
  });

  it('compare the spend of a day with the setting', () => {
    const template = monitoring({ 'narratives:spendAlarmUsdPerDay': '7.5' });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'CostUsd',
      Statistic: 'Sum',
      Period: 86_400,
      Threshold: 7.5,
      AlarmDescription: Match.stringLikeRegexp('more than 7\\.5 US dollars'),
    });
  });

  it.each(['1', '1440'])('look back over three sweeps every %s minutes', (minutes) => {
    const swept = monitoring({ 'narratives:sweepMinutes': minutes });
    swept.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'DelphiNarratives-SweepNotRunning',
      Period: Number(minutes) * 60,
      EvaluationPeriods: 3,
    });
  });

  it('are at most ten, which AWS gives each account for nothing', () => {
    expect(alarms.length).toBeLessThanOrEqual(10);
    // an alarm is billed by the metric, and one of seconds is not free
    for (const { MetricName, Period, AlarmName } of alarms) {
      expect(MetricName, AlarmName).toEqual(expect.any(String));
      expect(Period, AlarmName).toBeGreaterThanOrEqual(60);
    }
  });

  it('need no metric math, which emulators refuse', () => {
    for (const { Metrics, AlarmName } of alarms) expect(Metrics, AlarmName).toBeUndefined();
  });
});

describe('who is notified', () => {
  it('nobody without an address: alarms show in the console and on the dashboard', () => {
    plain.resourceCountIs('AWS::SNS::Topic', 0);
    plain.resourceCountIs('AWS::KMS::Key', 0);
    for (const { AlarmActions } of alarmsOf(plain)) expect(AlarmActions).toBeUndefined();
  });

  it('the address in the settings, of every alarm', () => {
    const mailed = monitoring({ 'narratives:alarmEmail': 'night@polis.example' });
    mailed.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'night@polis.example' });
    for (const { AlarmActions, AlarmName } of alarmsOf(mailed)) expect(AlarmActions, AlarmName).toHaveLength(1);
    expect(Object.keys(mailed.findOutputs('*'))).toContain('AlarmTopicArn');
  });

  it('over a topic that takes this account’s alarms only, and TLS only', () => {
    const mailed = monitoring({ 'narratives:alarmEmail': 'night@polis.example' });
    mailed.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ],
      }),
    });
  });

  it('over a topic without a key: one of our own costs a dollar a month, and CloudWatch may not use that of AWS', () => {
    const mailed = monitoring({ 'narratives:alarmEmail': 'night@polis.example' });
    mailed.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.absent() });
    mailed.resourceCountIs('AWS::KMS::Key', 0);
  });
});

describe('dashboard', () => {
  it('shows every metric that the functions publish', () => {
    const body = dashboardOf(plain);
    for (const name of Object.keys(METRICS)) expect(body, name).toContain(name);
  });

  it.each([
    ['without a stage', plain],
    ['with one', staged],
  ])('has at most 50 metrics, so that it costs nothing: %s', (_, template) => {
    const { listed, found } = metricsOnDashboard(template);
    expect(listed).toBeGreaterThan(20);
    expect(found).toEqual([4, 4]);
    expect(found.reduce((sum, count) => sum + count, listed)).toBeLessThanOrEqual(50);
  });

  it('says where it is', () => {
    plain.hasOutput('DashboardName', { Value: inItsRegion('DelphiNarratives') });
    staged.hasOutput('DashboardName', { Value: inItsRegion('DelphiNarratives-preprod') });
    expect(Object.keys(plain.findOutputs('*'))).toContain('DashboardUrl');
  });
});

describe('two stages in one account', () => {
  it('share no name', () => {
    const names = (template: Template) => alarmsOf(template).map(({ AlarmName }) => AlarmName);
    for (const name of names(staged)) expect(name).toMatch(/^DelphiNarratives-preprod-/);
    expect(names(plain).filter((name) => names(staged).includes(name))).toEqual([]);
    staged.hasResourceProperties('AWS::CloudWatch::Dashboard', {
      DashboardName: inItsRegion('DelphiNarratives-preprod'),
    });
  });

  it('name the dashboard by region too: dashboards belong to the whole account', () => {
    plain.hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: inItsRegion('DelphiNarratives') });
  });

  it('watch their own metrics: a function knows the stage that its metrics are of', () => {
    for (const [template, service, stage] of [
      [plain, 'narratives', undefined],
      [staged, 'narratives-preprod', 'preprod'],
    ] as const) {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', {
        MetricName: 'CostUsd',
        Dimensions: [{ Name: 'service', Value: service }],
      });
      expect(dashboardOf(template)).toContain(`service=\\\\\\"${service}\\\\\\"`);
      const { narratives } = stacks(stage ? STAGE : {});
      for (const { Properties } of Object.values(narratives.findResources('AWS::Lambda::Function'))) {
        expect(Properties.Environment?.Variables?.STAGE, Properties.Description).toBe(stage);
      }
    }
  });
});

describe('runbook', () => {
  it('has no broken link within itself', () => {
    const anchors = [...runbook.matchAll(/^##+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
    const links = [...runbook.matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(10);
    for (const link of links) expect(anchors).toContain(link);
  });

  it('has an entry for every error name that a job row may have', () => {
    const raised = Object.values(errors).flatMap((value) =>
      typeof value === 'function' && value.prototype instanceof errors.NarrativesError && value !== errors.BadInput
        ? [new (value as typeof errors.InvalidRow)('').name]
        : [],
    );
    raised.push(OverBudget.name);
    const entries = [...runbook.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    const brokenOff = ['ExecutionAborted', 'ExecutionTimedOut', 'ExecutionFailed', 'ExecutionLost'];
    expect(entries.toSorted()).toEqual([...raised, ...brokenOff].toSorted());
    expect(raised.length).toBeGreaterThan(12);
  });
});
