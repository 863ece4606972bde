import { type App, type IPolicyValidationPlugin, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';

/** A finding that is accepted as it is. */
export interface Accepted {
  readonly rule: RegExp;
  /** Path of the construct it is accepted for. */
  readonly where: RegExp;
  readonly reason: string;
}

const FUNCTION_POLICY = /^DelphiNarratives[\w-]*\/\w+\/Role\/DefaultPolicy\/Resource$/;
const MACHINE_POLICY = /\/Machine\/StateMachine\/Role\/DefaultPolicy\/Resource$/;

/** Each accepted finding, with its reason. A wildcard is accepted only where AWS has no narrower resource. */
export const ACCEPTED: readonly Accepted[] = [
  {
    rule: /IAM5\[Resource::\*\]/,
    where: FUNCTION_POLICY,
    reason:
      "X-Ray, dynamodb:ListStreams, EC2's Describe actions and the tokens of STS cannot be limited to a resource; a test holds the list of them",
  },
  {
    rule: /IAM5\[Resource::\*\]/,
    where: MACHINE_POLICY,
    reason:
      'X-Ray and the delivery of state machine logs cannot be limited to a resource; a test holds the list of such actions',
  },
  {
    rule: /IAM5\[Resource::arn:.*:ec2:.*:(network-interface|\*)\/\*\]/,
    where: FUNCTION_POLICY,
    reason: 'a network interface has no name before Lambda creates it; the functions themselves are denied its use',
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
    reason: 'it is the dead-letter queue of the stream mapping, which the rule does not look at',
  },
  {
    rule: /APIG4$/,
    where: /^DelphiNarrativesApi[\w-]*\/Api\//,
    reason: 'only with httpApi=open, which is meant to be open; a test holds that httpApi=iam needs no exception',
  },
];

/** Makes `cdk synth` and `cdk deploy` end with an error when there is a finding that is not accepted. */
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

/** What AwsSolutions finds in the tree and the list does not accept. @param accepted is called with each entry that is used */
export function findings(root: IConstruct, accepted: (by: Accepted) => void = () => undefined) {
  return new AwsSolutionsChecks().validateScope(root).violations.flatMap((violation) => {
    const left = violation.violatingResources.filter(({ constructPath }) => {
      const by = ACCEPTED.find(({ rule, where }) => rule.test(violation.ruleName) && where.test(constructPath ?? ''));
      if (by) accepted(by);
      return !by;
    });
    return left.length === 0
      ? []
      : [{ ...violation, violatingResources: left, fix: 'fix it, or accept it with a reason in lib/nag.ts' }];
  });
}
