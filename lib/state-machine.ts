import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  Choice,
  Condition,
  DefinitionBody,
  Fail,
  JitterType,
  LogLevel,
  StateMachine,
  StateMachineType,
  Succeed,
  Timeout,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, type LambdaInvokeProps } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { RETRIED_ERRORS, ROTATION_ERRORS } from '../lambdas/shared/errors.ts';
import type { Next } from '../lambdas/shared/hand-off.ts';
import { AWAITING_BATCH } from '../lambdas/shared/job-row.ts';
import { FUNCTIONS, type StepName } from './functions.ts';
import { STATE } from './names.ts';

export interface NarrativeMachineProps {
  readonly functions: Readonly<Record<StepName, IFunction>>;
  readonly logRetentionDays: RetentionDays;
}

/**
 * Errors of the call from Step Functions to Lambda that pass: the service and the network, throttling, and what the Invoke API
 * documents for a function that is not ready. One that was idle for weeks is inactive, and needs two minutes at most.
 */
export const INVOKE_ERRORS = [
  'ServiceException',
  'AWSLambdaException',
  'SdkClientException',
  'ClientExecutionTimeoutException',
  'TooManyRequestsException',
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
  'SnapStartNotReadyException',
  'SnapStartTimeoutException',
  'SubnetIPAddressLimitReachedException',
].map((name) => `Lambda.${name}`);

/** Errors of a function that was stopped by its time limit, or whose process died. */
export const PROCESS_ERRORS = [
  'Lambda.Unknown',
  'States.Timeout',
  'Sandbox.Timedout',
  'Runtime.ExitError',
  'Runtime.OutOfMemory',
];

// Three rounds of batches, each of which may take 24 hours, and some time for the other steps.
const MACHINE_TIMEOUT = Duration.hours(76);
// A task outlives its function's own limit, so that a retry never runs beside the first try.
const TASK_GRACE_SECONDS = 30;
const WAIT_SECONDS = '$.wait_seconds';

/** From one job row to a stored report; each step takes the whole state object and returns it. */
export class NarrativeMachine extends Construct {
  readonly machine: StateMachine;
  private readonly functions: NarrativeMachineProps['functions'];

  constructor(scope: Construct, id: string, props: NarrativeMachineProps) {
    super(scope, id);
    this.functions = props.functions;
    this.machine = new StateMachine(this, 'StateMachine', {
      comment: 'One narrative job: submit a batch, wait for it, collect the sections, ask again for those that failed',
      definitionBody: DefinitionBody.fromChainable(this.chain()),
      stateMachineType: StateMachineType.STANDARD,
      timeout: MACHINE_TIMEOUT,
      tracingEnabled: true,
      logs: {
        level: LogLevel.ERROR,
        destination: new LogGroup(this, 'Logs', {
          // Under this prefix the log service needs no growing resource policy.
          logGroupName: `/aws/vendedlogs/states/${Stack.of(this).stackName}`,
          retention: props.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
  }

  private chain(): Choice {
    const fail = this.failure();
    const submit = this.task(STATE.submitBatch, 'submit', fail);
    const adopt = this.task(STATE.adoptBatch, 'adopt', fail);
    const check = this.task(STATE.checkBatchStatus, 'check-status', fail);
    const collect = this.task(STATE.collectResults, 'collect', fail);
    const complete = this.task(STATE.completeJob, 'complete', fail);
    const wait = this.wait(STATE.wait, 'Pauses for as long as the last step asked');
    const settle = this.wait(
      STATE.waitForSubmissionToSettle,
      'Waits until an unclear submission is in the batch list, if it was received',
    );
    const turn = this.wait(
      STATE.waitForEarlierJob,
      'Waits until an earlier job of the same report has ended, whose answers are then used',
    );
    const left = new Succeed(this, STATE.jobLeftToItsOwner, {
      comment: 'Another worker owns the job row, or has ended it',
    });
    const completed = new Succeed(this, STATE.jobCompleted, {
      comment: 'The report is published; a section that failed is named in it',
    });

    const recorded = this.choice(STATE.submissionRecorded, 'Is there a recorded batch to wait for?')
      .when(nextIs('wait'), wait)
      .when(nextIs('settle'), settle.next(submit))
      .when(nextIs('turn'), turn.next(submit))
      .when(nextIs('complete'), complete.next(completed))
      .otherwise(left);
    submit.next(recorded);
    adopt.next(recorded);
    wait
      .next(check)
      .next(this.choice(STATE.batchEnded, 'Are the results there?').when(nextIs('collect'), collect).otherwise(wait));
    collect.next(
      this.choice(STATE.sectionsLeftToAskAgain, 'Are there answers to read, or sections to ask for again?')
        .when(nextIs('collect'), collect)
        .when(nextIs('submit'), submit)
        .when(nextIs('wait'), wait)
        .otherwise(complete),
    );
    return this.choice(STATE.batchAlreadySubmitted, 'Is the row for a batch that another worker has submitted?')
      .when(Condition.stringEquals('$.job_type', AWAITING_BATCH), adopt)
      .otherwise(submit);
  }

  /** A task whose errors all end at "Fail job"; those that a retry may repair are retried first. */
  private task(name: string, step: StepName, onError: LambdaInvoke): LambdaInvoke {
    const task = this.invoke(name, step);
    task.addCatch(onError, { errors: ['States.ALL'], resultPath: '$.error' });
    return task;
  }

  private failure(): LambdaInvoke {
    const failed = new Fail(this, STATE.jobFailed, {
      comment: 'The job row says why',
      errorPath: '$.error.Error',
      causePath: '$.error.Cause',
    });
    const fail = this.invoke(STATE.failJob, 'fail');
    fail.next(failed);
    return fail;
  }

  private invoke(name: string, step: StepName): LambdaInvoke {
    const task = new InvokeStep(this, name, {
      comment: FUNCTIONS[step].does,
      lambdaFunction: this.functions[step],
      payloadResponseOnly: true,
      retryOnServiceExceptions: false,
      taskTimeout: Timeout.duration(Duration.seconds(FUNCTIONS[step].timeoutSeconds + TASK_GRACE_SECONDS)),
    });
    task.addRetry({
      errors: [...RETRIED_ERRORS],
      interval: Duration.seconds(5),
      backoffRate: 2,
      maxAttempts: 6,
      maxDelay: Duration.seconds(60),
      jitterStrategy: JitterType.FULL,
    });
    // 15 to 60 seconds, six minutes in all: secrets are cached for five, and rotated in less
    task.addRetry({
      errors: [...ROTATION_ERRORS],
      interval: Duration.seconds(15),
      backoffRate: 2,
      maxAttempts: 7,
      maxDelay: Duration.seconds(60),
    });
    // 2 to 60 seconds, four minutes in all
    task.addRetry({
      errors: INVOKE_ERRORS,
      interval: Duration.seconds(2),
      backoffRate: 2,
      maxAttempts: 8,
      maxDelay: Duration.seconds(60),
    });
    task.addRetry({ errors: PROCESS_ERRORS, interval: Duration.seconds(2), backoffRate: 2, maxAttempts: 6 });
    return task;
  }

  private wait(name: string, comment: string): Wait {
    return new Wait(this, name, { comment, time: WaitTime.secondsPath(WAIT_SECONDS) });
  }

  private choice(name: string, comment: string): Choice {
    return new Choice(this, name, { comment });
  }
}

/** CDK would allow a task to call every version of its function too; this one may call the function only. */
class InvokeStep extends LambdaInvoke {
  constructor(scope: Construct, id: string, props: LambdaInvokeProps) {
    super(scope, id, props);
    const call = { actions: ['lambda:InvokeFunction'], resources: [props.lambdaFunction.functionArn] };
    this.taskPolicies?.splice(0, this.taskPolicies.length, new PolicyStatement(call));
  }
}

const nextIs = (value: Next): Condition => Condition.stringEquals('$.next', value);
