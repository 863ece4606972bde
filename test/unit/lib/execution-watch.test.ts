import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { STEP_METADATA } from '../../../lib/function.ts';
import { stacks, statementsOf } from '../../support/stacks.ts';

const { narratives } = stacks();

/** The step that a rule's only target is. */
function stepOf(rule: { Properties: { Targets: { Arn: { 'Fn::GetAtt': [string, string] } }[] } }): string {
  expect(rule.Properties.Targets).toHaveLength(1);
  const id = rule.Properties.Targets[0]?.Arn['Fn::GetAtt'][0] ?? '';
  return narratives.findResources('AWS::Lambda::Function')[id]?.Metadata[STEP_METADATA];
}
const ruleWith = (properties: Record<string, unknown>) => {
  const found = Object.values(narratives.findResources('AWS::Events::Rule', { Properties: properties }));
  expect(found).toHaveLength(1);
  return found[0] as Parameters<typeof stepOf>[0];
};

describe('executions are watched', () => {
  it('every end that is not our own, and every run, of our machine is told', () => {
    const [machine] = Object.keys(narratives.findResources('AWS::StepFunctions::StateMachine'));
    const rule = ruleWith({
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [{ Ref: machine }], status: ['FAILED', 'TIMED_OUT', 'ABORTED', 'RUNNING'] },
      },
      Targets: [Match.objectLike({ RetryPolicy: { MaximumRetryAttempts: 20, MaximumEventAgeInSeconds: 7_200 } })],
    });
    expect(stepOf(rule)).toBe('execution-changed');
  });

  it('the table is swept every quarter of an hour, or as often as the setting says', () => {
    expect(stepOf(ruleWith({ ScheduleExpression: 'rate(15 minutes)' }))).toBe('sweep');
    for (const [minutes, rate] of [
      [1, 'rate(1 minute)'],
      [90, 'rate(90 minutes)'],
      [1440, 'rate(1 day)'],
    ] as const) {
      const { narratives: template } = stacks({ 'narratives:sweepMinutes': minutes });
      template.hasResourceProperties('AWS::Events::Rule', {
        ScheduleExpression: rate,
        Targets: [Match.objectLike({ RetryPolicy: { MaximumEventAgeInSeconds: minutes * 60 } })],
      });
    }
  });

  it('both functions may be called by their rule only', () => {
    const permissions = Object.values(narratives.findResources('AWS::Lambda::Permission'));
    const byEvents = permissions.filter(({ Properties }) => Properties.Principal === 'events.amazonaws.com');
    expect(byEvents).toHaveLength(2);
    for (const { Properties } of byEvents) expect(Properties.SourceArn['Fn::GetAtt'][1]).toBe('Arn');
  });

  it('the sweep may start and describe executions; what hears of them may do neither', () => {
    const actions = (step: string) => statementsOf(narratives, step).flatMap(({ Action }) => Action);
    expect(actions('sweep')).toEqual(expect.arrayContaining(['states:StartExecution', 'states:DescribeExecution']));
    expect(actions('execution-changed').filter((action) => action.startsWith('states:'))).toEqual([]);
  });
});
