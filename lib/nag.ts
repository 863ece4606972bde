import { type App, type IPolicyValidationPlugin, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';

/** A finding that is right as it is. */
export interface Accepted {
  readonly rule: RegExp;
  /** Path of the construct it is accepted for. */
  readonly where: RegExp;
  readonly reason: string;
}

const FUNCTION_POLICY = /^DelphiNarratives[\w-]*\/\w+\/Role\/DefaultPolicy\/Resource$/;
const MACHINE_POLICY = /\/Machine\/StateMachine\/Role\/DefaultPolicy\/Resource$/;

/** Each finding that stays, with its reason. A wildcard stays only where AWS knows no name. */
export const ACCEPTED: readonly Accepted[] = [
  {
    rule: /IAM5\[Resource::\*\]/,
    where: FUNCTION_POLICY,
    reason:
      "X-Ray, dynamodb:ListStreams and EC2's Describe actions know no resources; a test holds the list of such actions",
  },
  {
    rule: /IAM5\[Resource::\*\]/,
    where: MACHINE_POLICY,
    reason: 'X-Ray and the delivery of state machine logs know no resources; a test holds the list of such actions',
  },
  {
    rule: /IAM5\[Resource::arn:.*:ec2:.*:(network-interface|\*)\/\*\]/,
    where: FUNCTION_POLICY,
    reason: 'a network interface has no name before Lambda makes it; the functions themselves are denied its use',
  },
  {
    rule: /IAM5\[Resource::arn:.*:ec2:.*:\*:(subnet\/subnet|security-group\/sg)-\w+\]/,
    where: FUNCTION_POLICY,
    reason: 'the subnet and the group are named; only the account is open, since they may be shared by another one',
  },
  {
    rule: /IAM5\[Resource::arn:.*:execution:.*:\*\]/,
    where: /\/Sweep\/Role\/DefaultPolicy\/Resource$/,
    reason: 'executions of this one state machine, whose names are made from job ids',
  },
  {
    rule: /SF1$/,
    where: /\/Machine\/StateMachine\/Resource$/,
    reason: 'Step Functions keeps every event for 90 days itself; a second copy would hold job data and cost more',
  },
  {
    rule: /SQS3$/,
    where: /\/JobStream\/DeadLetters\/Resource$/,
    reason: 'it is a dead-letter queue: of the stream mapping, which the rule does not look at',
  },
  {
    rule: /APIG4$/,
    where: /^DelphiNarrativesApi[\w-]*\/Api\//,
    reason: 'only with httpApi=open, which asks for just that; a test holds that httpApi=iam needs no exception',
  },
];

/** Finds nothing that is not accepted, or ends `cdk synth` and `cdk deploy` with an error. */
export function checkWithNag(app: App): void {
  Validations.of(app).addPlugins(narrativesNag());
}

function narrativesNag(): IPolicyValidationPlugin {
  return {
    name: 'cdk-nag AwsSolutions',
    validate: (context) => {
      const violations = findings((context as unknown as { appConstruct: IConstruct }).appConstruct);
      return { success: violations.length === 0, violations };
    },
  };
}

/** What AwsSolutions finds in the tree and nothing in the list accepts. @param accepted is told of each use */
export function findings(root: IConstruct, accepted: (by: Accepted) => void = () => undefined) {
  return new AwsSolutionsChecks().validateScope(root).violations.flatMap((violation) => {
    const left = violation.violatingResources.filter(({ constructPath }) => {
      const by = ACCEPTED.find(({ rule, where }) => rule.test(violation.ruleName) && where.test(constructPath ?? ''));
      if (by) accepted(by);
      return !by;
    });
    return left.length === 0
      ? []
      : [{ ...violation, violatingResources: left, fix: 'mend it, or accept it with a reason in lib/nag.ts' }];
  });
}
