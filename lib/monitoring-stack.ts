import { Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { FunctionName } from './functions.ts';
import { type AlarmRule, alarmRules } from './monitoring/alarms.ts';
import { narrativesDashboard } from './monitoring/dashboard.ts';
import { NarrativesMetrics, type Watched } from './monitoring/metrics.ts';
import { constructId, stackName } from './names.ts';
import type { NarrativesStack } from './narratives-stack.ts';
import type { NarrativesConfig } from './settings.ts';

export interface MonitoringStackProps extends StackProps {
  readonly config: NarrativesConfig;
  readonly narratives: NarrativesStack;
}

/**
 * The dashboard, and the alarms, each with its entry in docs/runbook.md. Without `alarmEmail` the alarms show on the dashboard
 * and in the console only.
 */
export class MonitoringStack extends Stack {
  constructor(scope: Construct, id: string, { config, narratives, ...props }: MonitoringStackProps) {
    super(scope, id, { description: 'Dashboard and alarms of the Delphi narrative reports', ...props });
    const watched = watchedOf(config, narratives);
    const name = stackName(config.stage);
    const alarms = alarmRules(watched).map((rule) => this.alarm(name, rule));
    const { region } = this;
    // alarms belong to a region, dashboards to the account: one of another region must not be overwritten
    const dashboard = `${name}-${region}`;
    narrativesDashboard(this, dashboard, watched, alarms);
    if (config.alarmEmail) {
      const mail = new AlarmMail(this, 'AlarmMail', config.alarmEmail);
      for (const alarm of alarms) alarm.addAlarmAction(mail.action);
      new CfnOutput(this, 'AlarmTopicArn', { value: mail.topic.topicArn });
    }
    new CfnOutput(this, 'DashboardName', { value: dashboard });
    new CfnOutput(this, 'DashboardUrl', {
      value: `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard}`,
    });
  }

  private alarm(name: string, rule: AlarmRule): Alarm {
    const { anchor, means, metric, threshold, comparison, periods, missing } = rule;
    const id = constructId(anchor);
    return new Alarm(this, id, {
      alarmName: `${name}-${id}`,
      alarmDescription: `${means} See docs/runbook.md#${anchor}`,
      metric,
      threshold,
      comparisonOperator: comparison,
      evaluationPeriods: periods ?? 1,
      treatMissingData: missing ?? TreatMissingData.NOT_BREACHING,
    });
  }
}

function watchedOf(config: NarrativesConfig, { machine, jobStream, functions }: NarrativesStack): Watched {
  const lambdas = Object.entries(functions).map(([name, { lambda }]) => [name, lambda]);
  return {
    config,
    metrics: new NarrativesMetrics(config.stage),
    machine: machine.machine,
    deadLetters: jobStream.deadLetters,
    functions: Object.fromEntries(lambdas) as Record<FunctionName, Lambda>,
  };
}

/**
 * Sends alarms to one address, over TLS. The topic has no key: CloudWatch may not use the one that AWS manages for SNS, a key of its own
 * costs a dollar a month, and an alarm's text holds no data of a conversation.
 */
export class AlarmMail extends Construct {
  readonly topic: Topic;
  readonly action: SnsAction;

  constructor(scope: Construct, id: string, email: string) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', {
      displayName: 'Delphi narratives alarms',
      enforceSSL: true,
    });
    // a topic with its own policy no longer has the default one, which lets the account's alarms publish
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    this.topic.addSubscription(new EmailSubscription(email));
    this.action = new SnsAction(this.topic);
  }
}
