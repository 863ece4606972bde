import { Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { NarrativesConfig } from './config.ts';
import type { StepName } from './functions.ts';
import { AlarmMail } from './monitoring/alarm-mail.ts';
import { type AlarmRule, alarmRules } from './monitoring/alarms.ts';
import { narrativesDashboard } from './monitoring/dashboard.ts';
import { Figures } from './monitoring/figures.ts';
import type { Watched } from './monitoring/watched.ts';
import { constructId, type NarrativesStack } from './narratives-stack.ts';
import { stackName } from './stack-names.ts';

export interface MonitoringStackProps extends StackProps {
  readonly config: NarrativesConfig;
  readonly narratives: NarrativesStack;
}

/**
 * The dashboard, and the alarms, each with its entry in docs/runbook.md. Without `alarmEmail` the alarms ring on the dashboard
 * and in the console only.
 */
export class MonitoringStack extends Stack {
  constructor(scope: Construct, id: string, { config, narratives, ...props }: MonitoringStackProps) {
    super(scope, id, { description: 'Dashboard and alarms of the Delphi narrative reports', ...props });
    const watched = watchedOf(config, narratives);
    const name = stackName(config.stage);
    const alarms = alarmRules(watched).map((rule) => this.alarm(name, rule));
    const { region } = this;
    // alarms belong to a region, dashboards to the account: one of another region must not be written over
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
    const { anchor, of, means, metric, threshold, comparison, periods, missing } = rule;
    const id = constructId(of ? `${anchor}-${of}` : anchor);
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

function watchedOf(config: NarrativesConfig, { machine, jobStream, steps }: NarrativesStack): Watched {
  const functions = Object.entries(steps).map(([step, { lambda }]) => [step, lambda]);
  return {
    config,
    figures: new Figures(config.stage),
    machine: machine.machine,
    deadLetters: jobStream.deadLetters,
    functions: Object.fromEntries(functions) as Record<StepName, Lambda>,
  };
}
