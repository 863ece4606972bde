import * as lambda from '@aws-sdk/client-lambda';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import * as errors from '../../../lambdas/shared/errors.ts';
import { STATE } from '../../../lib/names.ts';
import { INVOKE_ERRORS } from '../../../lib/state-machine.ts';
import { synthNarratives } from '../../../tools/synthesize.ts';
import { functionsByName, stacks } from '../../support/stacks.ts';

const created = stacks();
const { definition, stepOfState } = synthNarratives();

describe('state machine', () => {
  const states = Object.entries(definition.States);
  const tasks = states.filter(([, { Type }]) => Type === 'Task');

  it('has the states that the shared names say, and no other', () => {
    expect(states.map(([name]) => name).sort()).toEqual(Object.values(STATE).sort());
  });

  it('says of every state what it is for', () => {
    for (const [name, { Comment }] of states) expect(Comment, name).toMatch(/\w+ \w+/);
  });

  it('calls one step from each task', () => {
    expect(stepOfState).toEqual({
      [STATE.adoptBatch]: 'adopt',
      [STATE.submitBatch]: 'submit',
      [STATE.checkBatchStatus]: 'check-status',
      [STATE.collectResults]: 'collect',
      [STATE.completeJob]: 'complete',
      [STATE.failJob]: 'fail',
    });
  });

  it('ends every failed task at "Fail job"', () => {
    for (const [name, task] of tasks) {
      const caught = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: STATE.failJob }];
      expect('Catch' in task ? task.Catch : [], name).toEqual(name === STATE.failJob ? [] : caught);
    }
  });

  it('retries temporary errors of ours and of Lambda, with growing pauses', () => {
    for (const [name, task] of tasks) {
      expect('Retry' in task && task.Retry, name).toMatchObject([
        {
          ErrorEquals: ['AnthropicUnavailable', 'StoreUnavailable'],
          IntervalSeconds: 5,
          BackoffRate: 2,
          MaxAttempts: 6,
          MaxDelaySeconds: 60,
          JitterStrategy: 'FULL',
        },
        {
          ErrorEquals: ['KeyRefused', 'PasswordRefused'],
          IntervalSeconds: 15,
          BackoffRate: 2,
          MaxAttempts: 7,
          MaxDelaySeconds: 60,
        },
        { IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 8, MaxDelaySeconds: 60 },
        { IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 6 },
      ]);
    }
  });

  it('retries every error of Invoke that passes, and none that a person has to fix', () => {
    const passing = [
      'AWSLambdaException',
      'ClientExecutionTimeoutException',
      'CodeArtifactUserPendingException',
      'EC2ThrottledException',
      'EC2UnexpectedException',
      'EFSIOException',
      'EFSMountConnectivityException',
      'EFSMountTimeoutException',
      'ENILimitReachedException',
      'ENINotReadyException',
      'ResourceConflictException',
      'ResourceNotReadyException',
      'S3FilesMountConnectivityException',
      'S3FilesMountTimeoutException',
      'SdkClientException',
      'ServiceException',
      'SnapStartNotReadyException',
      'SnapStartTimeoutException',
      'SubnetIPAddressLimitReachedException',
      'TooManyRequestsException',
    ];
    for (const [name, task] of tasks) {
      const retriers = ('Retry' in task && task.Retry) || [];
      const invoke = retriers.find(({ ErrorEquals }) => ErrorEquals.includes('Lambda.ServiceException'));
      expect(invoke?.ErrorEquals.toSorted(), name).toEqual(passing.map((error) => `Lambda.${error}`));
    }
  });

  it('retries no name that neither Lambda nor Step Functions uses', () => {
    const documented = Object.keys(lambda).filter((name) => name.endsWith('Exception'));
    const named = INVOKE_ERRORS.map((name) => name.replace('Lambda.', ''));
    const ofStepFunctions = ['AWSLambdaException', 'SdkClientException', 'ClientExecutionTimeoutException'];
    expect(named.filter((name) => !documented.includes(name))).toEqual(ofStepFunctions);
  });

  it('retries only names of errors that exist', () => {
    const names = Object.values(errors).flatMap((value) =>
      typeof value === 'function' && value.prototype instanceof errors.NarrativesError
        ? [new (value as typeof errors.BadInput)('').name]
        : [],
    );
    expect(names).toEqual(expect.arrayContaining([...errors.RETRIED_ERRORS, ...errors.ROTATION_ERRORS]));
  });

  it("lets every task outlive its function's own limit", () => {
    const functions = functionsByName(created.narratives);
    for (const [name, task] of tasks) {
      expect('TimeoutSeconds' in task && task.TimeoutSeconds, name).toBeGreaterThan(
        functions[stepOfState[name] ?? ''].Timeout,
      );
    }
  });

  it('gives up after 76 hours, traces, and logs errors without the data', () => {
    expect(definition.TimeoutSeconds).toBe(76 * 3600);
    created.narratives.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineType: 'STANDARD',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: Match.objectLike({ Level: 'ERROR', IncludeExecutionData: Match.absent() }),
    });
  });
});
